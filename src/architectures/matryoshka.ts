import * as tf from '@tensorflow/tfjs-core';
import { wrongOption } from '../errors';
import type { Seen, StateSpec } from '../layers/contract';
import { drawnPrefixes, evenPrefixes } from '../layers/prefixDraw';
import type { SAELayerArgs } from '../layers/sparseAutoencoder';
import { registerArchitecture } from '../models/architectures';
import type { SAEModelArgs } from '../models/args';
import { SAEModel } from '../models/saeModel';
import { integer, optional, positiveInteger, type Rules } from '../options';
import { isCount } from '../plainData';
import { BATCHTOPK_RULES, BatchTopKSAELayer, type BatchTopKSAEOptions } from './batchtopk';

/** The options of a Matryoshka SAE that not every architecture has. */
export interface MatryoshkaSAEOptions extends BatchTopKSAEOptions {
  /**
   * Numbers of features of the nested dictionaries, rising; all features come last if they are not
   * there. A 16th, an eighth, a quarter, half and all of the features by default.
   */
  prefixes?: readonly number[];
  /**
   * A number of nested dictionaries, that of all features among them, from 2 to all, whose numbers of
   * features are drawn anew in each step instead, see {@link MatryoshkaSAELayer}; none by default.
   */
  drawnPrefixes?: number;
  /** An integer from which the draws follow, together with a step's number; 0 by default. */
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
/** The share of all features that each dictionary has by default. */
const SHARES = [1 / 16, 1 / 8, 1 / 4, 1 / 2, 1];

/** What {@link MatryoshkaSAELayer} takes: every layer's options, with those of the Matryoshka SAE. */
export type MatryoshkaSAELayerArgs = SAELayerArgs & MatryoshkaSAEOptions;
/** What {@link MatryoshkaSAE} takes: every model's options, with those of the Matryoshka SAE. */
export type MatryoshkaSAEArgs = SAEModelArgs & MatryoshkaSAEOptions;

/**
 * The Matryoshka SAE as a layer: a BatchTopK SAE whose first features are a dictionary for themselves, and
 * so are more of them, up to all. General features come first, so that they are not absorbed into special
 * ones.
 *
 * $$
 * L = \sum_m \lVert x - b_\text{dec} - f_{1 \dots m}\,W_{\text{dec},\,1 \dots m} \rVert_2^2 \quad \text{mean over the batch}
 * $$
 *
 * for each number of features m among `prefixes` (Bussmann et al. 2025, "Learning Multi-Level Features with
 * Matryoshka Sparse Autoencoders", arXiv:2503.17547). The codes f are those of {@link BatchTopKSAELayer}.
 *
 * With `drawnPrefixes`, so many are drawn anew in each step, so that no feature stands at a border for
 * good: all features, and different numbers m below with $P(m > n) \propto n^{-1/2} - M^{-1/2}$ of all M.
 * The draw follows from `prefixSeed` and the weight `draws`, which counts the steps of training. Outside of
 * training the loss is of as many that are spread evenly over what is drawn.
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
  /** The name that tfjs saves and loads it by. */
  static override readonly className: string = 'MatryoshkaSAELayer';

  /**
   * A layer that makes its weights when it first sees the width of its input.
   *
   * @param args the dictionary's size, k, prefixes, and what tfjs's layers take
   * @throws SAE_OPTION for an unknown option, a missing one, or a wrong value. When the layer meets
   * input that is not `[batch, width]` it throws SAE_SHAPE.
   */
  constructor(args: MatryoshkaSAELayerArgs) {
    super(args, RULES);
  }

  /**
   * `prefixes` end with all features, and are given or drawn.
   *
   * @param given the architecture's own, each checked by its rule
   * @throws SAE_OPTION for options that do not go together.
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

  /** The threshold, and how many steps have been taken where they draw. */
  override get state(): Readonly<Record<string, StateSpec>> {
    const draws: StateSpec = { of: 'dictionary', start: 0 };
    return { ...super.state, ...(this.isDrawn && { draws }) };
  }

  private get isDrawn(): boolean {
    return this.options.drawnPrefixes !== undefined;
  }

  /** Steps of training before the next one. */
  private get draws(): number {
    return this.read('draws').dataSync()[0] as number;
  }

  /** The numbers of features of the nested dictionaries, rising up to all, outside of training. */
  override get prefixes(): readonly number[] {
    const { prefixes, drawnPrefixes: count } = this.options;
    return this.isDrawn ? evenPrefixes(this.encodingDim, count) : prefixes;
  }

  /**
   * The same in the next step.
   *
   * @internal
   */
  override get trainedPrefixes(): readonly number[] {
    const { drawnPrefixes: count, prefixSeed } = this.options;
    if (!this.isDrawn) return this.prefixes;
    return drawnPrefixes(this.encodingDim, count, prefixSeed, this.draws);
  }

  /**
   * The threshold, moved, and a step more.
   *
   * @param seen of the step's batch
   * @returns the caller disposes it.
   * @internal
   */
  override learn(seen: Seen): Record<string, tf.Tensor> {
    return {
      ...super.learn(seen),
      // A number that is known here: a GPU is not asked for it.
      ...(this.isDrawn && { draws: tf.scalar(this.draws + 1) }),
    };
  }
}

/**
 * The Matryoshka SAE as a model: {@link MatryoshkaSAELayer}, where the equations are, with the library's
 * training. All that a {@link GatedSAE} does it does too.
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
  /** The name that tfjs saves and loads it by. */
  static override readonly className: string = 'MatryoshkaSAE';

  /**
   * A dictionary with fresh weights: Glorot's uniform distribution for both matrices, unless the option
   * `encoderStart` says otherwise, zeros for the rest. The caller ends with `dispose()`.
   *
   * @param args `inputDim` and `encodingDim`, the two sizes, and options with defaults
   * @throws SAE_OPTION for an unknown option, a missing one, or a wrong value.
   */
  constructor(args: MatryoshkaSAEArgs) {
    super(args, MatryoshkaSAELayer, RULES);
  }
}

registerArchitecture('matryoshka', MatryoshkaSAELayer, MatryoshkaSAE, RULES);
