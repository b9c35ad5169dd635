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

/** The options of a ReLU SAE that no other architecture has. */
export interface ReluSAEOptions {
  /** λ, the weight of the L1 penalty, a number ≥ 0; 1e-3 by default. */
  lambdaSparse?: number;
}

const RULES: Rules<ReluSAEOptions> = { lambdaSparse: nonNegative(1e-3) };

/** The codes, and what the encoder came to before its ReLU: what `encodeDetailed` gives. */
export type ReluEncoding = {
  /** How much each feature fires, `[batch, features]`. */
  codes: tf.Tensor2D;
  /** The same before the ReLU, `[batch, features]`: below 0 where a feature does not fire. */
  preActivations: tf.Tensor2D;
};

/** What {@link ReluSAELayer} takes: every layer's options, with those of the ReLU SAE. */
export type ReluSAELayerArgs = SAELayerArgs & ReluSAEOptions;
/** What {@link ReluSAE} takes: every model's options, with those of the ReLU SAE. */
export type ReluSAEArgs = SAEModelArgs & ReluSAEOptions;

/** What a ReLU SAE's backward pass needs of its forward pass; nobody else reads it. */
type Saved = { xc: tf.Tensor2D; codes: tf.Tensor2D; error: tf.Tensor2D };

/**
 * The vanilla sparse autoencoder as a layer: one ReLU encoder and an L1 penalty on its codes.
 *
 * $$
 * \begin{aligned}
 * f &= \mathrm{ReLU}\bigl((x - b_\text{dec})\,W_\text{enc} + b_\text{enc}\bigr) && \text{[batch, features]} \\
 * \hat x &= f\,W_\text{dec} + b_\text{dec} && \text{[batch, inputDim]} \\
 * L &= \lVert x - \hat x \rVert_2^2 + \lambda \lVert f \rVert_1 && \text{mean over the batch}
 * \end{aligned}
 * $$
 *
 * (Bricken et al. 2023, "Towards Monosemanticity", transformer-circuits.pub/2023/monosemantic-features,
 * and as the baseline arXiv:2404.16014), with the decoder's rows brought back to norm 1
 * after each step. The logs name the loss's parts `L_reconstruct` and `L_sparsity`, the latter before
 * λ.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { ReluSAELayer } from 'gated-sae-tfjs';
 * const layer = new ReluSAELayer({ encodingDim: 64, lambdaSparse: 1e-2, inputShape: [8] });
 * const model = tf.sequential({ layers: [layer] });
 * ```
 */
export class ReluSAELayer extends SparseAutoencoderLayer<ReluSAEOptions, Saved> {
  /** The name that tfjs saves and loads it by. */
  static readonly className: string = 'ReluSAELayer';
  /** The loss's parts as the logs name them: reconstruction and penalty. */
  readonly termNames = ['L_reconstruct', 'L_sparsity'];

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

  /** `[inputDim, features]`: the direction that each feature looks for. */
  get wEnc(): LayerVariable {
    return this.weight('W_enc');
  }

  /** `[features]`: the offset of each feature. */
  get bEnc(): LayerVariable {
    return this.weight('b_enc');
  }

  protected encoderWeights(inputDim: number): WeightSpec[] {
    const features = this.encodingDim;
    return [
      { name: 'W_enc', shape: [inputDim, features], start: 'glorotUniform' },
      { name: 'b_enc', shape: [features], start: 0 },
    ];
  }

  /** The kernels `relu`: one product with `W_enc`. */
  override get kernels(): KernelSpec {
    return { name: 'relu', termWeights: [1, this.options.lambdaSparse], reconstructions: 1 };
  }

  /**
   * The codes of rows, with what they were before the ReLU.
   *
   * @param x `[batch, inputDim]`, float32
   * @returns `codes` and `preActivations`, both `[batch, features]`; the caller disposes them.
   */
  override encodeDetailed(x: tf.Tensor2D): ReluEncoding {
    return tf.tidy(() => {
      const { codes, preActivations } = this.activate(x);
      return { codes, preActivations };
    });
  }

  private activate(x: tf.Tensor2D) {
    const xc = tf.sub<tf.Tensor2D>(x, this.read('b_dec')); // [batch, inputDim]
    const product = matMul(xc, this.read('W_enc')); // [batch, features]
    const preActivations = tf.add<tf.Tensor2D>(product, this.read('b_enc')); // [batch, features]
    return { xc, preActivations, codes: tf.relu(preActivations) };
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
    const { xc, codes } = this.activate(x);
    const xHat = this.decode(codes); // [batch, inputDim]
    const error = tf.sub<tf.Tensor2D>(xHat, target); // [batch, inputDim]
    const terms = {
      L_reconstruct: meanRowSum(tf.square(error)),
      L_sparsity: meanRowSum(codes),
    };
    const { lambdaSparse } = this.options;
    const loss: tf.Scalar = tf.add(terms.L_reconstruct, tf.mul(terms.L_sparsity, lambdaSparse));
    return { codes, reconstruction: xHat, loss, terms, saved: { xc, codes, error } };
  }

  /**
   * The gradient of that loss, written out.
   *
   * @param saved what the forward pass has kept
   * @param upstream what comes back from behind the layer
   * @returns the gradients; the caller disposes them, best by calling from within `tf.tidy`.
   * @internal
   */
  backward(saved: Saved, { dLoss, dReconstruction, dCodes }: Upstream): Gradients {
    const { xc, codes, error } = saved;
    const scale = tf.div(dLoss, error.shape[0]); // a scalar: the loss is a mean over the batch

    const dTarget = tf.mul<tf.Tensor2D>(error, tf.mul(scale, 2)); // [batch, inputDim]
    const dXHat = dReconstruction ? tf.add<tf.Tensor2D>(dTarget, dReconstruction) : dTarget;
    const dFromXHat = matMul(dXHat, this.read('W_dec'), false, true); // [batch, features]
    const dF = dCodes ? tf.add(dFromXHat, dCodes) : dFromXHat; // [batch, features]
    const penalty = tf.mul(scale, this.options.lambdaSparse);
    const dP = tf.mul<tf.Tensor2D>(tf.add(dF, penalty), tf.step(codes)); // [batch, features]

    const wEnc = this.read<tf.Tensor2D>('W_enc');
    const bEnc = tf.sum(dP, 0); // [features]
    return {
      weights: {
        W_enc: matMul(xc, dP, true), // [inputDim, features]
        b_enc: bEnc,
        W_dec: matMul(codes, dXHat, true), // [features, inputDim]
        b_dec: this.decoderBiasGradient(dXHat, bEnc, wEnc), // [inputDim]
      },
      input: () => tf.sub(matMul(dP, wEnc, false, true), dTarget),
    };
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
   * A dictionary with fresh weights: Glorot's uniform distribution for both matrices, zeros for the
   * rest. The caller ends with `dispose()`.
   *
   * @param args `inputDim` and `encodingDim`, the two sizes, and options with defaults
   * @throws SAE_OPTION for an unknown option, a missing one, or a wrong value.
   */
  constructor(args: ReluSAEArgs) {
    super(args, ReluSAELayer, RULES);
  }
}

registerArchitecture('relu', ReluSAELayer, ReluSAE, RULES);
