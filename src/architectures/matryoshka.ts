import * as tf from '@tensorflow/tfjs-core';
import { wrongOption } from '../errors';
import type { EncoderForm, Seen, StateSpec } from '../layers/contract';
import { drawnPrefixes, evenPrefixes } from '../layers/prefixDraw';
import type { SAELayerArgs } from '../layers/sparseAutoencoder';
import { registerArchitecture } from '../models/architectures';
import type { SAEModelArgs } from '../models/args';
import { SAEModel } from '../models/saeModel';
import { integer, optional, positiveInteger, type Rules } from '../options';
import { isCount } from '../plainData';
import { BATCHTOPK_RULES, BatchTopKSAELayer, type BatchTopKSAEOptions } from './batchtopk';

/** Options of a Matryoshka SAE besides those of every architecture. */
export interface MatryoshkaSAEOptions extends BatchTopKSAEOptions {
  /**
   * The numbers of features of the nested dictionaries, ascending; all features are appended if
   * missing. By default a 16th, an eighth, a quarter, half and all of the features.
   */
  prefixes?: readonly number[];
  /**
   * Alternatively, how many nested dictionaries to draw anew in each step, including the one of all
   * features: from 2 to all, see {@link MatryoshkaSAELayer}; none by default.
   */
  drawnPrefixes?: number;
  /** An integer that determines the draws together with the step's number; 0 by default. */
  prefixSeed?: number;
}

const isRising = (v: unknown): boolean =>
  Array.isArray(v) &&
  v.length > 0 &&
  v.every((count, i) => isCount(count) && count > (v[i - 1] ?? 0));

const RULES: Rules<MatryoshkaSAEOptions> = {
  ...BATCHTOPK_RULES,
  prefixes: optional({ expected: 'rising positive integers', accepts: isRising }),
  drawnPrefixes: optional(positiveInteger()),
  prefixSeed: optional(integer),
};
/** The default size of each dictionary, as a share of all features. */
const SHARES = [1 / 16, 1 / 8, 1 / 4, 1 / 2, 1];

/** Options of {@link MatryoshkaSAELayer}: those of every layer and those of the Matryoshka SAE. */
export type MatryoshkaSAELayerArgs = SAELayerArgs & MatryoshkaSAEOptions;
/** Options of {@link MatryoshkaSAE}: those of every model and those of the Matryoshka SAE. */
export type MatryoshkaSAEArgs = SAEModelArgs & MatryoshkaSAEOptions;

/**
 * The Matryoshka SAE as a layer: a BatchTopK SAE whose first features form a dictionary of their
 * own, as do the first features in increasing numbers, up to all. General features come first, so
 * that specific ones do not absorb them.
 *
 * $$
 * L = \sum_m \lVert x - b_\text{dec} - f_{1 \dots m}\,W_{\text{dec},\,1 \dots m} \rVert_2^2 \quad \text{mean over the batch}
 * $$
 *
 * for each number of features m in `prefixes` (Bussmann et al. 2025, "Learning Multi-Level Features
 * with Matryoshka Sparse Autoencoders", arXiv:2503.17547). The codes f are those of
 * {@link BatchTopKSAELayer}.
 *
 * With `drawnPrefixes`, that many are drawn anew in each step, so that no feature stays at a
 * border: all features, and distinct smaller numbers m with $P(m > n) \propto n^{-1/2} - M^{-1/2}$
 * for M features in all. The draw is determined by `prefixSeed` and the weight `draws`, which
 * counts the steps of training. Outside training, the loss uses as many prefixes, spread evenly
 * over that distribution.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { MatryoshkaSAELayer } from 'gated-sae-tfjs';
 * const sizes = { encodingDim: 64, k: 4, prefixes: [8, 24, 64] };
 * const model = tf.sequential({ layers: [new MatryoshkaSAELayer({ ...sizes, inputShape: [8] })] });
 * ```
 */
export class MatryoshkaSAELayer extends BatchTopKSAELayer<MatryoshkaSAEOptions> {
  /** The name under which tfjs saves and loads it. */
  static override readonly className: string = 'MatryoshkaSAELayer';
  /** How its codes follow from products with the encoder's matrix. */
  static override readonly encoderForm: EncoderForm = 'threshold';

  /**
   * Creates a layer; its weights are made when it first sees the width of its input.
   *
   * @param args the dictionary's size, k, prefixes, and the options of every tfjs layer
   * @throws SAE_OPTION for an unknown option, a missing one, or a wrong value. The layer throws
   *   SAE_SHAPE when it meets input that is not `[batch, width]`.
   */
  constructor(args: MatryoshkaSAELayerArgs) {
    super(args, RULES);
  }

