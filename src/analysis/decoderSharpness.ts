import { assertDictionary } from '../models/givenModel';
import type { SAEModel } from '../models/saeModel';

/** How sharply the dictionary's directions stand out. */
export interface DecoderSharpness {
  /** Excess kurtosis of each decoder row, `[features]`; 0 for a row of equal values. */
  perFeature: Float64Array;
  /** The mean of `perFeature`. */
  mean: number;
}

/**
 * Computes the excess kurtosis of each decoder row, in double precision: the higher it is, the
 * fewer inputs a feature's direction concentrates on. It is `decoder_sharpness` of Python's
 * gated-sae-tf. For a row $w$
 *
 * $$
 * \frac{m_4}{m_2^2} - 3 \quad\text{with}\quad
 * m_k = \frac1{outputDim} \sum_i (w_i - \bar w)^k
 * $$
 *
 * (Fisher's definition, biased, like the default of `scipy.stats.kurtosis`). A row of equal values
 * has 0, a normal distribution 0, one large weight among zeros about `outputDim`.
 *
 * @param model the dictionary
 * @returns a value for each feature, and their mean; there is nothing to dispose.
 * @example
 * ```ts
 * import { decoderSharpness, GatedSAE } from 'gated-sae-tfjs';
 * const sae = new GatedSAE({ inputDim: 8, encodingDim: 32, seed: 1 });
 * const { perFeature, mean } = await decoderSharpness(sae);
 * console.log(perFeature.length, mean); // 32, about −1.2: a uniform distribution's
 * ```
 */
export async function decoderSharpness(model: SAEModel): Promise<DecoderSharpness> {
  assertDictionary('decoderSharpness', model);
  const wDec = await model.sae.wDec.read().data<'float32'>(); // [features · outputDim]
  const { outputDim, encodingDim } = model;
  const perFeature = new Float64Array(encodingDim);
  for (let feature = 0; feature < encodingDim; feature++) {
    const row = wDec.subarray(feature * outputDim, (feature + 1) * outputDim);
    perFeature[feature] = excessKurtosis(row);
  }
  return { perFeature, mean: mean(perFeature) };
}

function mean(values: Float32Array | Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

function excessKurtosis(values: Float32Array): number {
  const centre = mean(values);
  let m2 = 0;
  let m4 = 0;
  for (const value of values) {
    const squared = (value - centre) ** 2;
    m2 += squared;
    m4 += squared ** 2;
  }
  return m2 > 0 ? (m4 / m2 ** 2) * values.length - 3 : 0;
}
