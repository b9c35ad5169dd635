import * as tf from '@tensorflow/tfjs-core';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import { wrongOption } from '../errors';
import type {
  Activation,
  ActivationGradient,
  EncoderForm,
  EncoderSpec,
  Encoding,
  KernelSpec,
  ProductGradient,
  Saved,
  Term,
} from '../layers/contract';
import { type SAELayerArgs, SparseAutoencoderLayer } from '../layers/sparseAutoencoder';
import { largestOfRows } from '../math/largest';
import { registerArchitecture } from '../models/architectures';
import type { SAEModelArgs } from '../models/args';
import { SAEModel } from '../models/saeModel';
import { changeable, optional, positiveInteger, type Rules } from '../options';

/** Options of a TopK SAE that no other architecture has. */
export interface TopKSAEOptions {
  /**
   * The most features that fire on a row, from 1 to all; 32 by default, or all if there are fewer.
   */
  k?: number;
}

export const TOPK_RULES: Rules<TopKSAEOptions> = { k: changeable(optional(positiveInteger())) };
/** The default number of features that fire. */
const K = 32;

/** Intermediate values that `encodeDetailed` of a TopK SAE returns besides the codes. */
export type TopKDetails = {
  /**
   * The pre-activations that the largest are chosen from, `[batch, features]`; none below 0 is
   * chosen.
   */
  preActivations: tf.Tensor2D;
};

/**
 * The result of `encodeDetailed`: the codes, and the pre-activations that they were chosen from.
 */
export type TopKEncoding = Encoding<TopKDetails>;

/** Options of {@link TopKSAELayer}: those of every layer and those of the TopK SAE. */
export type TopKSAELayerArgs = SAELayerArgs & TopKSAEOptions;
/** Options of {@link TopKSAE}: those of every model and those of the TopK SAE. */
export type TopKSAEArgs = SAEModelArgs & TopKSAEOptions;

/** Empty: its backward pass needs the codes only. */
type Own = Record<never, never>;

/**
 * The TopK SAE as a layer: the `k` largest features of each row fire, and no penalty is needed.
 *
 * $$
 * \begin{aligned}
 * z &= (x - b_\text{dec})\,W_\text{enc} + b_\text{enc} && \text{[batch, features]} \\
 * f &= \mathrm{ReLU}(z) \odot \mathbb{1}[z \text{ among the } k \text{ largest of its row}] && \text{[batch, features]} \\
 * \hat x &= f\,W_\text{dec} + b_\text{dec} && \text{[batch, inputDim]} \\
 * L &= \lVert x - \hat x \rVert_2^2 && \text{mean over the batch}
 * \end{aligned}
 * $$
 *
 * (Gao et al. 2024, "Scaling and evaluating sparse autoencoders", arXiv:2406.04093). The decoder's
 * rows are rescaled to norm 1 after each step. Among equal features, the lower ones fire. A row
 * with fewer than `k` features above 0 has fewer codes.
 *
 * @typeParam Options the architecture's own options
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { TopKSAELayer } from 'gated-sae-tfjs';
 * const layer = new TopKSAELayer({ encodingDim: 64, k: 4, returns: 'codes', inputShape: [8] });
 * const model = tf.sequential({ layers: [layer] });
 * ```
 */
export class TopKSAELayer<
  Options extends TopKSAEOptions = TopKSAEOptions,