  /**
   * Checks that prefixes are either given or drawn, and makes `prefixes` end with all features.
   *
   * @param given the architecture's own options, each checked by its rule
   * @throws SAE_OPTION for options that exclude each other.
   */
  protected override checkTogether(
    given: Required<MatryoshkaSAEOptions>,
  ): Required<MatryoshkaSAEOptions> {
    const { encodingDim } = this;
    const { prefixes: fixed, drawnPrefixes: drawn, prefixSeed, ...others } = given;
    if (drawn !== undefined) return super.checkTogether(this.checkDrawn(given));
    if (prefixSeed !== undefined) {
      const where = `${this.getClassName()}.prefixSeed`;
      const advice = 'Give drawnPrefixes too, or leave prefixSeed out.';
      throw wrongOption(where, 'none without drawnPrefixes', prefixSeed, advice);
    }
    const shares = SHARES.map((share) => Math.max(1, Math.floor(share * encodingDim)));
    const prefixes = [...(fixed ?? new Set(shares))];
    const last = prefixes.at(-1) as number;
    if (last > encodingDim) {
      const expected = `at most encodingDim, ${encodingDim}`;
      const advice = 'Give smaller dictionaries, or more features.';
      throw wrongOption(`${this.getClassName()}.prefixes`, expected, last, advice);
    }
    if (last < encodingDim) prefixes.push(encodingDim);
    const options: MatryoshkaSAEOptions = { ...others, prefixes };
    return super.checkTogether(options as Required<MatryoshkaSAEOptions>);
  }

  private checkDrawn(given: Required<MatryoshkaSAEOptions>): Required<MatryoshkaSAEOptions> {
    const { prefixes, drawnPrefixes, prefixSeed = 0, ...others } = given;
    const where = `${this.getClassName()}.drawnPrefixes`;
    if (prefixes !== undefined) {
      const received = { prefixes, drawnPrefixes };
      throw wrongOption(where, 'no prefixes beside it', received, 'Leave out one of the two.');
    }
    if (drawnPrefixes < 2 || drawnPrefixes > this.encodingDim) {
      const expected = `from 2 to encodingDim, ${this.encodingDim}`;
      throw wrongOption(where, expected, drawnPrefixes);
    }
    const options: MatryoshkaSAEOptions = { ...others, drawnPrefixes, prefixSeed };
    return options as Required<MatryoshkaSAEOptions>;
  }

  /** The threshold, and, if prefixes are drawn, the number of steps taken. */
  override get state(): Readonly<Record<string, StateSpec>> {
    const draws: StateSpec = { of: 'dictionary', start: 0 };
    return { ...super.state, ...(this.isDrawn && { draws }) };
  }

  private get isDrawn(): boolean {
    return this.options.drawnPrefixes !== undefined;
  }

  /** The steps of training taken so far. */
  private get draws(): number {
    return this.read('draws').dataSync()[0] as number;
  }

  /** The numbers of features of the nested dictionaries outside training, ascending up to all. */
  override get prefixes(): readonly number[] {
    const { prefixes, drawnPrefixes: count } = this.options;
    return this.isDrawn ? evenPrefixes(this.encodingDim, count) : prefixes;
  }

  /**
   * The numbers of features of the nested dictionaries in the next step.
   *
   * @internal
   */
  override get trainedPrefixes(): readonly number[] {
    const { drawnPrefixes: count, prefixSeed } = this.options;
    if (!this.isDrawn) return this.prefixes;
    return drawnPrefixes(this.encodingDim, count, prefixSeed, this.draws);
  }

  /**
   * Returns the threshold, moved, and the incremented number of steps.
   *
   * @param seen what the step has observed of its batch
   * @returns the caller disposes it.
   * @internal
   */
  override learn(seen: Seen): Record<string, tf.Tensor> {
    return {
      ...super.learn(seen),
      // Computed here, so the GPU is not asked for it.
      ...(this.isDrawn && { draws: tf.scalar(this.draws + 1) }),
    };
  }
}

/**
 * The Matryoshka SAE as a model, with the library's training; the equations are at
 * {@link MatryoshkaSAELayer}. It does everything that a {@link GatedSAE} does.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { MatryoshkaSAE } from 'gated-sae-tfjs';
 * const x = tf.randomUniform([256, 16]);
 * const sae = new MatryoshkaSAE({ inputDim: 16, encodingDim: 64, k: 4, prefixes: [8, 24], seed: 1 });
 * sae.compile();
 * await sae.fit(x, { epochs: 2 });
 * ```
 */
export class MatryoshkaSAE extends SAEModel<MatryoshkaSAELayer> {
  /** The name under which tfjs saves and loads it. */
  static override readonly className: string = 'MatryoshkaSAE';

  /**
   * Creates a dictionary with new weights: both matrices from Glorot's uniform distribution, unless
   * the option `encoderStart` says otherwise, and zeros elsewhere. The caller ends with
   * `dispose()`.
   *
   * @param args `inputDim` and `encodingDim`, the two sizes, and options with defaults
   * @throws SAE_OPTION for an unknown option, a missing one, or a wrong value.
   */
  constructor(args: MatryoshkaSAEArgs) {
    super(args, MatryoshkaSAELayer, RULES);
  }
}

registerArchitecture('matryoshka', MatryoshkaSAELayer, MatryoshkaSAE, RULES);
