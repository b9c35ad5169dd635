import * as tf from '@tensorflow/tfjs';
import {
  captureActivations,
  evaluateSplice,
  KerasAdam,
  spliceSAE,
  TopKSAE,
  useFastMatMul,
} from '../../src';
import { ALL_IMAGES, IMAGE_SIZE, readFashionMnist } from '../../src/cli/data/fashionMnist';

/** What a convolutional network's hidden layer has learnt of Fashion-MNIST. */
const PATCH = 4;
const SIDE = 28 / PATCH;
const FILTERS = 24;
const HIDDEN = 64;
const TRAINING = 4000;
const HELD_OUT = 1000;
const CLASSES = 10;
const L0 = 16;

let network: tf.LayersModel;
let training: tf.Tensor4D;
let heldOut: tf.Tensor4D;
let targets: number[];

beforeAll(async () => {
  useFastMatMul();
  const { pixels, labels } = await readFashionMnist([process.cwd()]);
  // Images come class by class: a stride that shares no divisor with their number takes all alike.
  const order = Array.from({ length: TRAINING + HELD_OUT }, (_, i) => (i * 7919) % ALL_IMAGES);
  const images = new Float32Array(order.length * IMAGE_SIZE);
  order.forEach((image, i) => {
    const at = image * IMAGE_SIZE;
    images.set(
      Float32Array.from(pixels.subarray(at, at + IMAGE_SIZE), (v) => v / 255),
      i * IMAGE_SIZE,
    );
  });
  const classes = order.map((image) => labels[image] as number);
  targets = classes.slice(TRAINING);
  network = await trained(images, classes);
  const part = (first: number, count: number) =>
    tf.tensor4d(images.subarray(first * IMAGE_SIZE, (first + count) * IMAGE_SIZE), [
      count,
      28,
      28,
      1,
    ]);
  training = part(0, TRAINING);
  heldOut = part(TRAINING, HELD_OUT);
}, 180_000);

afterAll(() => {
  network.dispose();
  tf.dispose([training, heldOut]);
});

/**
 * A network with one convolution, trained as the products that it is: of convolutions wasm has no gradient,
 * and one whose steps are as wide as its filters is a dense layer on patches.
 */
async function trained(images: Float32Array, classes: readonly number[]): Promise<tf.LayersModel> {
  const patches = tf.tidy(() =>
    tf
      .tensor(images.subarray(0, TRAINING * IMAGE_SIZE), [TRAINING, SIDE, PATCH, SIDE, PATCH])
      .transpose([0, 1, 3, 2, 4])
      .reshape([TRAINING, SIDE * SIDE, PATCH * PATCH]),
  );
  const dense = (units: number, activation: 'relu' | 'softmax', seed: number, name?: string) =>
    tf.layers.dense({
      ...{ units, activation, ...(name && { name }) },
      kernelInitializer: tf.initializers.glorotUniform({ seed }),
    });
  const onPatches = tf.sequential({
    layers: [
      tf.layers.inputLayer({ inputShape: [SIDE * SIDE, PATCH * PATCH] }),
      dense(FILTERS, 'relu', 1),
      tf.layers.flatten(),
      dense(HIDDEN, 'relu', 2),
      dense(CLASSES, 'softmax', 3),
    ],
  });
  onPatches.compile({
    optimizer: new KerasAdam({ learningRate: 2e-3 }),
    loss: 'categoricalCrossentropy',
  });
  const y = tf.tidy(() =>
    tf.oneHot(tf.tensor1d(classes.slice(0, TRAINING), 'int32'), CLASSES).toFloat(),
  );
  await onPatches.fit(patches, y, { epochs: 6, batchSize: 64, shuffle: false, verbose: 0 });
  const convolutional = tf.sequential({
    layers: [
      tf.layers.conv2d({
        ...{
          filters: FILTERS,
          kernelSize: PATCH,
          strides: PATCH,
          activation: 'relu',
          name: 'conv',
        },
        inputShape: [28, 28, 1],
      }),
      tf.layers.flatten({ name: 'flat' }),
      dense(HIDDEN, 'relu', 2, 'hidden'),
      dense(CLASSES, 'softmax', 3, 'classes'),
    ],
  });
  tf.tidy(() => {
    const [kernel, ...others] = onPatches.getWeights() as [tf.Tensor, ...tf.Tensor[]];
    convolutional.setWeights([tf.reshape(kernel, [PATCH, PATCH, 1, FILTERS]), ...others]);
  });
  tf.dispose([patches, y]);
  onPatches.optimizer.dispose();
  onPatches.dispose();
  return convolutional;
}

