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
import { checkDecoderRows } from '../layers/dictionaryOptions';
import { type SAELayerArgs, SparseAutoencoderLayer } from '../layers/sparseAutoencoder';
import { registerArchitecture } from '../models/architectures';
import type { SAEModelArgs } from '../models/args';
import { SAEModel } from '../models/saeModel';
import { changeable, nonNegative, oneOf, optional, type Rules } from '../options';

/** Options of a Gated SAE that no other architecture has. */
export interface GatedSAEOptions {
  /** λ, the weight of the sparsity penalty, a number ≥ 0; 1e-3 by default. Python: `lambda_sparse`. */
  lambdaSparse?: number;
  /**
   * α, the weight of the auxiliary reconstruction, a number ≥ 0; 1e-2 by default. The paper has no
   * such weight, which amounts to 1. SAELens has none either, so it is always 1 with
   * `loss: 'saelens'`. Python: `aux_weight`.
   */
  auxWeight?: number;
  /**
   * Which of the two losses in use to train, see {@link GatedSAELayer}; `'paper'` by default. The
   * two are never mixed.
   */
  loss?: 'paper' | 'saelens';
}

const RULES: Rules<GatedSAEOptions> = {
  lambdaSparse: changeable(nonNegative(1e-3)),
  auxWeight: changeable(optional(nonNegative())),
  loss: oneOf<'paper' | 'saelens'>(['paper', 'saelens'], 'paper'),
};

/** Default weights of the auxiliary reconstruction. */
const AUX_WEIGHTS = { paper: 1e-2, saelens: 1 } as const;
/** How each loss treats the decoder rows. */
const ROWS = { paper: 'unit', saelens: 'free' } as const;

/** Options of {@link GatedSAELayer}: those of every layer and those of the Gated SAE. */
export type GatedSAELayerArgs = SAELayerArgs & GatedSAEOptions;
/** Options of {@link GatedSAE}: those of every model and those of the Gated SAE. */
export type GatedSAEArgs = SAEModelArgs & GatedSAEOptions;

/** Intermediate values that `encodeDetailed` of a Gated SAE returns besides the codes. */
export type GatedDetails = {
  /** The gate's pre-activations, `[batch, features]`: a feature is open if they are above 0. */
  piGate: tf.Tensor2D;
  /** Their positive part, `[batch, features]`, which the penalty and the auxiliary loss use. */
  reluPiGate: tf.Tensor2D;
};

/** The result of `encodeDetailed` of a Gated SAE: the codes and the gate's pre-activations. */
export type GatedEncoding = Encoding<GatedDetails>;

/** What a Gated SAE's backward pass needs besides the codes. */
type Own = {
  p: tf.Tensor2D;
  reluPiGate: tf.Tensor2D;
};

/**
 * The Gated SAE as a layer: a gate decides which features fire, a magnitude how strongly.
 *
 * $$
 * \begin{aligned}
 * \pi_\text{gate} &= (x - b_\text{dec})\,W_\text{gate} + b_\text{gate} && \text{[batch, features]} \\
 * \pi_\text{mag} &= (x - b_\text{dec})\,W_\text{gate} \odot e^{r_\text{mag}} + b_\text{mag} && \text{[batch, features]} \\
 * \tilde f &= \mathbb{1}[\pi_\text{gate} > 0] \odot \mathrm{ReLU}(\pi_\text{mag}) && \text{[batch, features]} \\
 * \hat x &= \tilde f\,W_\text{dec} + b_\text{dec} && \text{[batch, inputDim]} \\
 * \hat x_\text{aux} &= \mathrm{ReLU}(\pi_\text{gate})\,\bar W_\text{dec} + \bar b_\text{dec} && \text{[batch, inputDim]} \\
 * L &= \lVert x - \hat x \rVert_2^2 + \lambda \lVert \mathrm{ReLU}(\pi_\text{gate}) \rVert_1
 *   + \alpha \lVert x - \hat x_\text{aux} \rVert_2^2 && \text{mean over the batch}
 * \end{aligned}
 * $$
 *
 * where a bar marks what gets no gradient (Rajamanoharan et al. 2024, arXiv:2404.16014, sections
 * 3.2.1 and 3.2.2; α is 1 there). Rows of `W_dec` have norm 1 after each step. This is the loss
 * `'paper'`. The logs show the three terms as `L_reconstruct`, `L_sparsity` and `L_aux`, before
 * weighting by λ and α. Python's layer with the same weights is `GatedSAE` of gated-sae-tf; the
 * numbers are the same.
 *
 * `loss: 'saelens'` trains the loss of SAELens. The norms of decoder rows are free and weight the
 * penalty, and every part gets a gradient:
 *
 * $$
 * L = \lVert x - \hat x \rVert_2^2
 *   + \lambda \sum_i \mathrm{ReLU}(\pi_\text{gate})_i\,\lVert W_{\text{dec},i} \rVert_2
 *   + \lVert x - \mathrm{ReLU}(\pi_\text{gate})\,W_\text{dec} - b_\text{dec} \rVert_2^2
 * $$
 *
 * A λ for one loss does not suit the other. Mixing parts of the two trains badly (SAELens's issues
 * 539 and 543), and is refused.
 *
 * In another model the layer outputs the reconstruction, or codes with `returns: 'codes'`, and adds
 * its loss to the model's under `fit`.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { GatedSAELayer, KerasAdam } from 'gated-sae-tfjs';
 * const model = tf.sequential({
 *   layers: [
 *     tf.layers.dense({ units: 16, inputShape: [8] }),
 *     new GatedSAELayer({ encodingDim: 64, returns: 'codes' }),
 *     tf.layers.dense({ units: 2, activation: 'softmax' }),
 *   ],
 * });
 * model.compile({ optimizer: new KerasAdam(), loss: 'categoricalCrossentropy' });
 * ```
 */
