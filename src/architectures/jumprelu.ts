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
import { decoderNorms } from '../layers/pass';
import { type SAELayerArgs, SparseAutoencoderLayer } from '../layers/sparseAutoencoder';
import { registerArchitecture } from '../models/architectures';
import type { SAEModelArgs } from '../models/args';
import { SAEModel } from '../models/saeModel';
import {
  changeable,
  flag,
  nonNegative,
  oneOf,
  positive,
  positiveOrNull,
  type Rules,
} from '../options';

/** Options of a JumpReLU SAE that no other architecture has. */
export interface JumpReLUSAEOptions {
  /** λ, the weight of the sparsity penalty, a number ≥ 0; 1e-3 by default. */
  lambdaSparse?: number;
  /** What the penalty measures: L0 itself, the default, or a tanh of each code. */
  penalty?: 'step' | 'tanh';
  /**
   * An L0 to aim at, a number > 0: the penalty then measures how far each row's L0 is from it;
   * null, the default, for none.
   */
  targetL0?: number | null;
  /**
   * ε: how near to a threshold a pre-activation must be to move it, a number > 0; 0.05 by default.
   */
  bandwidth?: number;
  /** The initial value of thresholds, a number ≥ 0; 0.01 by default. */
  thresholdStart?: number;
  /** c, the slope of the tanh at a code of 0, a number > 0; 4 by default. */
  tanhScale?: number;
  /**
   * Whether the encoder receives the estimated gradients too, besides the thresholds; false by
   * default.
   */
  gradientToInput?: boolean;
  /**
   * Weight of a loss that pulls the pre-activations of dead features up to their thresholds, a
   * number ≥ 0; 0, the default, for none. A feature is dead after `deadAfter` rows without firing.
   */
  preActWeight?: number;
}

const RULES: Rules<JumpReLUSAEOptions> = {
  lambdaSparse: changeable(nonNegative(1e-3)),
  penalty: oneOf<'step' | 'tanh'>(['step', 'tanh'], 'step'),
  targetL0: changeable(positiveOrNull(null)),
  bandwidth: changeable(positive(0.05)),
  thresholdStart: nonNegative(0.01),
  tanhScale: changeable(positive(4)),
  gradientToInput: flag(false),
  preActWeight: nonNegative(0),
};

/** Options of {@link JumpReLUSAELayer}: those of every layer and those of the JumpReLU SAE. */
export type JumpReLUSAELayerArgs = SAELayerArgs & JumpReLUSAEOptions;
/** Options of {@link JumpReLUSAE}: those of every model and those of the JumpReLU SAE. */
export type JumpReLUSAEArgs = SAEModelArgs & JumpReLUSAEOptions;

/** Intermediate values that `encodeDetailed` of a JumpReLU SAE returns besides the codes. */
export type JumpReLUDetails = {
  /** The values that are compared with the thresholds, `[batch, features]`. */
  preActivations: tf.Tensor2D;
};

/**
 * The result of `encodeDetailed`: the codes, and the pre-activations that are compared with the
 * thresholds.
 */
export type JumpReLUEncoding = Encoding<JumpReLUDetails>;

/** What a JumpReLU SAE's backward pass needs besides the codes. */
type Own = {
  /** 1 where a feature is active. */
  active: tf.Tensor2D;
  /** 1 where a pre-activation is within half a bandwidth of its threshold. */
  near: tf.Tensor2D;
  /** 1 where a dead feature is below its threshold, in a step that tracks dead features. */
  below?: tf.Tensor2D;
};

/** The numbers by which the kernels know the penalties. */
const FORMS = { step: 0, target: 1, tanh: 2 } as const;

