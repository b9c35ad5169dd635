import * as tf from '@tensorflow/tfjs';
import { type Attribution, attribute, GatedSAE, hookedModel, spliceSAE } from '../../src';
import { refusal } from '../refusal';

const WIDTH = 5;
const FEATURES = 9;
let model: tf.Sequential;
let sae: GatedSAE;
let x: tf.Tensor4D;
beforeAll(() => {
  const kernelInitializer = (seed: number) => tf.initializers.randomNormal({ stddev: 0.7, seed });
  model = tf.sequential({
    layers: [
      tf.layers.conv2d({
        ...{ filters: WIDTH, kernelSize: 2, activation: 'tanh', name: 'conv' },
        inputShape: [4, 3, 1],
        kernelInitializer: kernelInitializer(1),
      }),
      tf.layers.flatten({ name: 'flat' }),
      tf.layers.dense({ units: 6, activation: 'tanh', kernelInitializer: kernelInitializer(3) }),
      tf.layers.dense({ units: 3, activation: 'softmax', kernelInitializer: kernelInitializer(2) }),
    ],
  });
  sae = new GatedSAE({ inputDim: WIDTH, encodingDim: FEATURES, seed: 1 });
  tf.tidy(() => {
    const weights = sae.getWeights();
    sae.setWeights(weights.map((w, i) => tf.randomNormal(w.shape, 0, 0.5, 'float32', i + 1)));
  });
  x = tf.randomNormal([1, 4, 3, 1], 0, 1, 'float32', 5);
});
afterAll(() => {
  x.dispose();
  model.dispose();
  sae.dispose();
});

/** An output of the model with the codes of some features times a number. */
function scaled(value: number, features: readonly number[], output: number): number {
  const spliced = spliceSAE(model, 'conv', sae, { mode: 'scale', features, value });
  const made = tf.tidy(() => (spliced.predict(x) as tf.Tensor).dataSync()[output] as number);
  spliced.dispose();
  return made;
}
const ALL = Array.from({ length: FEATURES }, (_, i) => i);
const byFeature = ({ features }: Attribution) =>
  [...features].sort((a, b) => a.feature - b.feature);

test('gradient × activation is the slope, and what is checked the change', async () => {
  const tensors = tf.memory().numTensors;
  const found = await attribute(model, 'conv', sae, x, { output: 1, top: FEATURES });
  expect(tf.memory().numTensors).toBe(tensors);
  expect(found).toMatchObject({ layer: 'conv', output: 1, method: 'gradient' });
  expect(found.active).toBe(found.features.length);
  const sizes = found.features.map(({ attribution }) => Math.abs(attribution));
  expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
  expect(sizes[0]).toBeGreaterThan(0.005);
  for (const { feature, attribution, change, positions } of found.features) {
    const slope = (scaled(1.01, [feature], 1) - scaled(0.99, [feature], 1)) / 0.02;
    expect(attribution).toBeCloseTo(slope, 4);
    expect(change).toBeCloseTo(scaled(1, [feature], 1) - scaled(0, [feature], 1), 5);
    expect(positions.reduce((sum, one) => sum + one.attribution, 0)).toBeCloseTo(attribution, 6);
    expect(positions.every(({ position, code }) => position < 6 && code > 0)).toBe(true);
  }
  expect(found.value).toBeCloseTo(scaled(1, ALL, 1), 5);
  expect(found.baseline).toBeCloseTo(scaled(0, ALL, 1), 5);
  const total = found.features.reduce((sum, one) => sum + one.attribution, 0);
  expect(found.total).toBeCloseTo(total, 6);
  expect(found.completenessError).toBeCloseTo(total - (found.value - found.baseline), 6);
});

