import * as tf from '@tensorflow/tfjs-core';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import type { EncoderForm, KernelSpec, Seen, StateSpec } from '../layers/contract';
import type { SAELayerArgs } from '../layers/sparseAutoencoder';
import { largestOfAll } from '../math/largest';
import { registerArchitecture } from '../models/architectures';
import type { SAEModelArgs } from '../models/args';
import { SAEModel } from '../models/saeModel';
import type { Rules } from '../options';
import { TOPK_RULES, TopKSAELayer, type TopKSAEOptions } from './topk';

/** Options of a BatchTopK SAE besides those of every architecture. */
export interface BatchTopKSAEOptions extends TopKSAEOptions {
  /**
   * Weight of each batch in the running mean of the threshold, above 0 and up to 1; 0.01 by
   * default.
   */
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

/** Options of {@link BatchTopKSAELayer}: those of every layer and those of the BatchTopK SAE. */
export type BatchTopKSAELayerArgs = SAELayerArgs & BatchTopKSAEOptions;
/** Options of {@link BatchTopKSAE}: those of every model and those of the BatchTopK SAE. */
export type BatchTopKSAEArgs = SAEModelArgs & BatchTopKSAEOptions;

/**
 * The BatchTopK SAE as a layer: each batch keeps its largest codes, `k` per row on average, so rows
 * that need more features get more of them.
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
 * (Bussmann et al. 2024, "BatchTopK Sparse Autoencoders", arXiv:2412.06410). The decoder's rows are
 * rescaled to norm 1 after each step. Outside training, a row's codes do not depend on other rows:
 * θ, the weight `threshold`, is a running mean of the smallest code kept in each training batch. It
 * starts as that of the first batch; each later batch counts with weight `thresholdRate`. Before
 * the first batch it is 0. Among equal codes, those of the lower features are kept, then those of
 * the earlier rows.
 *
 * @typeParam Options the architecture's own options
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
  /** The name under which tfjs saves and loads it. */
  static override readonly className: string = 'BatchTopKSAELayer';
  /** How its codes follow from products with the encoder's matrix. */
  static override readonly encoderForm: EncoderForm = 'threshold';

  /**
   * Creates a layer; its weights are made when it first sees the width of its input.
   *
   * @param args the dictionary's size, k, and the options of every tfjs layer
   * @param rules the rules of the architecture's own options
   * @throws SAE_OPTION for an unknown option, a missing one, or a wrong value. The layer throws
   *   SAE_SHAPE when it meets input that is not `[batch, width]`.
   */
  constructor(args: SAELayerArgs & Options, rules = BATCHTOPK_RULES as Rules<Options>) {
    super(args, rules);
  }

  /** `[]`: the value that a code must exceed outside training; 0 before training. */
  get threshold(): LayerVariable {
    return this.weight('threshold');
  }

  /** The threshold. */
  override get state(): Readonly<Record<string, StateSpec>> {
    return { threshold: { of: 'dictionary', start: 0 } };
  }

  /** The kernels named `batchtopk`. */
  override get kernels(): KernelSpec {
    const floor = () => this.read('threshold').dataSync()[0] as number;
    return { name: 'batchtopk', own: [this.options.k as number], floor };
  }

  /**
   * Chooses the pre-activations to keep: the largest of the batch in training, otherwise those
   * above the threshold.
   *
   * @param positive the pre-activations above 0, and 0 for the others, `[batch, features]`
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
   * Returns the threshold, moved towards the smallest code of a batch; it stays if no feature
   * fired.
   *
   * @param seen what the step has observed of its batch
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
 * The BatchTopK SAE as a model, with the library's training; the equations are at
 * {@link BatchTopKSAELayer}. It does everything that a {@link GatedSAE} does.
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
  /** The name under which tfjs saves and loads it. */
  static override readonly className: string = 'BatchTopKSAE';

  /**
   * Creates a dictionary with new weights: both matrices from Glorot's uniform distribution, unless
   * the option `encoderStart` says otherwise, and zeros elsewhere. The caller ends with
   * `dispose()`.
   *
   * @param args `inputDim` and `encodingDim`, the two sizes, and options with defaults
   * @throws SAE_OPTION for an unknown option, a missing one, or a wrong value.
   */
  constructor(args: BatchTopKSAEArgs) {
    super(args, BatchTopKSAELayer, BATCHTOPK_RULES);
  }
}

registerArchitecture('batchtopk', BatchTopKSAELayer, BatchTopKSAE, BATCHTOPK_RULES);
