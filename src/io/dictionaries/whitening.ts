import * as tf from '@tensorflow/tfjs-core';
import type { StoredTensor } from '../bytes/storedTensor';
import { madeOf, shifted } from './conversions';
import { type Dictionary, type DictionaryWeight, matrixWeight, vectorWeight } from './dictionary';

/** How rows are whitened: z = (x − mean) M, and x = z M⁻¹ + mean. */
export interface Whitening {
  /** `[inputDim]`. */
  readonly mean: StoredTensor;
  /** M, `[inputDim, inputDim]`. */
  readonly matrix: StoredTensor;
  /** M⁻¹, of the same shape. */
  readonly inverse: StoredTensor;
}

/**
 * Returns the equivalent dictionary for unwhitened rows: with the same codes, and with
 * reconstructions of the rows themselves. Both directions are affine, so the weights can absorb
 * them:
 *
 * W ← M W, W_dec ← W_dec M⁻¹, b_dec ← b_dec M⁻¹ + mean; and if b_dec is not subtracted from rows,
 * b_enc ← b_enc − mean M W. This is how SAELens 6.54 folds them; the whitening is that of
 * arXiv:2511.13981.
 */
export function withoutWhitening(
  given: Dictionary,
  { mean, matrix, inverse }: Whitening,
): Dictionary {
  const { architecture, options, weights } = given;
  const { inputDim, centred = true } = options;
  const centre = vectorWeight(mean, false);
  const [into, back] = [matrix, inverse].map((tensor) => matrixWeight(tensor, undefined));
  const name = architecture === 'gated' ? 'W_gate' : 'W_enc';
  const { [name]: encoder, W_dec, b_dec, b_enc, b_gate, b_mag, r_mag } = weights;
  if (!encoder || !W_dec || !b_dec || !into || !back) return given; // never: each has them
  const folded: Record<string, DictionaryWeight> = {
    ...weights,
    [name]: madeOf(encoder.shape, [encoder, into], (values, by) => product(by, values, inputDim)),
    W_dec: madeOf(W_dec.shape, [W_dec, back], (values, by) => product(values, by, inputDim)),
    b_dec: madeOf(b_dec.shape, [b_dec, back, centre], async (values, by, means) =>
      (await product(values, by, inputDim)).map((value, i) => value + (means[i] as number)),
    ),
  };
  if (centred !== true) {
    const own = folded[name] as DictionaryWeight;
    if (b_enc) folded['b_enc'] = shifted(b_enc, own, centre, -1);
    if (b_gate) folded['b_gate'] = shifted(b_gate, own, centre, -1);
    if (b_mag) folded['b_mag'] = shifted(b_mag, own, centre, -1, r_mag);
  }
  return { ...given, weights: folded };
}

/**
 * Returns the product of two matrices, `[…, inner]` and `[inner, …]`, computed by the current
 * backend.
 */
async function product(a: Float32Array, b: Float32Array, inner: number): Promise<Float32Array> {
  const made = tf.tidy(() =>
    tf.matMul(tf.tensor2d(a, [a.length / inner, inner]), tf.tensor2d(b, [inner, b.length / inner])),
  );
  try {
    return await made.data<'float32'>();
  } finally {
    made.dispose();
  }
}
