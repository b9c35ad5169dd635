import * as tf from '@tensorflow/tfjs-core';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import type { KernelSpec, Seen, StateSpec } from '../layers/contract';
import type { SAELayerArgs } from '../layers/sparseAutoencoder';
import { largestOfAll } from '../math/largest';
import { registerArchitecture } from '../models/architectures';
import type { SAEModelArgs } from '../models/args';
import { SAEModel } from '../models/saeModel';
import type { Rules } from '../options';
import { TOPK_RULES, TopKSAELayer, type TopKSAEOptions } from './topk';

/** The options of a BatchTopK SAE that not every architecture has. */
export interface BatchTopKSAEOptions extends TopKSAEOptions {
  /** Share of each batch in the threshold that is learnt, above 0 and up to 1; 0.01 by default. */
  thresholdRate?: number;
}

export const BATCHTOPK_RULES: Rules<BatchTopKSAEOptions> = {
  ...TOPK_RULES,
  thresholdRate: {
    expected: 'a number above 0 and up to 1',
    accepts: (v) => typeof v === 'number' && v > 0 && v <= 1,
    fallback: 0.01,
  },
};

/** What {@link BatchTopKSAELayer} takes: every layer's options, with those of the BatchTopK SAE. */
export type BatchTopKSAELayerArgs = SAELayerArgs & BatchTopKSAEOptions;
/** What {@link BatchTopKSAE} takes: every model's options, with those of the BatchTopK SAE. */
export type BatchTopKSAEArgs = SAEModelArgs & BatchTopKSAEOptions;

/**
 * The BatchTopK SAE as a layer: of each batch as many codes stay as `k` for each row, so that rows that
 * need more features have more of them.
 *
 * $$
 * \begin{aligned}
 * z &= (x - b_\text{dec})\,W_\text{enc} + b_\text{enc} && \text{[batch, features]} \\
 * f &= \mathrm{ReLU}(z) \odot \mathbb{1}[z \text{ among the } k \cdot \text{batch largest of all}] && \text{in training} \\
 * f &= z \odot \mathbb{1}[z > \theta],\quad z > 0 && \text{else} \\
 * \hat x &= f\,W_\text{dec} + b_\text{dec} && \text{[batch, inputDim]} \\
 * L &= \lVert x - \hat x \rVert_2^2 && \text{mean over the batch}
 * \end{aligned}
 * $$
 *
 * (Bussmann et al. 2024, "BatchTopK Sparse Autoencoders", arXiv:2412.06410), with the decoder's rows
 * brought back to norm 1 after each step. Outside of training a row's codes do not depend on other rows:
 * θ, the weight `threshold`, is the least code that training has chosen, in the mean over batches: that of
 * the first batch at first, then each has the share `thresholdRate`. Before the first it is 0. Of equal
 * codes those of the lower features stay, then those of the earlier rows.
 *
 * @typeParam Options the options that are the architecture's own
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { BatchTopKSAELayer } from 'gated-sae-tfjs';
 * const layer = new BatchTopKSAELayer({ encodingDim: 64, k: 4, returns: 'codes', inputShape: [8] });
 * const model = tf.sequential({ layers: [layer] });
 * ```
 */
export class BatchTopKSAELayer<
  Options extends BatchTopKSAEOptions = BatchTopKSAEOptions,
> extends TopKSAELayer<Options> {
  /** The name that tfjs saves and loads it by. */
  static override readonly className: string = 'BatchTopKSAELayer';

  /**
   * A layer that makes its weights when it first sees the width of its input.
   *
   * @param args the dictionary's size, k, and what tfjs's layers take
   * @param rules of the options that are its own
   * @throws SAE_OPTION for an unknown option, a missing one, or a wrong value. When the layer meets
   * input that is not `[batch, width]` it throws SAE_SHAPE.
   */
  constructor(args: SAELayerArgs & Options, rules = BATCHTOPK_RULES as Rules<Options>) {
    super(args, rules);
  }

  /** `[]`: what a code has to be above outside of training; 0 before training. */
  get threshold(): LayerVariable {
    return this.weight('threshold');
  }

  /** The threshold. */
  override get state(): Readonly<Record<string, StateSpec>> {
    return { threshold: { of: 'dictionary', start: 0 } };
  }

  /** The kernels `batchtopk`. */
  override get kernels(): KernelSpec {
    const floor = () => this.read('threshold').dataSync()[0] as number;
    return { name: 'batchtopk', own: [this.options.k as number], floor };
  }

  /**
   * Which pre-activations stay: in training the largest of the batch, else those above the threshold.
   *
   * @param positive those above 0, and 0 for the others, `[batch, features]`
   * @param training whether a step follows
   * @returns ones and zeros `[batch, features]`; the caller disposes them.
   * @internal
   */
  protected override choose(positive: tf.Tensor2D, training: boolean): tf.Tensor2D {
    return training
      ? largestOfAll(positive, (this.options.k as number) * positive.shape[0])
      : tf.step(tf.sub(positive, this.read('threshold')));
  }

  /**
   * The threshold, moved towards the least code of a batch; where none has fired it stays.
   *
   * @param seen of the step's batch
   * @returns the caller disposes it.
   * @internal
   */
  override learn({ least }: Seen): Record<string, tf.Tensor> {
    const threshold = this.read<tf.Scalar>('threshold');
    const rate = this.options.thresholdRate as number;
    const mean = tf.add(tf.mul(threshold, 1 - rate), tf.mul(least, rate));
    const next = tf.where(tf.greater(threshold, 0), mean, least);
    return { threshold: tf.where(tf.greater(least, 0), next, threshold) };
  }
}

/**
 * The BatchTopK SAE as a model: {@link BatchTopKSAELayer}, where the equations are, with the library's
 * training. All that a {@link GatedSAE} does it does too.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { BatchTopKSAE, sparsityReport } from 'gated-sae-tfjs';
 * const x = tf.randomUniform([256, 16]);
 * const sae = new BatchTopKSAE({ inputDim: 16, encodingDim: 64, k: 4, seed: 1 });
 * sae.compile();
 * await sae.fit(x, { epochs: 2 });
 * console.log((await sparsityReport(sae, x)).l0Mean); // about 4
 * ```
 */
export class BatchTopKSAE extends SAEModel<BatchTopKSAELayer> {
  /** The name that tfjs saves and loads it by. */
  static override readonly className: string = 'BatchTopKSAE';

  /**
   * A dictionary with fresh weights: Glorot's uniform distribution for both matrices, unless the option
   * `encoderStart` says otherwise, zeros for the rest. The caller ends with `dispose()`.
   *
   * @param args `inputDim` and `encodingDim`, the two sizes, and options with defaults
   * @throws SAE_OPTION for an unknown option, a missing one, or a wrong value.
   */
  constructor(args: BatchTopKSAEArgs) {
    super(args, BatchTopKSAELayer, BATCHTOPK_RULES);
  }
}

registerArchitecture('batchtopk', BatchTopKSAELayer, BatchTopKSAE, BATCHTOPK_RULES);
