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

/** What is the ReLU SAE's own. */
export interface ReluSAEOptions {
  /** λ, the weight of the L1 penalty; 1e-3 by default. */
  lambdaSparse?: number;
}

const RULES: Rules<ReluSAEOptions> = { lambdaSparse: nonNegative(1e-3) };

/** What {@link ReluSAELayer} takes. */
export type ReluSAELayerArgs = SAELayerArgs & ReluSAEOptions;
/** What {@link ReluSAE} takes. */
export type ReluSAEArgs = SAEModelArgs & ReluSAEOptions;

type Saved = { xc: tf.Tensor2D; codes: tf.Tensor2D; error: tf.Tensor2D };

/**
 * The vanilla sparse autoencoder as a layer: one ReLU encoder and an L1 penalty on its codes.
 *
 * ```text
 * xc    = x − b_dec                        [batch, inputDim]
 * codes = relu(xc · W_enc + b_enc)         [batch, features]
 * xHat  = codes · W_dec + b_dec            [batch, inputDim], rows of W_dec have norm 1
 * loss  = mean‖x − xHat‖² + λ·mean Σ codes
 * ```
 *
 * (Bricken et al. 2023, "Towards Monosemanticity", with the decoder's rows brought back to norm 1
 * after each step.)
 *
 * @throws SAE_OPTION for an unknown option or a wrong value; SAE_SHAPE for input that is not
 * `[batch, width]`.
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
  readonly termNames = ['L_reconstruct', 'L_sparsity'];

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

  override get kernels(): KernelSpec {
    return { name: 'relu', termWeights: [1, this.options.lambdaSparse], reconstructions: 1 };
  }

  override encodeDetailed(x: tf.Tensor2D): { codes: tf.Tensor2D; preActivations: tf.Tensor2D } {
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
 * The vanilla sparse autoencoder as a model: {@link ReluSAELayer} with the library's training.
 *
 * @throws SAE_OPTION for an unknown option, a missing one, or a wrong value.
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

  constructor(args: ReluSAEArgs) {
    super(args, ReluSAELayer, RULES);
  }
}

registerArchitecture('relu', ReluSAELayer, ReluSAE, RULES);