/** Of each class the share of its images that a model takes for it. */
function accuracies(model: tf.LayersModel): { each: number[]; all: number } {
  const found = tf.tidy(() => (model.predict(heldOut) as tf.Tensor).argMax(1).dataSync());
  const each = Array.from({ length: CLASSES }, (_, c) => {
    const own = targets.flatMap((target, i) => (target === c ? [found[i] === c ? 1 : 0] : []));
    return own.reduce<number>((a, b) => a + b, 0) / own.length;
  });
  return { each, all: targets.filter((target, i) => found[i] === target).length / targets.length };
}

test('a dictionary of 16 features a row keeps the accuracy, and a class hangs on its features', async () => {
  const rows = captureActivations(network, 'hidden', training, { batchSize: 500 });
  const sae = new TopKSAE({ inputDim: HIDDEN, encodingDim: 4 * HIDDEN, k: L0, seed: 1 });
  await sae.initDecoderBias(rows);
  sae.compile({ optimizer: new KerasAdam({ learningRate: 2e-3 }) });
  await sae.fitDataset(rows, { epochs: 40, verbose: 0 });

  const plain = accuracies(network);
  const spliced = spliceSAE(network, 'hidden', sae);
  const kept = accuracies(spliced).all / plain.all;
  spliced.dispose();
  expect(kept).toBeGreaterThanOrEqual(0.97);

  const evaluation = await evaluateSplice(network, 'hidden', sae, heldOut, {
    ...{ targets, effects: 'gradient', batchSize: 500, metric: 'accuracy' },
  });
  expect(evaluation.costs[0].original).toBeCloseTo(plain.all, 6);
  const { values } = evaluation.byGradient as NonNullable<typeof evaluation.byGradient>;
  const lost: { own: number[]; random: number[]; most: number } = { own: [], random: [], most: 0 };
  const without = (features: number[]) => {
    const ablated = spliceSAE(network, 'hidden', sae, { mode: 'ablate', features });
    const { each } = accuracies(ablated);
    ablated.dispose();
    return each.map((share, c) => (plain.each[c] as number) - share);
  };
  const firing = Array.from(evaluation.fires.keys()).filter((f) => (evaluation.fires[f] ?? 0) > 0);
  for (let c = 0; c < CLASSES; c++) {
    const tied = [...firing].sort(
      (a, b) => (values[b * CLASSES + c] as number) - (values[a * CLASSES + c] as number),
    );
    const losses = without(tied.slice(0, 10));
    lost.own.push(losses[c] as number);
    lost.most += losses[c] === Math.max(...losses) ? 1 : 0;
    const others = Array.from(
      { length: 10 },
      (_, i) => firing[(c * 31 + i * 17) % firing.length] as number,
    );
    lost.random.push(without([...new Set(others)])[c] as number);
  }
  const mean = (all: number[]) => all.reduce((a, b) => a + b, 0) / all.length;
  console.info(
    `accuracy ${plain.all.toFixed(4)}, kept ${(100 * kept).toFixed(1)} %; a class without its ten features loses ${(100 * mean(lost.own)).toFixed(1)} points, without ten others ${(100 * mean(lost.random)).toFixed(1)}; for ${lost.most} of 10 classes it is the one that loses most`,
  );
  expect(mean(lost.own)).toBeGreaterThan(5 * Math.max(0.01, mean(lost.random)));
  expect(lost.most).toBeGreaterThanOrEqual(8);
  sae.optimizer.dispose();
  sae.dispose();
}, 180_000);
