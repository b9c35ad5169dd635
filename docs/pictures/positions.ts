import * as tf from '@tensorflow/tfjs';
import {
  BatchTopKSAE,
  captureActivations,
  drawFeatureGallery,
  type FeatureReport,
  featureReport,
} from 'gated-sae-tfjs';
import { splitRows } from '../../src/activations/shuffle';
import {
  ALL_IMAGES,
  type FashionMnist,
  IMAGE_SIZE,
  readFashionMnist,
} from '../../src/cli/data/fashionMnist';
import { CLASS_NAMES } from '../../src/cli/data/fashionMnistClasses';

const TRAINING_IMAGES = 4000;
const SHOWN_IMAGES = 1000;
const SIDE = 28;
/** Of the second convolution's feature map. */
const MAP = [7, 7] as const;
const CHANNELS = 16;

/** Where features of a small network's second convolution fire on Fashion-MNIST. */
export async function positions() {
  const data = await readFashionMnist([`${__dirname}/../..`]);
  const { training, heldOut } = splitRows(ALL_IMAGES, SHOWN_IMAGES, 0);
  const [seen, shown] = [
    imagesOf(data, training.subarray(0, TRAINING_IMAGES)),
    imagesOf(data, heldOut),
  ];
  // Convolutions have gradients there, and not in tfjs's WebAssembly.
  await tf.setBackend('cpu');
  const network = await trainedNetwork(seen);
  const sae = new BatchTopKSAE({ inputDim: CHANNELS, encodingDim: 64, k: 4, seed: 0 });
  sae.compile();
  const rows = captureActivations(network, 'conv', seen.images, { rowsPerBatch: 512 });
  await sae.fitDataset(rows, { epochs: 4, verbose: 0 });
  const report = await featureReport(sae, captureActivations(network, 'conv', shown.images), {
    images: shown.images,
    imageShape: [SIDE, SIDE],
    mapShape: MAP,
    labels: shown.labels,
    classNames: CLASS_NAMES,
  });
  await tf.setBackend('wasm');
  const gallery = drawFeatureGallery(report, { featureIdx: chosen(report), topImages: 7 });
  return { 'positions.png': await gallery.toPNG() };
}

function imagesOf({ pixels, labels }: FashionMnist, numbers: Uint32Array) {
  const bytes = new Uint8Array(numbers.length * IMAGE_SIZE);
  numbers.forEach((image, i) => {
    bytes.set(pixels.subarray(image * IMAGE_SIZE, (image + 1) * IMAGE_SIZE), i * IMAGE_SIZE);
  });
  const shares = Float32Array.from(bytes, (byte) => byte / 255);
  return {
    images: tf.tensor4d(shares, [numbers.length, SIDE, SIDE, 1]),
    labels: Array.from(numbers, (image) => labels[image] as number),
  };
}

async function trainedNetwork({ images, labels }: ReturnType<typeof imagesOf>) {
  const kernelInitializer = tf.initializers.glorotUniform({ seed: 1 });
  const layer = { kernelSize: 3, strides: 2, padding: 'same', activation: 'relu' } as const;
  const network = tf.sequential({
    layers: [
      tf.layers.conv2d({ ...layer, filters: 8, inputShape: [SIDE, SIDE, 1], kernelInitializer }),
      tf.layers.conv2d({ ...layer, filters: CHANNELS, name: 'conv', kernelInitializer }),
      tf.layers.flatten(),
      tf.layers.dense({ units: CLASS_NAMES.length, activation: 'softmax', kernelInitializer }),
    ],
  });
  network.compile({
    optimizer: tf.train.adam(3e-3),
    loss: 'sparseCategoricalCrossentropy',
    metrics: ['acc'],
  });
  const { history } = await network.fit(images, tf.tensor1d(labels), { epochs: 4, verbose: 0 });
  process.stdout.write(`the network's accuracy in training: ${history['acc']?.at(-1)}\n`);
  return network;
}

/** Four features that fire at few places of the images on which they do, of as many classes as there are. */
function chosen({ features, data }: FeatureReport): number[] {
  const local = features
    .filter(({ images = 0 }) => images > 30)
    .map((entry) => ({
      ...entry,
      places: (entry.density * data.rows) / (entry.images ?? 1),
      label: entry.top[0]?.label,
    }))
    .sort((a, b) => a.places - b.places);
  const labels = new Set<number | undefined>();
  const found = local.filter(({ label }) => !labels.has(label) && labels.add(label));
  return found.slice(0, 4).map(({ feature }) => feature);
}
