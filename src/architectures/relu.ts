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
import { registerArchitecture } from '../models/architectures';
import type { SAEModelArgs } from '../models/args';
import { SAEModel } from '../models/saeModel';
import { changeable, nonNegative, oneOf, positive, type Rules } from '../options';

/** Options of a ReLU SAE that no other architecture has. */
export interface ReluSAEOptions {
  /** λ, the weight of the sparsity penalty, a number ≥ 0; 1e-3 by default. */
  lambdaSparse?: number;
  /**
   * What the penalty sums: the codes, the default; each code times the norm of its decoder row; or
   * their p-th powers.
   */
  penalty?: ReluPenalty;
  /**
   * p, a number > 0 that may change during training; 1 by default. Only with `penalty: 'lp'`.
   */
  p?: number;
}

/** What the penalty of a ReLU SAE sums. */
export type ReluPenalty = 'l1' | 'l1-decoder-norm' | 'lp';

const RULES: Rules<ReluSAEOptions> = {
  lambdaSparse: changeable(nonNegative(1e-3)),
  penalty: oneOf<ReluPenalty>(['l1', 'l1-decoder-norm', 'lp'], 'l1'),
  p: changeable(positive(1)),
};

/** Intermediate values that `encodeDetailed` of a ReLU SAE returns besides the codes. */
export type ReluDetails = {
  /** The codes before the ReLU, `[batch, features]`: below 0 where a feature does not fire. */
  preActivations: tf.Tensor2D;
};

/** The result of `encodeDetailed`: the codes, and their values before the ReLU. */
export type ReluEncoding = Encoding<ReluDetails>;

/** Options of {@link ReluSAELayer}: those of every layer and those of the ReLU SAE. */
export type ReluSAELayerArgs = SAELayerArgs & ReluSAEOptions;
/** Options of {@link ReluSAE}: those of every model and those of the ReLU SAE. */
export type ReluSAEArgs = SAEModelArgs & ReluSAEOptions;

/** Empty: its backward pass needs the codes only. */
type Own = Record<never, never>;

/**
 * The vanilla sparse autoencoder as a layer: one ReLU encoder and a penalty on its codes.
 *
 * $$
 * \begin{aligned}
 * f &= \mathrm{ReLU}\bigl((x - b_\text{dec})\,W_\text{enc} + b_\text{enc}\bigr) && \text{[batch, features]} \\
 * \hat x &= f\,W_\text{dec} + b_\text{dec} && \text{[batch, inputDim]} \\
 * L &= \lVert x - \hat x \rVert_2^2 + \lambda\,P && \text{mean over the batch}
 * \end{aligned}
 * $$
 *
 * (Bricken et al. 2023, "Towards Monosemanticity",
 * transformer-circuits.pub/2023/monosemantic-features, and as the baseline arXiv:2404.16014). The
 * decoder's rows are rescaled to norm 1 after each step. The logs show the loss's terms as
 * `L_reconstruct` and `L_sparsity`, the latter before weighting by λ.
 *
 * By default the penalty P of a row is its L1 norm, `Σ f`. With `penalty: 'l1-decoder-norm'` it is
 * `Σ f · ‖W_dec‖`, with the norm of each feature's decoder row, which then gets a gradient from it
 * (Anthropic, April 2024 update, transformer-circuits.pub); the two are equal while rows have norm
 * 1. With `'lp'` it is `Σ fᵖ`, and a `p` that falls from 1 during training makes large codes cheap
 * (p-annealing, Karvonen et al. 2024, arXiv:2408.00113): `sae.setOption('p', 0.9)`.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { ReluSAELayer } from 'gated-sae-tfjs';
 * const layer = new ReluSAELayer({ encodingDim: 64, lambdaSparse: 1e-2, inputShape: [8] });
 * const model = tf.sequential({ layers: [layer] });
 * ```
 */
export class ReluSAELayer extends SparseAutoencoderLayer<ReluSAEOptions, Own, ReluDetails> {
  /** The name under which tfjs saves and loads it. */
  static readonly className: string = 'ReluSAELayer';
  /** How its codes follow from products with the encoder's matrix. */
  static readonly encoderForm: EncoderForm = 'relu';

  /** The matrix `W_enc`, then `b_enc`. */
  readonly encoder: EncoderSpec = { matrix: 'W_enc', vectors: { b_enc: { start: 0 } } };

  /**
   * Creates a layer; its weights are made when it first sees the width of its input.
   *
   * @param args the dictionary's size and λ, and the options of every tfjs layer
   * @throws SAE_OPTION for an unknown option, a missing one, or a wrong value. The layer throws
   *   SAE_SHAPE when it meets input that is not `[batch, width]`.
   */
  constructor(args: ReluSAELayerArgs) {
    super(args, RULES);
  }

