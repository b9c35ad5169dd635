import * as tf from '@tensorflow/tfjs-core';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import type { Gradients, KernelSpec, Pass, Upstream, WeightSpec } from '../layers/contract';
import { type SAELayerArgs, SparseAutoencoderLayer } from '../layers/sparseAutoencoder';
import { matMul } from '../math/matMul';
import { meanRowSum } from '../math/meanRowSum';
import { registerArchitecture } from '../models/architectures';
import type { SAEModelArgs } from '../models/args';
import { SAEModel } from '../models/saeModel';
import { nonNegative, type Rules } from '../options';

/** The options of a Gated SAE that no other architecture has. */
export interface GatedSAEOptions {
  /** λ, the weight of the sparsity penalty, a number ≥ 0; 1e-3 by default. Python: `lambda_sparse`. */
  lambdaSparse?: number;
  /**
   * α, the weight of the auxiliary reconstruction, a number ≥ 0; 1e-2 by default. The paper has no
   * such weight, which is 1. Python: `aux_weight`.
   */
  auxWeight?: number;
}

const RULES: Rules<GatedSAEOptions> = {
  lambdaSparse: nonNegative(1e-3),
  auxWeight: nonNegative(1e-2),
};

/** What {@link GatedSAELayer} takes: every layer's options, with those of the Gated SAE. */
export type GatedSAELayerArgs = SAELayerArgs & GatedSAEOptions;
/** What {@link GatedSAE} takes: every model's options, with those of the Gated SAE. */
export type GatedSAEArgs = SAEModelArgs & GatedSAEOptions;

/** The codes, and the gate that let them through: what `encodeDetailed` of a Gated SAE gives. */
export type GatedEncoding = {
  /** How much each feature fires, `[batch, features]`: 0 where its gate is closed. */
  codes: tf.Tensor2D;
  /** What the gate weighs, `[batch, features]`: a feature is open where it is above 0. */
  piGate: tf.Tensor2D;
  /** Its positive part, `[batch, features]`: what the penalty and the auxiliary loss use. */
  reluPiGate: tf.Tensor2D;
};

/** What a Gated SAE's backward pass needs of its forward pass; nobody else reads it. */
type Saved = {
  xc: tf.Tensor2D;
  p: tf.Tensor2D;
  codes: tf.Tensor2D;
  reluPiGate: tf.Tensor2D;
  error: tf.Tensor2D;
  auxError: tf.Tensor2D;
};

