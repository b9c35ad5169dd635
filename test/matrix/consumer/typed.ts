// What a TypeScript project says of the package; it is only type-checked.
import * as tf from '@tensorflow/tfjs';
import {
  type FeatureReport,
  featureReport,
  GatedSAE,
  GatedSAELayer,
  KerasAdam,
  kerasArchive,
  SAEError,
  type SAEErrorCode,
  WarmupCosineDecay,
} from 'gated-sae-tfjs';
import { fileSystem } from 'gated-sae-tfjs/node';

export async function train(x: tf.Tensor2D): Promise<FeatureReport> {
  const sae: tf.LayersModel & GatedSAE = new GatedSAE({ inputDim: 32, encodingDim: 256 });
  const learningRate = new WarmupCosineDecay({ peakLr: 1e-3, warmupSteps: 8, totalSteps: 80 });
  sae.compile({ optimizer: new KerasAdam({ learningRate }) });
  const history: tf.History = await sae.fit(x, { epochs: 2 });
  const codes: tf.Tensor2D = sae.encode(x);
  await sae.save(fileSystem('model'));
  const loaded: tf.LayersModel = await tf.loadLayersModel(kerasArchive('sae.keras'));
  console.log(history.history, codes.shape, loaded.name);
  return featureReport(sae, x, { imageShape: [4, 8] });
}

export const model = tf.sequential({
  layers: [
    tf.layers.dense({ units: 16, inputShape: [8] }),
    new GatedSAELayer({ encodingDim: 64, returns: 'codes' }),
  ],
});

export const codeOf = (error: unknown): SAEErrorCode | undefined =>
  error instanceof SAEError ? error.code : undefined;

// @ts-expect-error: the types know the options
new GatedSAE({ inputDim: 32, encodingDimension: 256 });