export class GatedSAELayer extends SparseAutoencoderLayer<GatedSAEOptions, Own, GatedDetails> {
  /** The name under which tfjs saves and loads it. */
  static readonly className: string = 'GatedSAELayer';
  /** How its codes follow from products with the encoder's matrix. */
  static readonly encoderForm: EncoderForm = 'gated';

  /** The matrix `W_gate`, then `b_gate`, `r_mag` and `b_mag`. */
  readonly encoder: EncoderSpec = {
    matrix: 'W_gate',
    vectors: { b_gate: { start: 0 }, r_mag: { start: 0 }, b_mag: { start: 0 } },
  };

  /**
   * Creates a layer; its weights are made when it first sees the width of its input.
   *
   * @param args the dictionary's size, λ and α, and the options of every tfjs layer
   * @throws SAE_OPTION for an unknown option, a missing one, or a wrong value. The layer throws
   *   SAE_SHAPE when it meets input that is not `[batch, width]`.
   */
  constructor(args: GatedSAELayerArgs) {
    super(args, RULES);
  }

  /**
   * Checks that no option of one loss is used with the other.
   *
   * @param options the architecture's own options, each checked by its rule
   * @throws SAE_OPTION for options that exclude each other.
   */
  protected override checkTogether(options: Required<GatedSAEOptions>): Required<GatedSAEOptions> {
    const { loss } = options;
    const { auxWeight = AUX_WEIGHTS[loss] } = options as GatedSAEOptions;
    if (loss === 'saelens' && auxWeight !== 1) {
      const advice = 'Leave auxWeight out: it is the loss "paper" that has one.';
      const where = `${this.getClassName()}.auxWeight`;
      throw wrongOption(where, '1 with loss "saelens"', auxWeight, advice);
    }
    checkDecoderRows(this.getClassName(), this.decoderOptions, ROWS[loss], loss);
    return { ...options, auxWeight };
  }

  /** Unit rows with the paper's loss, free rows with SAELens's. */
  protected override get usualRows(): 'unit' | 'free' {
    return ROWS[this.options.loss];
  }

  /** `[inputDim, features]`: the direction that each feature detects. */
  get wGate(): LayerVariable {
    return this.weight('W_gate');
  }

  /** `[features]`: how easily each gate opens. */
  get bGate(): LayerVariable {
    return this.weight('b_gate');
  }

  /** `[features]`: the logarithm of each magnitude's scale. */
  get rMag(): LayerVariable {
    return this.weight('r_mag');
  }

  /** `[features]`: the offset of each magnitude. */
  get bMag(): LayerVariable {
    return this.weight('b_mag');
  }

  /** The kernels named `gated`. */
  override get kernels(): KernelSpec {
    return { name: 'gated' };
  }

  /** Reconstruction, penalty and auxiliary reconstruction. */
  get terms(): Term[] {
    const { lambdaSparse, auxWeight, loss } = this.options;
    const ofDecoder = loss === 'saelens';
    return [
      { name: 'L_reconstruct', weight: 1, of: 'reconstruction' },
      { name: 'L_sparsity', weight: lambdaSparse, of: 'penalty', byDecoderNorm: ofDecoder },
      { name: 'L_aux', weight: auxWeight, of: 'second', trainsDecoder: ofDecoder },
    ];
  }