/**
 * The Gated SAE as a layer: a gate decides which features fire, a magnitude how much.
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
 * with a bar over what gets no gradient (Rajamanoharan et al. 2024, arXiv:2404.16014, sections 3.2.1
 * and 3.2.2; α is 1 there). Rows of `W_dec` have norm 1 after each step. The logs
 * name the three parts `L_reconstruct`, `L_sparsity` and `L_aux`, before λ and α. Python's layer of
 * the same weights is `GatedSAE` of gated-sae-tf, whose numbers these are.
 *
 * In a model of yours it hands on the reconstruction, or `returns: 'codes'`, and adds its loss to
 * the model's under `fit`.
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
export class GatedSAELayer extends SparseAutoencoderLayer<GatedSAEOptions, Saved> {
  /** The name that tfjs saves and loads it by. */
  static readonly className: string = 'GatedSAELayer';

  /** The loss's parts as the logs name them: reconstruction, penalty and auxiliary reconstruction. */
  readonly termNames = ['L_reconstruct', 'L_sparsity', 'L_aux'];

  /**
   * A layer that makes its weights when it first sees the width of its input.
   *
   * @param args the dictionary's size, λ and α, and what tfjs's layers take
   * @throws SAE_OPTION for an unknown option, a missing one, or a wrong value. When the layer meets
   * input that is not `[batch, width]` it throws SAE_SHAPE.
   */
  constructor(args: GatedSAELayerArgs) {
    super(args, RULES);
  }

  /** `[inputDim, features]`: the direction that each feature looks for. */
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

  protected encoderWeights(inputDim: number): WeightSpec[] {
    const features = this.encodingDim;
    return [
      { name: 'W_gate', shape: [inputDim, features], start: 'glorotUniform' },
      { name: 'b_gate', shape: [features], start: 0 },
      { name: 'r_mag', shape: [features], start: 0 },
      { name: 'b_mag', shape: [features], start: 0 },
    ];
  }

  /** The kernels `gated`: one product with `W_gate`, and a second reconstruction for the loss. */
  override get kernels(): KernelSpec {
    const { lambdaSparse, auxWeight } = this.options;
    return { name: 'gated', termWeights: [1, lambdaSparse, auxWeight], reconstructions: 2 };
  }

  /**
   * The codes of rows, with the gate that let them through.
   *
   * @param x `[batch, inputDim]`, float32
   * @returns `codes`, `piGate` and `reluPiGate`, each `[batch, features]`; the caller disposes them.
   */
  override encodeDetailed(x: tf.Tensor2D): GatedEncoding {
    return tf.tidy(() => {
      const { codes, piGate, reluPiGate } = this.gateAndMagnitude(x);
      return { codes, piGate, reluPiGate };
    });
  }

  private gateAndMagnitude(x: tf.Tensor2D) {
    const xc = tf.sub<tf.Tensor2D>(x, this.read('b_dec')); // [batch, inputDim]
    const p = matMul(xc, this.read('W_gate')); // [batch, features]
    const piGate = tf.add<tf.Tensor2D>(p, this.read('b_gate')); // [batch, features]
    const reluPiGate = tf.relu(piGate); // [batch, features]
    const scaled = tf.mul(p, tf.exp(this.read('r_mag'))); // [batch, features]
    const magnitude = tf.relu(tf.add(scaled, this.read('b_mag'))); // [batch, features]
    const codes = tf.mul<tf.Tensor2D>(tf.step(piGate), magnitude); // [batch, features]
    return { xc, p, piGate, reluPiGate, codes };
  }

  /**
   * Codes, reconstruction and loss, by the equations above.
   *
   * @param x the rows, `[batch, inputDim]`
   * @param target what the reconstructions are to be, `[batch, inputDim]`: the rows themselves
   * @returns all of the pass; the caller disposes it, best by calling from within `tf.tidy`.
   * @internal
   */
  forward(x: tf.Tensor2D, target: tf.Tensor2D): Pass<Saved> {
    const { lambdaSparse, auxWeight } = this.options;
    const { xc, p, reluPiGate, codes } = this.gateAndMagnitude(x);
    // The codes and the open gates go through the decoder in one product.
    const both = this.decode(tf.concat([codes, reluPiGate])); // [2·batch, inputDim]
    const [xHat, xHatAux] = tf.split(both, 2) as [tf.Tensor2D, tf.Tensor2D]; // [batch, inputDim]
    const error = tf.sub<tf.Tensor2D>(xHat, target); // [batch, inputDim]
    const auxError = tf.sub<tf.Tensor2D>(xHatAux, target); // [batch, inputDim]
    const terms = {
      L_reconstruct: meanRowSum(tf.square(error)),
      L_sparsity: meanRowSum(reluPiGate),
      L_aux: meanRowSum(tf.square(auxError)),
    };
    const loss: tf.Scalar = tf.addN([
      terms.L_reconstruct,
      tf.mul(terms.L_sparsity, lambdaSparse),
      tf.mul(terms.L_aux, auxWeight),
    ]);
    const saved = { xc, p, codes, reluPiGate, error, auxError };
    return { codes, reconstruction: xHat, loss, terms, saved };
  }

  /**
   * The gradient of that loss, written out: four products in place of autodiff's.
   *
   * @param saved what the forward pass has kept
   * @param upstream what comes back from behind the layer
   * @returns the gradients; the caller disposes them, best by calling from within `tf.tidy`.
   * @internal
   */
  backward(saved: Saved, { dLoss, dReconstruction, dCodes }: Upstream): Gradients {
    const { lambdaSparse, auxWeight } = this.options;
    const { xc, p, codes, reluPiGate, error, auxError } = saved;
    const scale = tf.div(dLoss, error.shape[0]); // a scalar: the loss is a mean over the batch

    const dTarget = tf.mul<tf.Tensor2D>(error, tf.mul(scale, 2)); // [batch, inputDim]
    const dXHat = dReconstruction ? tf.add<tf.Tensor2D>(dTarget, dReconstruction) : dTarget;
    const dXHatAux = tf.mul<tf.Tensor2D>(auxError, tf.mul(scale, 2 * auxWeight)); // [batch, inputDim]
    const dBoth = matMul(tf.concat([dXHat, dXHatAux]), this.read('W_dec'), false, true);
    const [dFromXHat, dRelu] = tf.split(dBoth, 2) as [tf.Tensor2D, tf.Tensor2D]; // [batch, features]

    const dF = dCodes ? tf.add(dFromXHat, dCodes) : dFromXHat; // [batch, features]
    // A code is above 0 just where both its gate and its magnitude are.
    const dMagnitude = tf.mul(dF, tf.step(codes)); // [batch, features]
    const scaleOfMagnitude = tf.exp(this.read('r_mag')); // [features]
    const dScaled = tf.mul<tf.Tensor2D>(dMagnitude, scaleOfMagnitude); // [batch, features]
    const penalty = tf.mul(scale, lambdaSparse);
    const dPi = tf.mul<tf.Tensor2D>(tf.add(dRelu, penalty), tf.step(reluPiGate)); // [batch, features]
    const dP = tf.add<tf.Tensor2D>(dScaled, dPi); // [batch, features]

    const wGate = this.read<tf.Tensor2D>('W_gate');
    const bGate = tf.sum(dPi, 0); // [features]
    const bMag = tf.sum(dMagnitude, 0); // [features]
    // dP summed over the batch, from the two sums that are there already
    const dPSum = tf.add(tf.mul(bMag, scaleOfMagnitude), bGate); // [features]
    return {
      weights: {
        W_gate: matMul(xc, dP, true), // [inputDim, features]
        b_gate: bGate,
        r_mag: tf.sum(tf.mul(dScaled, p), 0), // [features]
        b_mag: bMag,
        W_dec: matMul(codes, dXHat, true), // [features, inputDim]
        b_dec: this.decoderBiasGradient(dXHat, dPSum, wGate), // [inputDim]
      },
      input: () => tf.sub(tf.sub(matMul(dP, wGate, false, true), dTarget), dXHatAux),
    };
  }
}

/**
 * The Gated SAE as a model: {@link GatedSAELayer}, where the equations are, with the training of
 * Python's gated-sae-tf, whose `GatedSAE` it opens and writes ({@link kerasArchive}).
 *
 * It is a `tf.LayersModel`: `compile`, `fit`, `evaluate`, `predict`, `save` and callbacks are
 * tfjs's own, but data needs no target. Its weights are those of its layer, `sae.sae`.
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
  /** The name that tfjs saves and loads it by. */
  static override readonly className: string = 'GatedSAE';

  /**
   * A dictionary with fresh weights: Glorot's uniform distribution for both matrices, zeros for the
   * rest. The caller ends with `dispose()`.
   *
   * @param args `inputDim` and `encodingDim`, the two sizes, and options with defaults
   * @throws SAE_OPTION for an unknown option, a missing one, or a wrong value.
   */
  constructor(args: GatedSAEArgs) {
    super(args, GatedSAELayer, RULES);
  }
}

registerArchitecture('gated', GatedSAELayer, GatedSAE, RULES);