/**
 * The JumpReLU SAE as a layer: a feature fires where it is above its own threshold, which is learnt
 * by straight-through estimates of its gradient.
 *
 * $$
 * \begin{aligned}
 * z &= (x - b_\text{dec})\,W_\text{enc} + b_\text{enc} && \text{[batch, features]} \\
 * f &= z \odot \mathbb{1}[z > \theta] && \text{[batch, features]} \\
 * \hat x &= f\,W_\text{dec} + b_\text{dec} && \text{[batch, inputDim]} \\
 * L &= \lVert x - \hat x \rVert_2^2 + \lambda\,P && \text{mean over the batch} \\
 * K &= \mathbb{1}\bigl[\lvert z - \theta \rvert < \varepsilon / 2\bigr] && \text{[batch, features]} \\
 * \frac{\partial f}{\partial \theta} &\approx -\frac{\theta}{\varepsilon} K, \qquad
 *   \frac{\partial}{\partial \theta}\,\mathbb{1}[z > \theta] \approx -\frac{1}{\varepsilon} K
 * \end{aligned}
 * $$
 *
 * By default the penalty P of a row is its L0, `Σ 1[z > θ]` (Rajamanoharan et al. 2024b, "Jumping
 * ahead", arXiv:2407.14435). With `targetL0`, T, it is `2/T · (L0 − T)²`, as in the training of
 * Gemma Scope 2. With `penalty: 'tanh'` it is `Σ tanh(c f ‖W_dec‖)`, with the norm of each
 * feature's decoder row. `gradientToInput` passes the estimates to the encoder too (Anthropic,
 * January 2025 update, transformer-circuits.pub). Thresholds stay at or above 0, and decoder rows
 * are rescaled to norm 1 after each step.
 *
 * With `preActWeight` the loss has a third term, `L_preact`: `Σ max(0, θ − z) ‖W_dec‖` over the
 * dead features. It has a gradient wherever a dead feature is below its threshold, so it can revive
 * it (Anthropic, the same update, for all features; SAELens, for dead ones).
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { JumpReLUSAELayer } from 'gated-sae-tfjs';
 * const layer = new JumpReLUSAELayer({ encodingDim: 64, targetL0: 8, inputShape: [8] });
 * const model = tf.sequential({ layers: [layer] });
 * ```
 */
export class JumpReLUSAELayer extends SparseAutoencoderLayer<
  JumpReLUSAEOptions,
  Own,
  JumpReLUDetails