  /**
   * Checks that `p` is used with the penalty that has one.
   *
   * @param options the architecture's own options, each checked by its rule
   * @throws SAE_OPTION for options that exclude each other.
   */
  protected override checkTogether(options: Required<ReluSAEOptions>): Required<ReluSAEOptions> {
    if (options.p !== 1 && options.penalty !== 'lp') {
      const advice = 'Give penalty: "lp" too, or leave p out.';
      const expected = `1 with penalty "${options.penalty}"`;
      throw wrongOption(`${this.getClassName()}.p`, expected, options.p, advice);
    }
    return options;
  }

  /** `[inputDim, features]`: the direction that each feature detects. */
  get wEnc(): LayerVariable {
    return this.weight('W_enc');
  }

  /** `[features]`: the offset of each feature. */
  get bEnc(): LayerVariable {
    return this.weight('b_enc');
  }

  /** The kernels named `relu`, or `relulp` with its p. */
  override get kernels(): KernelSpec {
    const { penalty, p } = this.options;
    return penalty === 'lp' ? { name: 'relulp', own: [p] } : { name: 'relu' };
  }

  /** Reconstruction and penalty. */
  get terms(): Term[] {
    const { lambdaSparse, penalty } = this.options;
    const byDecoderNorm = penalty === 'l1-decoder-norm';
    return [
      { name: 'L_reconstruct', weight: 1, of: 'reconstruction' },
      { name: 'L_sparsity', weight: lambdaSparse, of: 'penalty', byDecoderNorm },
    ];
  }

  /**
   * Computes the codes by the equations above.
   *
   * @param p the products `(x − b_dec) · W_enc`, `[batch, features]`
   * @returns tensors `[batch, features]`; the caller disposes them, best by calling from within `tf.tidy`.
   * @internal
   */
  activate(p: tf.Tensor2D): Activation<Own, ReluDetails> {
    const preActivations = tf.add<tf.Tensor2D>(p, this.read('b_enc')); // [batch, features]
    const codes = tf.relu(preActivations); // [batch, features]
    const { penalty, p: power } = this.options;
    const penalties = [penalty === 'lp' ? tf.pow<tf.Tensor2D>(codes, power) : codes];
    return { codes, penalties, details: { preActivations }, saved: {} };
  }

  /**
   * Returns the derivatives with respect to the products and `b_enc`.
   *
   * @param saved the codes
   * @param d the derivatives with respect to the codes and the penalty
   * @returns the caller disposes them, best by calling from within `tf.tidy`.
   * @internal
   */
  differentiate(
    { codes }: Saved<Own>,
    { codes: dF, penalties: [penalty] }: ActivationGradient,
  ): ProductGradient {
    const dCodes = tf.add(dF, this.slope(codes, penalty as tf.Tensor)); // [batch, features]
    const dP = tf.mul<tf.Tensor2D>(dCodes, tf.step(codes)); // [batch, features]
    const dPSum = tf.sum<tf.Tensor1D>(dP, 0); // [features]
    return { dP, dPSum, vectors: { b_enc: dPSum } };
  }

  /**
   * Returns the penalty's derivative with respect to each code above 0, given the one with respect
   * to each number that it sums.
   */
  private slope(codes: tf.Tensor2D, penalty: tf.Tensor): tf.Tensor {
    const { penalty: of, p } = this.options;
    if (of !== 'lp') return penalty;
    // A code of 0 would have an infinite derivative.
    const positive = tf.where(tf.greater(codes, 0), codes, 1); // [batch, features]
    return tf.mul(tf.pow(positive, p - 1), tf.mul(penalty, p)); // [batch, features]
  }
}

/**
 * The vanilla sparse autoencoder as a model, with the library's training; the equations are at
 * {@link ReluSAELayer}. It does everything that a {@link GatedSAE} does.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { ReluSAE, sparsityReport } from 'gated-sae-tfjs';
 * const x = tf.randomUniform([256, 16]);
 * const sae = new ReluSAE({ inputDim: 16, encodingDim: 64, lambdaSparse: 1e-2, seed: 1 });
 * sae.compile();
 * await sae.fit(x, { epochs: 2 });
 * console.log(await sparsityReport(sae, x));
 * ```
 */
export class ReluSAE extends SAEModel<ReluSAELayer> {
  /** The name under which tfjs saves and loads it. */
  static override readonly className: string = 'ReluSAE';

  /**
   * Creates a dictionary with new weights: both matrices from Glorot's uniform distribution, unless
   * the option `encoderStart` says otherwise, and zeros elsewhere. The caller ends with
   * `dispose()`.
   *
   * @param args `inputDim` and `encodingDim`, the two sizes, and options with defaults
   * @throws SAE_OPTION for an unknown option, a missing one, or a wrong value.
   */
  constructor(args: ReluSAEArgs) {
    super(args, ReluSAELayer, RULES);
  }
}

registerArchitecture('relu', ReluSAELayer, ReluSAE, RULES, { sparsityWeight: 'lambdaSparse' });
