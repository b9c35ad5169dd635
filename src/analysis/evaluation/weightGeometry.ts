import type { SAEModel } from '../../models/saeModel';
import { neighbours } from '../featureReport/neighbours';
import type { WeightGeometry } from './evaluation';
import { histogram } from './histogram';

/** Intervals of the histogram of cosines. */
const INTERVALS = 40;

/**
 * Computes the geometry of encoder against decoder, and of decoder rows among themselves, a block
 * of rows at a time.
 *
 * @param wDec `[features, outputDim]`, flat
 */
export async function weightGeometry(model: SAEModel, wDec: Float32Array): Promise<WeightGeometry> {
  const { inputDim, outputDim } = model;
  const nearest = await neighbours(wDec, outputDim, 1);
  const most = Array.from({ length: wDec.length / outputDim }, (_, feature) =>
    nearest.entries(feature).map(({ score }) => score),
  ).flat();
  const encoder = await model.sae.read(model.sae.encoder.matrix).data<'float32'>();
  return {
    encoderDecoderCosine: inputDim === outputDim ? meanCosine(encoder, wDec, inputDim) : null,
    maxDecoderCosine: most.length > 0 ? mean(most) : null,
    maxDecoderCosineHistogram: histogram(most, -1, 1, INTERVALS),
  };
}

/**
 * Returns the mean cosine between columns and rows; 0 with one that is zero.
 *
 * @param columns `[width, features]`, flat
 * @param rows `[features, width]`, flat
 */
function meanCosine(columns: Float32Array, rows: Float32Array, width: number): number {
  const features = rows.length / width;
  let sum = 0;
  for (let feature = 0; feature < features; feature++) {
    let product = 0;
    let ofColumn = 0;
    let ofRow = 0;
    for (let i = 0; i < width; i++) {
      const column = columns[i * features + feature] as number;
      const row = rows[feature * width + i] as number;
      product += column * row;
      ofColumn += column * column;
      ofRow += row * row;
    }
    if (product !== 0) sum += product / Math.sqrt(ofColumn) / Math.sqrt(ofRow);
  }
  return sum / features;
}

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