> {
  /** The name under which tfjs saves and loads it. */
  static readonly className: string = 'JumpReLUSAELayer';
  /** How its codes follow from products with the encoder's matrix. */
  static readonly encoderForm: EncoderForm = 'threshold';

  /**
   * Creates a layer; its weights are made when it first sees the width of its input.
   *
   * @param args the dictionary's size, the penalty and the bandwidth, and the options of every tfjs
   *   layer
   * @throws SAE_OPTION for an unknown option, a missing one, or a wrong value. The layer throws
   *   SAE_SHAPE when it meets input that is not `[batch, width]`.
   */
  constructor(args: JumpReLUSAELayerArgs) {
    super(args, RULES);
  }

  /**
   * Checks that `targetL0` is used with a penalty of L0, and is at most `encodingDim`.
   *
   * @param options the architecture's own options, each checked by its rule
   * @throws SAE_OPTION for options that exclude each other.
   */
  protected override checkTogether(
    options: Required<JumpReLUSAEOptions>,
  ): Required<JumpReLUSAEOptions> {
    const { encodingDim } = this;
    const { targetL0, penalty } = options;
    if (targetL0 !== null && penalty !== 'step') {
      const advice = 'Leave out one of the two.';
      throw wrongOption(`${this.getClassName()}.targetL0`, 'a penalty of the L0', 'a tanh', advice);
    }
    if (targetL0 !== null && targetL0 > encodingDim) {
      const expected = `at most encodingDim, ${encodingDim}`;
      throw wrongOption(`${this.getClassName()}.targetL0`, expected, targetL0);
    }
    return options;
  }

  /** The matrix `W_enc`, then `b_enc` and `threshold`. */
  get encoder(): EncoderSpec {
    const threshold = { start: this.options.thresholdStart, least: 0 };
    return { matrix: 'W_enc', vectors: { b_enc: { start: 0 }, threshold } };
  }

  /** `[inputDim, features]`: the direction that each feature detects. */
  get wEnc(): LayerVariable {
    return this.weight('W_enc');
  }

  /** `[features]`: the offset of each feature. */
  get bEnc(): LayerVariable {
    return this.weight('b_enc');
  }

  /** `[features]`: the value that each feature must exceed to fire. */
  get threshold(): LayerVariable {
    return this.weight('threshold');
  }

  private get form(): keyof typeof FORMS {
    const { penalty, targetL0 } = this.options;
    return targetL0 === null ? penalty : 'target';
  }

  /** Returns how far each row's L0 is from the target, `[batch, 1]`. */
  private missed(active: tf.Tensor2D): tf.Tensor2D {
    return tf.sub(tf.sum(active, 1, true), this.options.targetL0 as number);
  }

  /** Whether the loss has a term for dead features. */
  protected override get watchesDead(): boolean {
    return this.options.preActWeight > 0;
  }

  /**
   * Returns what the penalty sums over a row: a value per feature `[batch, features]`, or one for
   * all `[batch, 1]`.
   */
  private penalties(active: tf.Tensor2D, codes: tf.Tensor2D): tf.Tensor2D {
    if (this.form === 'step') return active;
    if (this.form === 'tanh') return tf.tanh(tf.mul(codes, this.tanhSlopes()));
    return tf.mul(tf.square(this.missed(active)), 2 / (this.options.targetL0 as number));
  }

  /** Returns the factor of each code inside the tanh, `[features]`. */
  private tanhSlopes(): tf.Tensor1D {
    return tf.mul(decoderNorms(this), this.options.tanhScale);
  }

  /** The kernels named `jumprelu`. */
  override get kernels(): KernelSpec {
    const { bandwidth, targetL0, tanhScale, gradientToInput } = this.options;
    const own = [bandwidth, FORMS[this.form], targetL0 ?? tanhScale, Number(gradientToInput)];
    return { name: 'jumprelu', own, norms: this.form === 'tanh' || this.watchesDead };
  }

  /** Reconstruction and penalty, and the term for dead features if there is one. */
  get terms(): Term[] {
    const { lambdaSparse, preActWeight: weight } = this.options;
    const dead: Term = { name: 'L_preact', weight, of: 'dead', byDecoderNorm: true };
    return [
      { name: 'L_reconstruct', weight: 1, of: 'reconstruction' },
      { name: 'L_sparsity', weight: lambdaSparse, of: 'penalty' },
      ...(this.watchesDead ? [dead] : []),
    ];
  }

  /**
   * Computes the codes by the equations above.
   *
   * @param p the products `(x − b_dec) · W_enc`, `[batch, features]`
   * @param training whether a step follows: only steps have dead features
   * @returns tensors `[batch, features]`; the caller disposes them, best by calling from within `tf.tidy`.
   * @internal
   */
  activate(p: tf.Tensor2D, training: boolean): Activation<Own, JumpReLUDetails> {
    const { bandwidth } = this.options;
    const z = tf.add<tf.Tensor2D>(p, this.read('b_enc')); // [batch, features]
    const distance = tf.sub<tf.Tensor2D>(z, this.read('threshold')); // [batch, features]
    // Training leaves no threshold below 0, but a user may have set one.
    const active = tf.step<tf.Tensor2D>(tf.minimum(distance, z)); // [batch, features]
    const codes = tf.mul<tf.Tensor2D>(z, active); // [batch, features]
    const near = tf.step<tf.Tensor2D>(tf.sub(0.5, tf.abs(tf.div(distance, bandwidth))));
    const penalties = [this.penalties(active, codes)];
    const saved = { active, near };
    const result = { codes, penalties, details: { preActivations: z } };
    if (!this.watchesDead) return { ...result, saved };
    const dead = training ? (this.dead() as tf.Tensor1D) : tf.scalar(0);
    const missing = tf.mul<tf.Tensor2D>(tf.relu(tf.neg(distance)), dead); // [batch, features]
    penalties.push(missing);
    return { ...result, saved: { ...saved, below: tf.step(missing) } };
  }

  /**
   * Returns the derivatives with respect to the products, `b_enc` and the thresholds.
   *
   * @param saved the codes, and where they are active or nearly so
   * @param d the derivatives with respect to the codes and the penalty
   * @returns the caller disposes them, best by calling from within `tf.tidy`.
   * @internal
   */
  differentiate(
    { codes, active, near, below }: Saved<Own>,
    { codes: dCodes, penalties }: ActivationGradient,
  ): ProductGradient {
    const { bandwidth, tanhScale, gradientToInput } = this.options;
    const [penalty, ofDead] = penalties as [tf.Scalar, tf.Tensor1D?];
    let dF = dCodes; // [batch, features]
    let dL0: tf.Tensor = tf.scalar(0);
    if (this.form === 'step') dL0 = penalty;
    if (this.form === 'target') {
      const slope = tf.mul(penalty, 4 / (this.options.targetL0 as number));
      dL0 = tf.mul(this.missed(active), slope); // [batch, 1]
    }
    let norms: tf.Tensor1D | undefined;
    if (this.form === 'tanh') {
      const slopes = this.tanhSlopes(); // [features]
      const steepness = tf.sub(1, tf.square(tf.tanh(tf.mul(codes, slopes)))); // [batch, features]
      dF = tf.add(dF, tf.mul(steepness, tf.mul(penalty, slopes)));
      norms = tf.mul(tf.sum(tf.mul(steepness, codes), 0), tf.mul(penalty, tanhScale)); // [features]
    }
    const threshold = this.read<tf.Tensor1D>('threshold'); // [features]
    const jump = tf.div(tf.mul(near, tf.add(tf.mul(dF, threshold), dL0)), bandwidth);
    const straight = tf.mul<tf.Tensor2D>(dF, active); // [batch, features]
    let dP = gradientToInput ? tf.add<tf.Tensor2D>(straight, jump) : straight; // [batch, features]
    let dThreshold = tf.neg<tf.Tensor1D>(tf.sum(jump, 0)); // [features]
    if (below && ofDead) {
      const pull = tf.mul<tf.Tensor2D>(below, ofDead); // [batch, features]
      dP = tf.sub(dP, pull);
      dThreshold = tf.add(dThreshold, tf.sum(pull, 0));
    }
    const dPSum = tf.sum<tf.Tensor1D>(dP, 0); // [features]
    const vectors = { b_enc: dPSum, threshold: dThreshold };
    return { dP, dPSum, vectors, ...(norms && { norms }) };
  }
}

