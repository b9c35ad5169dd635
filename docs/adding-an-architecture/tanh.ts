/**
 * An architecture of somebody else's package: what it needs is all in this file, and all of it comes
 * from the library's public names. docs/adding-an-architecture.md goes through it.
 */
import * as tf from '@tensorflow/tfjs';
import {
  type Activation,
  type ActivationGradient,
  type EncoderSpec,
  type ProductGradient,
  type Rule,
  type Rules,
  registerArchitecture,
  type SAELayerArgs,
  SAEModel,
  type SAEModelArgs,
  type Saved,
  SparseAutoencoderLayer,
  type Term,
} from 'gated-sae-tfjs';

/** The options that no other architecture has. */
export interface TanhSAEOptions {
  /** λ, the weight of the sparsity penalty, a number ≥ 0; 0.1 by default. */
  lambdaSparse?: number;
  /** How large a code is that counts as much as any larger one, a number above 0; 1 by default. */
  saturation?: number;
}

const numberFrom = (least: number, fallback: number): Rule<number> => ({
  expected: `a finite number ≥ ${least}`,
  accepts: (v) => typeof v === 'number' && Number.isFinite(v) && v >= least,
  fallback,
  changeable: true,
});
const RULES: Rules<TanhSAEOptions> = {
  lambdaSparse: numberFrom(0, 0.1),
  saturation: numberFrom(1e-6, 1),
};

type Own = Record<never, never>;

/**
 * A ReLU SAE whose penalty does not grow for codes that are large already, so that they shrink less.
 *
 * f = ReLU(z), z = (x − b_dec) · W_enc + b_enc; L = ‖x − x̂‖² + λ Σ tanh(f / saturation)
 *
 * (Jermyn et al. 2024, "Tanh Penalty in Dictionary Learning", Transformer Circuits.)
 */
export class TanhSAELayer extends SparseAutoencoderLayer<TanhSAEOptions, Own, Own> {
  static readonly className = 'TanhSAELayer';
  readonly encoder: EncoderSpec = { matrix: 'W_enc', vectors: { b_enc: { start: 0 } } };

  constructor(args: SAELayerArgs & TanhSAEOptions) {
    super(args, RULES);
  }

  get terms(): Term[] {
    return [
      { name: 'L_reconstruct', weight: 1, of: 'reconstruction' },
      { name: 'L_sparsity', weight: this.options.lambdaSparse, of: 'penalty' },
    ];
  }

  activate(p: tf.Tensor2D): Activation<Own, Own> {
    const codes = tf.relu(tf.add<tf.Tensor2D>(p, this.read('b_enc'))); // [batch, features]
    const penalties = [tf.tanh<tf.Tensor2D>(tf.div(codes, this.options.saturation))];
    return { codes, penalties, details: {}, saved: {} };
  }

  differentiate(
    { codes }: Saved<Own>,
    { codes: dF, penalties: [dPenalty] }: ActivationGradient,
  ): ProductGradient {
    const { saturation } = this.options;
    const tanh = tf.tanh(tf.div(codes, saturation)); // [batch, features]
    const slope = tf.div(tf.sub(1, tf.square(tanh)), saturation); // [batch, features]
    const dCodes = tf.add(dF, tf.mul(slope, dPenalty as tf.Tensor)); // [batch, features]
    const dP = tf.mul<tf.Tensor2D>(dCodes, tf.step(codes)); // [batch, features]
    const dPSum = tf.sum<tf.Tensor1D>(dP, 0); // [features]
    return { dP, dPSum, vectors: { b_enc: dPSum } };
  }
}

export class TanhSAE extends SAEModel<TanhSAELayer> {
  static override readonly className = 'TanhSAE';

  constructor(args: SAEModelArgs & TanhSAEOptions) {
    super(args, TanhSAELayer, RULES);
  }
}

registerArchitecture('tanh', TanhSAELayer, TanhSAE, RULES, { sparsityWeight: 'lambdaSparse' });