  /**
   * Computes gate and magnitude by the equations above.
   *
   * @param p the products `(x − b_dec) · W_gate`, `[batch, features]`
   * @returns tensors `[batch, features]`; the caller disposes them, best by calling from within `tf.tidy`.
   * @internal
   */
  activate(p: tf.Tensor2D): Activation<Own, GatedDetails> {
    const piGate = tf.add<tf.Tensor2D>(p, this.read('b_gate')); // [batch, features]
    const reluPiGate = tf.relu(piGate); // [batch, features]
    const scaled = tf.mul(p, tf.exp(this.read('r_mag'))); // [batch, features]
    const magnitude = tf.relu(tf.add(scaled, this.read('b_mag'))); // [batch, features]
    const codes = tf.mul<tf.Tensor2D>(tf.step(piGate), magnitude); // [batch, features]
    const details = { piGate, reluPiGate };
    const saved = { p, reluPiGate };
    return { codes, second: reluPiGate, penalties: [reluPiGate], details, saved };
  }

  /**
   * Returns the derivatives with respect to the products and the three vectors, written out.
   *
   * @param saved what `activate` saved
   * @param d the derivatives with respect to the codes, the open gates and the penalty
   * @returns the caller disposes them, best by calling from within `tf.tidy`.
   * @internal
   */
  differentiate(
    { p, reluPiGate, codes }: Saved<Own>,
    { codes: dF, second: dRelu, penalties: [penalty] }: ActivationGradient,
  ): ProductGradient {
    // A code is above 0 exactly if both its gate and its magnitude are.
    const dMagnitude = tf.mul<tf.Tensor2D>(dF, tf.step(codes)); // [batch, features]
    const scale = tf.exp(this.read<tf.Tensor1D>('r_mag')); // [features]
    const dScaled = tf.mul<tf.Tensor2D>(dMagnitude, scale); // [batch, features]
    const dOpen = tf.add(dRelu as tf.Tensor2D, penalty as tf.Tensor); // [batch, features]
    const dPi = tf.mul<tf.Tensor2D>(dOpen, tf.step(reluPiGate)); // [batch, features]
    const bGate = tf.sum<tf.Tensor1D>(dPi, 0); // [features]
    const bMag = tf.sum<tf.Tensor1D>(dMagnitude, 0); // [features]
    const rMag = tf.sum<tf.Tensor1D>(tf.mul(dScaled, p), 0); // [features]
    return {
      dP: tf.add(dScaled, dPi), // [batch, features]
      dPSum: tf.add(tf.mul(bMag, scale), bGate), // [features], from sums that are already there
      vectors: { b_gate: bGate, r_mag: rMag, b_mag: bMag },
    };
  }
}

/**
 * The Gated SAE as a model, with the training of Python's gated-sae-tf, whose `GatedSAE` files it
 * reads and writes ({@link kerasArchive}). The equations are at {@link GatedSAELayer}.
 *
 * It is a `tf.LayersModel`: `compile`, `fit`, `evaluate`, `predict`, `save` and callbacks work as
 * in tfjs, but data needs no target. Its weights are those of its layer, `sae.sae`.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { GatedSAE, KerasAdam } from 'gated-sae-tfjs';
 * const x = tf.randomUniform([512, 32]);
 * const sae = new GatedSAE({ inputDim: 32, encodingDim: 256, auxWeight: 0.1 });
 * await sae.initDecoderBias(x);
 * sae.compile({ optimizer: new KerasAdam({ beta1: 0 }) });
 * await sae.fit(x, { epochs: 2, batchSize: 64 });
 * sae.encode(x).print();
 * ```
 */
export class GatedSAE extends SAEModel<GatedSAELayer> {
  /** The name under which tfjs saves and loads it. */
  static override readonly className: string = 'GatedSAE';

  /**
   * Creates a dictionary with new weights: both matrices from Glorot's uniform distribution, unless
   * the option `encoderStart` says otherwise, and zeros elsewhere. The caller ends with
   * `dispose()`.
   *
   * @param args `inputDim` and `encodingDim`, the two sizes, and options with defaults
   * @throws SAE_OPTION for an unknown option, a missing one, or a wrong value.
   */
  constructor(args: GatedSAEArgs) {
    super(args, GatedSAELayer, RULES);
  }
}

registerArchitecture('gated', GatedSAELayer, GatedSAE, RULES, {
  sparsityWeight: 'lambdaSparse',
  options: { auxWeight: 0.1 },
  // Lowering λ raises L0 only as far as the auxiliary loss opens gates.
  optionsForL0: { auxWeight: 0.3 },
});