/**
 * The JumpReLU SAE as a model, with the library's training; the equations are at
 * {@link JumpReLUSAELayer}. It does everything that a {@link GatedSAE} does.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { JumpReLUSAE, sparsityReport } from 'gated-sae-tfjs';
 * const x = tf.randomUniform([256, 16]);
 * const sae = new JumpReLUSAE({ inputDim: 16, encodingDim: 64, targetL0: 8, lambdaSparse: 1e-2 });
 * sae.compile();
 * await sae.fit(x, { epochs: 2 });
 * console.log(await sparsityReport(sae, x));
 * ```
 */
export class JumpReLUSAE extends SAEModel<JumpReLUSAELayer> {
  /** The name under which tfjs saves and loads it. */
  static override readonly className: string = 'JumpReLUSAE';

  /**
   * Creates a dictionary with new weights: both matrices from Glorot's uniform distribution, unless
   * the option `encoderStart` says otherwise, and zeros elsewhere except for the thresholds. The
   * caller ends with `dispose()`.
   *
   * @param args `inputDim` and `encodingDim`, the two sizes, and options with defaults
   * @throws SAE_OPTION for an unknown option, a missing one, or a wrong value.
   */
  constructor(args: JumpReLUSAEArgs) {
    super(args, JumpReLUSAELayer, RULES);
  }
}

registerArchitecture('jumprelu', JumpReLUSAELayer, JumpReLUSAE, RULES, {
  sparsityWeight: 'lambdaSparse',
  optionsForL0: { lambdaSparse: 0.3 },
});