test('integrated gradients are the integral of the slopes, and complete', async () => {
  const steps = 40;
  const args = { output: 2, method: 'integrated', steps, top: FEATURES, check: false } as const;
  const found = await attribute(model, 'conv', sae, x, args);
  expect(Math.abs(found.completenessError)).toBeLessThan(1e-4);
  expect(Math.abs(found.value - found.baseline)).toBeGreaterThan(0.01);
  expect(found.features.every(({ change }) => change === undefined)).toBe(true);
  const coarse = await attribute(model, 'conv', sae, x, { ...args, steps: 1 });
  expect(Math.abs(coarse.completenessError)).toBeGreaterThan(Math.abs(found.completenessError));

  // All codes at a share of themselves, one of them a little more or less.
  const feature = found.features[0]?.feature as number;
  const at = (alpha: number) => {
    const run = (more: number) => {
      const value = ALL.map((one) => (one === feature ? alpha + more : alpha));
      const spliced = spliceSAE(model, 'conv', sae, { mode: 'scale', features: ALL, value });
      const made = tf.tidy(() => (spliced.predict(x) as tf.Tensor).dataSync()[2] as number);
      spliced.dispose();
      return made;
    };
    return (run(0.02) - run(-0.02)) / 0.04;
  };
  const shares = Array.from({ length: 10 }, (_, i) => (i + 0.5) / 10);
  const integral = shares.reduce((sum, alpha) => sum + at(alpha) / 10, 0);
  expect(found.features[0]?.attribution).toBeCloseTo(integral, 3);
});

test('of a linear model both are the change itself', async () => {
  const linear = tf.sequential({
    layers: [
      tf.layers.dense({ units: WIDTH, inputShape: [4], name: 'hidden' }),
      tf.layers.dense({ units: 2 }),
    ],
  });
  const row = tf.randomNormal([1, 4], 0, 1, 'float32', 2) as tf.Tensor2D;
  for (const method of ['gradient', 'integrated'] as const) {
    const found = await attribute(linear, 'hidden', sae, row, { output: 0, method, steps: 3 });
    expect(found.completenessError).toBeCloseTo(0, 5);
    for (const { attribution, change } of byFeature(found)) {
      expect(attribution).toBeCloseTo(change as number, 5);
    }
  }
  row.dispose();
  linear.dispose();
});

test('of outputs with positions one is explained, the last by default', async () => {
  const w = tf.randomNormal([WIDTH, 4], 0, 1, 'float32', 3) as tf.Tensor2D;
  const tokens = hookedModel((rows, hook) => {
    const hidden = hook('tokens', tf.clone(rows as tf.Tensor3D));
    return tf.reshape(tf.matMul(tf.reshape(tf.tanh(hidden), [-1, WIDTH]), w), [-1, 3, 4]);
  });
  const rows = tf.randomNormal([1, 3, WIDTH], 0, 1, 'float32', 4);
  const of = (position?: number) =>
    attribute(tokens, 'tokens', sae, rows, {
      ...{ output: 1, top: FEATURES },
      ...(position !== undefined && { position }),
    });
  expect(await of()).toEqual(await of(2));
  const positions = (await of(0)).features.flatMap((one) => one.positions);
  // Each token is on its own here: the other positions add nothing.
  for (const { position, attribution } of positions) {
    if (position !== 0) expect(attribution).toBe(0);
  }
  expect(positions.some(({ attribution }) => Math.abs(attribution) > 0.01)).toBe(true);
  expect(await refusal(of(3))).toMatch(/SAE_OPTION attribute\.position: .*received 3/);
  tf.dispose([w, rows]);
});

describe('what does not fit is refused', () => {
  test.each<[object, RegExp]>([
    [{}, /SAE_OPTION attribute\.output: .*Give output/],
    [{ output: 3 }, /SAE_OPTION attribute\.output: .*below 3; received 3/],
    [{ output: 0, step: 3 }, /SAE_OPTION .*Did you mean "steps"/],
    [{ output: 0, method: 'gradients' }, /SAE_OPTION .*Did you mean "gradient"/],
  ])('%j', async (args, message) => {
    expect(await refusal(attribute(model, 'conv', sae, x, args as never))).toMatch(message);
  });

  test('several examples, and a model without gradients', async () => {
    const two = tf.zeros([2, 4, 3, 1]);
    const given = attribute(model, 'conv', sae, two, { output: 0 });
    expect(await refusal(given)).toMatch(/SAE_DATA attribute: .*one example.*received 2/);
    two.dispose();
    const { forward: _, ...other } = hookedModel((rows, hook) => hook('h', rows as tf.Tensor));
    const run = attribute(other, 'h', sae, x, { output: 0 });
    expect(await refusal(run)).toMatch(/SAE_UNSUPPORTED attribute: /);
  });
});
