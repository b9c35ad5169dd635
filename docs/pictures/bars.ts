import * as tf from '@tensorflow/tfjs';
import {
  drawDecoderGallery,
  featureReport,
  GatedSAE,
  KerasAdam,
  WarmupCosineDecay,
} from 'gated-sae-tfjs';

/** The dictionary of docs/getting-started.md, at the same settings; rows are shuffled by chance. */
export async function bars() {
  const bar = (b: number) =>
    Array.from({ length: 64 }, (_, p) => Number((b < 8 ? p >> 3 : p & 7) === b % 8));
  const all = tf.tensor2d(Array.from({ length: 16 }, (_, b) => bar(b)));
  const present = tf
    .randomUniform([2000, 16], 0, 1, 'float32', 1)
    .less(1 / 8)
    .cast('float32');
  const x = tf.minimum(present.matMul(all), 1);
  const sae = new GatedSAE({ inputDim: 64, encodingDim: 32, lambdaSparse: 0.3, auxWeight: 0.1 });
  await sae.initDecoderBias(x);
  const learningRate = new WarmupCosineDecay({ peakLr: 2e-2, warmupSteps: 30, totalSteps: 300 });
  sae.compile({ optimizer: new KerasAdam({ learningRate, beta1: 0 }) });
  await sae.fit(x, { epochs: 15, batchSize: 100, verbose: 0 });
  const report = await featureReport(sae, x, { imageShape: [8, 8] });
  sae.dispose();
  return { 'bars.png': await drawDecoderGallery(report, { topN: 16, limit: 0.4 }).toPNG() };
}
