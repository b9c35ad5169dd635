import * as tf from '@tensorflow/tfjs';
import { GatedSAE, KerasAdam, plotDecoderGallery } from 'gated-sae-tfjs';

/** Trains in this page, in a worker, and draws; called by the test. */
globalThis.story = async () => {
  await tf.setBackend('cpu');
  const x = tf.randomUniform([64, 16]);
  const sae = new GatedSAE({ inputDim: 16, encodingDim: 64 });
  sae.compile({ optimizer: new KerasAdam() });
  const [loss] = await sae.trainOnBatch(x);
  const figure = await plotDecoderGallery(sae, sae.encode(x), { imageShape: [4, 4] });
  const png = await figure.toPNG();
  const worker = new Worker(new URL('./worker.mjs', import.meta.url), { type: 'module' });
  const inWorker = await new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
  });
  return { loss, step: sae.stepTaken.step, png: [...png.slice(1, 4)], inWorker };
};
