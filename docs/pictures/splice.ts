import * as tf from '@tensorflow/tfjs';
import { captureActivations, drawSplice, evaluateSplice, TopKSAE } from 'gated-sae-tfjs';
import { splitRows } from '../../src/activations/shuffle';
import {
  ALL_IMAGES,
  type FashionMnist,
  IMAGE_SIZE,
  readFashionMnist,
} from '../../src/cli/data/fashionMnist';

const HELD_OUT = 1000;
const TRAINING = 6000;
const HIDDEN = 64;

/** What a dictionary of a classifier's hidden layer costs it, and what its features are for. */
export async function splice() {
  const data = await readFashionMnist([`${__dirname}/../..`]);
  const { training, heldOut } = splitRows(ALL_IMAGES, HELD_OUT, 0);
  const seen = rowsOf(data, training.subarray(0, TRAINING));
  const shown = rowsOf(data, heldOut);
  const network = await trainedNetwork(seen);
  const sae = new TopKSAE({ inputDim: HIDDEN, encodingDim: 256, k: 16, seed: 0, name: 'top-16' });
  const rows = captureActivations(network, 'hidden', seen.pixels, { rowsPerBatch: 256 });
  await sae.initDecoderBias(rows);
  sae.compile();
  await sae.fitDataset(rows, { epochs: 10, verbose: 0 });
  const cost = await evaluateSplice(network, 'hidden', sae, shown.pixels, {
    targets: shown.labels,
  });
  return { 'splice.svg': drawSplice(cost).toSVG() };
}

function rowsOf({ pixels, labels }: FashionMnist, numbers: Uint32Array) {
  const shares = new Float32Array(numbers.length * IMAGE_SIZE);
  numbers.forEach((image, i) => {
    const from = pixels.subarray(image * IMAGE_SIZE, (image + 1) * IMAGE_SIZE);
    shares.set(
      Float32Array.from(from, (byte) => byte / 255),
      i * IMAGE_SIZE,
    );
  });
  return {
    pixels: tf.tensor2d(shares, [numbers.length, IMAGE_SIZE]),
    labels: Array.from(numbers, (image) => labels[image] as number),
  };
}

async function trainedNetwork({ pixels, labels }: ReturnType<typeof rowsOf>) {
  const dense = (units: number, seed: number) => ({
    units,
    kernelInitializer: tf.initializers.glorotUniform({ seed }),
  });
  const network = tf.sequential({
    layers: [
      tf.layers.inputLayer({ inputShape: [IMAGE_SIZE] }),
      tf.layers.dense({ ...dense(HIDDEN, 1), activation: 'relu', name: 'hidden' }),
      tf.layers.dense({ ...dense(10, 2), activation: 'softmax' }),
    ],
  });
  network.compile({ optimizer: tf.train.adam(2e-3), loss: 'categoricalCrossentropy' });
  const classes = tf.oneHot(tf.tensor1d(labels, 'int32'), 10).toFloat();
  await network.fit(pixels, classes, { epochs: 8, batchSize: 64, shuffle: false, verbose: 0 });
  return network;
}
