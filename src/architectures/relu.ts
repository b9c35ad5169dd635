import * as tf from '@tensorflow/tfjs-core';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import { wrongOption } from '../errors';
import type {
  Activation,
  ActivationGradient,
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

/** The options of a ReLU SAE that no other architecture has. */
export interface ReluSAEOptions {
  /** λ, the weight of the sparsity penalty, a number ≥ 0; 1e-3 by default. */
  lambdaSparse?: number;
  /**
   * What the penalty is of: the codes, the default; each times the norm of its decoder row; or their
   * p-th powers.
   */
  penalty?: ReluPenalty;
  /**
   * p, a number > 0 that may change during training; 1 by default. With `penalty: 'lp'` alone.
   */
  p?: number;
}

/** What the penalty of a ReLU SAE is of. */
export type ReluPenalty = 'l1' | 'l1-decoder-norm' | 'lp';

const RULES: Rules<ReluSAEOptions> = {
  lambdaSparse: changeable(nonNegative(1e-3)),
  penalty: oneOf<ReluPenalty>(['l1', 'l1-decoder-norm', 'lp'], 'l1'),
  p: changeable(positive(1)),
};

/** How the codes came about, as `encodeDetailed` of a ReLU SAE shows it beside them. */
export type ReluDetails = {
  /** The codes before the ReLU, `[batch, features]`: below 0 where a feature does not fire. */
  preActivations: tf.Tensor2D;
};

/** The codes, and what the encoder came to before its ReLU: what `encodeDetailed` gives. */
export type ReluEncoding = Encoding<ReluDetails>;

/** What {@link ReluSAELayer} takes: every layer's options, with those of the ReLU SAE. */
export type ReluSAELayerArgs = SAELayerArgs & ReluSAEOptions;
/** What {@link ReluSAE} takes: every model's options, with those of the ReLU SAE. */
export type ReluSAEArgs = SAEModelArgs & ReluSAEOptions;

/** The codes are all that its backward pass needs. */
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
 * (Bricken et al. 2023, "Towards Monosemanticity", transformer-circuits.pub/2023/monosemantic-features,
 * and as the baseline arXiv:2404.16014), with the decoder's rows brought back to norm 1
 * after each step. The logs name the loss's parts `L_reconstruct` and `L_sparsity`, the latter before
 * λ.
 *
 * The penalty P of a row is its L1 norm, `Σ f`, by default. With `penalty: 'l1-decoder-norm'` it is
 * `Σ f · ‖W_dec‖` by the norm of each feature's decoder row, which then has a gradient of it (Anthropic,
 * April 2024 update, transformer-circuits.pub): the same while rows have norm 1. With `'lp'` it is
 * `Σ fᵖ`, and a `p` that falls from 1 during training makes large codes cheap (p-annealing, Karvonen et
 * al. 2024, arXiv:2408.00113): `sae.setOption('p', 0.9)`.
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
  /** The name that tfjs saves and loads it by. */
  static readonly className: string = 'ReluSAELayer';

  /** The matrix `W_enc`, then `b_enc`. */
  readonly encoder: EncoderSpec = { matrix: 'W_enc', vectors: { b_enc: { start: 0 } } };

  /**
   * A layer that makes its weights when it first sees the width of its input.
   *
   * @param args the dictionary's size and λ, and what tfjs's layers take
   * @throws SAE_OPTION for an unknown option, a missing one, or a wrong value. When the layer meets
   * input that is not `[batch, width]` it throws SAE_SHAPE.
   */
  constructor(args: ReluSAELayerArgs) {
    super(args, RULES);
  }

  /**
   * A `p` goes with the penalty that has one.
   *
   * @param options the architecture's own, each checked by its rule
   * @throws SAE_OPTION for options that do not go together.
   */
  protected override checkTogether(options: Required<ReluSAEOptions>): Required<ReluSAEOptions> {
    if (options.p !== 1 && options.penalty !== 'lp') {
      const advice = 'Give penalty: "lp" too, or leave p out.';
      const expected = `1 with penalty "${options.penalty}"`;
      throw wrongOption(`${this.getClassName()}.p`, expected, options.p, advice);
    }
    return options;
  }

  /** `[inputDim, features]`: the direction that each feature looks for. */
  get wEnc(): LayerVariable {
    return this.weight('W_enc');
  }

  /** `[features]`: the offset of each feature. */
  get bEnc(): LayerVariable {
    return this.weight('b_enc');
  }

  /** The kernels `relu`, or `relulp` with its p. */
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
   * The codes, by the equations above.
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
   * The derivatives by the products and `b_enc`.
   *
   * @param saved the codes
   * @param d the derivatives by the codes and the penalty
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

  /** The penalty's derivative by each code above 0, from that by each number which it sums. */
  private slope(codes: tf.Tensor2D, penalty: tf.Tensor): tf.Tensor {
    const { penalty: of, p } = this.options;
    if (of !== 'lp') return penalty;
    // A code of 0 would have an infinite one.
    const positive = tf.where(tf.greater(codes, 0), codes, 1); // [batch, features]
    return tf.mul(tf.pow(positive, p - 1), tf.mul(penalty, p)); // [batch, features]
  }
}

/**
 * The vanilla sparse autoencoder as a model: {@link ReluSAELayer}, where the equations are, with the
 * library's training. All that a {@link GatedSAE} does it does too.
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
  /** The name that tfjs saves and loads it by. */
  static override readonly className: string = 'ReluSAE';

  /**
   * A dictionary with fresh weights: Glorot's uniform distribution for both matrices, unless the option
   * `encoderStart` says otherwise, zeros for the rest. The caller ends with `dispose()`.
   *
   * @param args `inputDim` and `encodingDim`, the two sizes, and options with defaults
   * @throws SAE_OPTION for an unknown option, a missing one, or a wrong value.
   */
  constructor(args: ReluSAEArgs) {
    super(args, ReluSAELayer, RULES);
  }
}

registerArchitecture('relu', ReluSAELayer, ReluSAE, RULES, { sparsityWeight: 'lambdaSparse' });