> extends SparseAutoencoderLayer<Options, Own, TopKDetails> {
  /** The name under which tfjs saves and loads it. */
  static readonly className: string = 'TopKSAELayer';
  /** How its codes follow from products with the encoder's matrix. */
  static readonly encoderForm: EncoderForm = 'topk';

  /** The matrix `W_enc`, then `b_enc`. */
  readonly encoder: EncoderSpec = { matrix: 'W_enc', vectors: { b_enc: { start: 0 } } };

  /**
   * Creates a layer; its weights are made when it first sees the width of its input.
   *
   * @param args the dictionary's size and k, and the options of every tfjs layer
   * @param rules the rules of the architecture's own options
   * @throws SAE_OPTION for an unknown option, a missing one, or a wrong value. The layer throws
   *   SAE_SHAPE when it meets input that is not `[batch, width]`.
   */
  constructor(args: SAELayerArgs & Options, rules = TOPK_RULES as Rules<Options>) {
    super(args, rules);
  }

  /**
   * Sets `k` to 32 if it is not given, and checks that it is at most `encodingDim`.
   *
   * @param options the architecture's own options, each checked by its rule
   * @throws SAE_OPTION for options that exclude each other.
   */
  protected override checkTogether(options: Required<Options>): Required<Options> {
    const { encodingDim } = this;
    const k = options.k ?? Math.min(K, encodingDim);
    if (k > encodingDim) {
      const expected = `at most encodingDim, ${encodingDim}`;
      throw wrongOption(`${this.getClassName()}.k`, expected, k, 'Give fewer, or more features.');
    }
    return { ...options, k };
  }

  /** `[inputDim, features]`: the direction that each feature detects. */
  get wEnc(): LayerVariable {
    return this.weight('W_enc');
  }

  /** `[features]`: the offset of each feature. */
  get bEnc(): LayerVariable {
    return this.weight('b_enc');
  }

  /** The kernels named `topk`. */
  override get kernels(): KernelSpec {
    return { name: 'topk', own: [this.options.k as number] };
  }

  /** The reconstruction only. */
  get terms(): Term[] {
    return [{ name: 'L_reconstruct', weight: 1, of: 'reconstruction' }];
  }

  /**
   * Computes the codes by the equations above.
   *
   * @param p the products `(x − b_dec) · W_enc`, `[batch, features]`
   * @param training whether a step follows
   * @returns tensors `[batch, features]`; the caller disposes them, best by calling from within `tf.tidy`.
   * @internal
   */
  activate(p: tf.Tensor2D, training: boolean): Activation<Own, TopKDetails> {
    const preActivations = tf.add<tf.Tensor2D>(p, this.read('b_enc')); // [batch, features]
    const positive = tf.relu(preActivations); // [batch, features]
    const chosen = this.choose(positive, training); // [batch, features]
    const codes = tf.mul<tf.Tensor2D>(positive, chosen); // [batch, features]
    return { codes, penalties: [], details: { preActivations }, saved: {} };
  }

  /**
   * Chooses the pre-activations to keep: the largest of each row.
   *
   * @param positive the pre-activations above 0, and 0 for the others, `[batch, features]`
   * @param _training whether a step follows: irrelevant here
   * @returns ones and zeros `[batch, features]`; the caller disposes them.
   * @internal
   */
  protected choose(positive: tf.Tensor2D, _training: boolean): tf.Tensor2D {
    return largestOfRows(positive, this.options.k as number);
  }

  /**
   * Returns the derivatives with respect to the products and `b_enc`.
   *
   * @param saved the codes
   * @param d the derivatives with respect to the codes
   * @returns the caller disposes them, best by calling from within `tf.tidy`.
   * @internal
   */
  differentiate({ codes }: Saved<Own>, { codes: dF }: ActivationGradient): ProductGradient {
    const dP = tf.mul<tf.Tensor2D>(dF, tf.step(codes)); // [batch, features]
    const dPSum = tf.sum<tf.Tensor1D>(dP, 0); // [features]
    return { dP, dPSum, vectors: { b_enc: dPSum } };
  }
}

/**
 * The TopK SAE as a model, with the library's training; the equations are at {@link TopKSAELayer}.
 * It does everything that a {@link GatedSAE} does.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { sparsityReport, TopKSAE } from 'gated-sae-tfjs';
 * const x = tf.randomUniform([256, 16]);
 * const sae = new TopKSAE({ inputDim: 16, encodingDim: 64, k: 4, seed: 1 });
 * sae.compile();
 * await sae.fit(x, { epochs: 2 });
 * console.log((await sparsityReport(sae, x)).l0Mean <= 4); // true
 * ```
 */
export class TopKSAE extends SAEModel<TopKSAELayer> {
  /** The name under which tfjs saves and loads it. */
  static override readonly className: string = 'TopKSAE';

  /**
   * Creates a dictionary with new weights: both matrices from Glorot's uniform distribution, unless
   * the option `encoderStart` says otherwise, and zeros elsewhere. The caller ends with
   * `dispose()`.
   *
   * @param args `inputDim` and `encodingDim`, the two sizes, and options with defaults
   * @throws SAE_OPTION for an unknown option, a missing one, or a wrong value.
   */
  constructor(args: TopKSAEArgs) {
    super(args, TopKSAELayer, TOPK_RULES);
  }
}

registerArchitecture('topk', TopKSAELayer, TopKSAE, TOPK_RULES);
