import * as tf from '@tensorflow/tfjs';
import {
  captureActivations,
  evaluateSplice,
  KerasAdam,
  spliceSAE,
  TopKSAE,
  useFastMatMul,
} from '../../src';
import { fashionImages, fashionNetwork } from '../fashionNetwork';

/** What a convolutional network's hidden layer has learnt of Fashion-MNIST. */
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
  const { images, classes } = await fashionImages(TRAINING + HELD_OUT);
  targets = classes.slice(TRAINING);
  const all = tf.tensor4d(images, [TRAINING + HELD_OUT, 28, 28, 1]);
  [training, heldOut] = tf.split(all, [TRAINING, HELD_OUT]) as [tf.Tensor4D, tf.Tensor4D];
  all.dispose();
  network = await fashionNetwork(tf, KerasAdam, training, classes.slice(0, TRAINING));
}, 180_000);

afterAll(() => {
  network.dispose();
  tf.dispose([training, heldOut]);
});

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
  const sae = new TopKSAE({ inputDim: 64, encodingDim: 256, k: L0, seed: 1 });
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
