import * as tf from '@tensorflow/tfjs-core';
import { largestOfRows } from '../math/largest';
import { matMul } from '../math/matMul';
import { nonNegative, positiveInteger, type Rules, wholeOr0 } from '../options';
import type { ProductGradient, Saved, StateSpec, Term } from './contract';
import type { WeightedLayer } from './weightedLayer';

/** Options for reviving features that have not fired for long: by AuxK, or by resampling. */
export interface Revival {
  /**
   * How many dead features may fire on a row to reconstruct the error that the others leave; 0, the
   * default, for none. Python: `aux_k`.
   */
  readonly auxK: number;
  /** Weight of that term in the loss, 1/32 by default. Python: `aux_k_weight`. */
  readonly auxKWeight: number;
  /**
   * Training rows without firing after which a feature is dead; 50,000 by default. Python:
   * `dead_after`.
   */
  readonly deadAfter: number;
  /**
   * Interval in steps at which dead features get new weights during training, from rows of the
   * step's batch that are reconstructed badly; 0, the default, for never. Python: `resample_every`.
   */
  readonly resampleEvery: number;
}

export const REVIVAL_RULES: Rules<Revival> = {
  auxK: wholeOr0(0),
  auxKWeight: nonNegative(1 / 32),
  deadAfter: positiveInteger(50_000),
  resampleEvery: wholeOr0(0),
};

/** Rows since each feature last fired. */
export const SINCE_FIRED = 'since_fired';
export const REVIVAL_STATE: Readonly<Record<string, StateSpec>> = {
  [SINCE_FIRED]: { of: 'feature', start: 0 },
};

/** Returns the options that matter: `deadAfter` only if the rows without firing are counted. */
export const revivalConfig = (
  { auxK, auxKWeight, deadAfter, resampleEvery }: Revival,
  countsRows: boolean,
) => ({
  ...(auxK > 0 ? { auxK, auxKWeight } : {}),
  ...(countsRows ? { deadAfter } : {}),
  ...(resampleEvery > 0 ? { resampleEvery } : {}),
});

/** Returns the terms that it adds to the loss. */
export const revivalTerms = ({ auxKWeight }: Revival): Term[] => [
  { name: 'L_auxk', weight: auxKWeight, of: 'revival' },
];

/** Returns 1 for each dead feature, `[features]`; the caller disposes it. */
export const deadOf = (sinceFired: tf.Tensor1D, { deadAfter }: Revival): tf.Tensor1D =>
  tf.cast(tf.greaterEqual(sinceFired, deadAfter), 'float32');

type Dictionary = Pick<WeightedLayer, 'encoder' | 'read'>;

/** Returns the first of the encoder's vectors: a feature's offset. */
const offsetOf = ({ encoder }: Dictionary): string => Object.keys(encoder.vectors)[0] as string;

/**
 * Reconstructs, with dead features, the error that the others leave of each row (Gao et al. 2024,
 * appendix A.2):
 *
 * ```text
 * z  = relu(p + b), of dead features, b the first of the encoder's vectors   [batch, features]
 * a  = z, where it is among the auxK largest of its row                       [batch, features]
 * e  = a · W_dec − (target − x̂), the latter without a gradient                [batch, inputDim]
 * L  = mean ‖e‖² / mean ‖error − its mean‖²; 0 where no feature is dead       []
 * ```
 *
 * @param p the encoder's products
 * @param error the reconstruction minus the target
 * @param dead 1 for each dead feature, `[features]`
 */
export function revive(
  dictionary: Dictionary,
  p: tf.Tensor2D,
  error: tf.Tensor2D,
  dead: tf.Tensor1D,
  auxK: number,
): Required<Pick<Saved, 'revived' | 'revivalError' | 'revivalScale'>> {
  const offset = dictionary.read(offsetOf(dictionary));
  const z = tf.mul<tf.Tensor2D>(tf.relu(tf.add(p, offset)), dead);
  const most = Math.min(auxK, dead.size);
  const revived = tf.mul<tf.Tensor2D>(z, largestOfRows(z, most));
  const revivalError = tf.add<tf.Tensor2D>(matMul(revived, dictionary.read('W_dec')), error);
  const spread = tf.sum(tf.squaredDifference(error, tf.mean(error, 0, true)));
  const counts = tf.step(tf.mul(tf.sum(dead), spread)); // 0 if no feature is dead, or no error is left
  const mean = tf.div(spread, error.shape[0]);
  const revivalScale = tf.divNoNan(counts, mean) as tf.Scalar;
  return { revived, revivalError, revivalScale };
}

/**
 * Returns a step's gradients, with those of the revival added.
 *
 * @param gradients the gradients without it
 * @param factor the factor of its mean over the batch in the total loss, including the batch's size
 * @returns the caller disposes them.
 */
export function withRevival(
  dictionary: Dictionary,
  gradients: ProductGradient & { readonly dWDec: tf.Tensor2D },
  { revived, revivalError, revivalScale }: ReturnType<typeof revive>,
  factor: tf.Scalar,
): typeof gradients {
  const dError = tf.mul(revivalError, tf.mul(tf.mul(factor, 2), revivalScale)) as tf.Tensor2D;
  const dCodes = matMul(dError, dictionary.read<tf.Tensor2D>('W_dec'), false, true);
  const dP = tf.mul<tf.Tensor2D>(dCodes, tf.step(revived)); // [batch, features]
  const sum = tf.sum<tf.Tensor1D>(dP, 0); // [features]
  const { vectors } = gradients;
  const offset = offsetOf(dictionary);
  return {
    dP: tf.add<tf.Tensor2D>(gradients.dP, dP),
    dPSum: tf.add<tf.Tensor1D>(gradients.dPSum, sum),
    vectors: { ...vectors, [offset]: tf.add<tf.Tensor1D>(vectors[offset] as tf.Tensor1D, sum) },
    dWDec: tf.add<tf.Tensor2D>(gradients.dWDec, matMul(revived, dError, true)),
  };
}
