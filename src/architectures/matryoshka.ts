import { wrongOption } from '../errors';
import type { SAELayerArgs } from '../layers/sparseAutoencoder';
import { registerArchitecture } from '../models/architectures';
import type { SAEModelArgs } from '../models/args';
import { SAEModel } from '../models/saeModel';
import { optional, type Rules } from '../options';
import { isCount } from '../plainData';
import { BATCHTOPK_RULES, BatchTopKSAELayer, type BatchTopKSAEOptions } from './batchtopk';

/** The options of a Matryoshka SAE that not every architecture has. */
export interface MatryoshkaSAEOptions extends BatchTopKSAEOptions {
  /**
   * Numbers of features of the nested dictionaries, rising; all features come last if they are not
   * there. A 16th, an eighth, a quarter, half and all of the features by default.
   */
  prefixes?: readonly number[];
}

const isRising = (v: unknown): boolean =>
  Array.isArray(v) &&
  v.length > 0 &&
  v.every((count, i) => isCount(count) && count > (v[i - 1] ?? 0));

const RULES: Rules<MatryoshkaSAEOptions> = {
  ...BATCHTOPK_RULES,
  prefixes: optional({ expected: 'rising positive integers', accepts: isRising }),
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
   * `prefixes` end with all features.
   *
   * @param given the architecture's own, each checked by its rule
   * @throws SAE_OPTION for options that do not go together.
   */
  protected override checkTogether(
    given: Required<MatryoshkaSAEOptions>,
  ): Required<MatryoshkaSAEOptions> {
    const { encodingDim } = this;
    const shares = SHARES.map((share) => Math.max(1, Math.floor(share * encodingDim)));
    const prefixes = [...(given.prefixes ?? new Set(shares))];
    const last = prefixes.at(-1) as number;
    if (last > encodingDim) {
      const expected = `at most encodingDim, ${encodingDim}`;
      const advice = 'Give smaller dictionaries, or more features.';
      throw wrongOption(`${this.getClassName()}.prefixes`, expected, last, advice);
    }
    if (last < encodingDim) prefixes.push(encodingDim);
    return super.checkTogether({ ...given, prefixes });
  }

  /** The numbers of features of the nested dictionaries, rising up to all. */
  override get prefixes(): readonly number[] {
    return this.options.prefixes;
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
