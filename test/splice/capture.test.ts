import * as tf from '@tensorflow/tfjs';
import {
  captureActivations,
  GatedSAE,
  type HiddenBatch,
  type HiddenRows,
  metadataOf,
  spliceSAE,
  TopKSAE,
  trainTogether,
} from '../../src';
import { refusal } from '../refusal';

let model: tf.LayersModel;
let x: tf.Tensor;
beforeAll(() => {
  model = tf.sequential({
    layers: [
      tf.layers.conv2d({ filters: 5, kernelSize: 3, inputShape: [5, 4, 1], name: 'conv' }),
      tf.layers.flatten({ name: 'flat' }),
      tf.layers.dense({ units: 3, name: 'classes' }),
    ],
  });
  x = tf.randomUniform([7, 5, 4, 1], -1, 1, 'float32', 1);
});
afterAll(() => {
  model.dispose();
  x.dispose();
});

async function all(rows: HiddenRows) {
  const iterator = rows.iterator();
  const found = { rows: [] as number[][], origins: [] as string[], sizes: [] as number[] };
  for (;;) {
    const { value, done } = await iterator.next();
    if (done) return found;
    const { xs, origin } = value as HiddenBatch;
    found.rows.push(...(await xs.array()));
    found.sizes.push(xs.shape[0]);
    for (const [i, example] of origin.examples.entries()) {
      found.origins.push(`${example}:${origin.positions[i]}`);
    }
    xs.dispose();
  }
}

async function hiddenOf(name: string): Promise<number[][]> {
  const part = tf.model({
    inputs: model.inputs,
    outputs: model.getLayer(name).output as tf.SymbolicTensor,
  });
  const values = part.predictOnBatch(x) as tf.Tensor;
  const rows = tf.reshape(values, [-1, values.shape.at(-1) as number]);
  const array = (await rows.array()) as number[][];
  tf.dispose([values, rows]);
  return array;
}

test('each position is a row, with its origin, in every pass', async () => {
  const rows = captureActivations(model, 'conv', x, { batchSize: 3 });
  expect(rows.size).toBe(3);
  const { rows: first, origins, sizes } = await all(rows);
  expect(first).toEqual(await hiddenOf('conv'));
  expect(sizes).toEqual([18, 18, 6]);
  expect(origins.slice(5, 8)).toEqual(['0:5', '1:0', '1:1']);
  expect(origins.at(-1)).toBe('6:5');
  expect((await all(rows)).rows).toEqual(first);
});

test('their mean is one, or one of them', async () => {
  const hidden = await hiddenOf('conv');
  const mean = await all(captureActivations(model, 'conv', x, { positions: 'mean' }));
  const expected = tf.tidy(() =>
    tf.mean(tf.reshape(tf.tensor2d(hidden), [7, 6, 5]), 1).arraySync(),
  );
  mean.rows.flat().forEach((value, i) => {
    expect(value).toBeCloseTo((expected as number[][]).flat()[i] as number, 6);
  });
  const last = await all(captureActivations(model, 'conv', x, { positions: -1 }));
  expect(last.rows).toEqual(hidden.filter((_, i) => i % 6 === 5));
  expect(last.origins.slice(0, 2)).toEqual(['0:5', '1:5']);
});

test('a mask leaves positions out, and rows come in batches of one size', async () => {
  const hidden = await hiddenOf('conv');
  const mask = () => tf.tensor2d(Array.from({ length: 7 }, () => [0, 1, 1, 0, 1, 0]));
  const kept = await all(captureActivations(model, 'conv', x, { mask, rowsPerBatch: 4 }));
  expect(kept.rows).toEqual(hidden.filter((_, i) => [1, 2, 4].includes(i % 6)));
  expect(kept.sizes).toEqual([4, 4, 4, 4, 4, 1]);
  expect(kept.origins.slice(0, 4)).toEqual(['0:1', '0:2', '0:4', '1:1']);
  const last = await all(captureActivations(model, 'conv', x, { mask, positions: -1 }));
  expect(last.origins[0]).toBe('0:4');
  const mean = await all(captureActivations(model, 'conv', x, { mask, positions: 'mean' }));
  const [a, b, c] = [hidden[1], hidden[2], hidden[4]] as [number[], number[], number[]];
  mean.rows[0]?.forEach((value, i) => {
    expect(value).toBeCloseTo(((a[i] as number) + (b[i] as number) + (c[i] as number)) / 3, 6);
  });
  const wrong = () => tf.ones([7, 5]);
  expect(await refusal(all(captureActivations(model, 'conv', x, { mask: wrong })))).toMatch(
    /SAE_DATA captureActivations\.mask: expected a tensor of 7 × 6 flags/,
  );
});

test('special tokens and rows of outlying norm are left out', async () => {
  const words = tf.sequential({
    layers: [
      tf.layers.embedding({ inputDim: 10, outputDim: 4, inputLength: 3, name: 'embedding' }),
    ],
  });
  const table = tf.randomNormal([10, 4], 0, 1, 'float32', 2);
  const large = tf.tidy(() => tf.mul(table, tf.tensor2d([[100], ...Array(9).fill([1])])));
  words.getLayer('embedding').setWeights([large]);
  const tokens = tf.tensor2d(
    [
      [0, 3, 4],
      [5, 9, 6],
    ],
    [2, 3],
    'int32',
  );
  const some = await all(captureActivations(words, 'embedding', tokens, { excludeTokens: [9] }));
  expect(some.origins).toEqual(['0:0', '0:1', '0:2', '1:0', '1:2']);
  const inliers = await all(captureActivations(words, 'embedding', tokens, { maxNorm: 10 }));
  expect(inliers.origins).toEqual(['0:1', '0:2', '1:0', '1:1', '1:2']);
  expect(await refusal(all(captureActivations(model, 'conv', x, { excludeTokens: [1] })))).toMatch(
    /SAE_DATA captureActivations\.excludeTokens: expected inputs that are tokens/,
  );
  tf.dispose([table, large, tokens]);
  words.dispose();
});

test('several layers share a pass where their readers take turns', async () => {
  const call = jest.spyOn(model.getLayer('conv'), 'call');
  const { conv, flat } = captureActivations(model, ['conv', 'flat'], x, { batchSize: 2 });
  const [first, second] = [conv.iterator(), flat.iterator()];
  let batches = 0;
  for (;;) {
    const [a, b] = [await first.next(), await second.next()];
    if (a.done || b.done) break;
    expect([a.value.xs.shape, b.value.xs.shape[1]]).toEqual([[b.value.xs.shape[0] * 6, 5], 30]);
    tf.dispose([a.value.xs, b.value.xs]);
    batches++;
  }
  expect([batches, call.mock.calls.length]).toEqual([4, 4]);
  // One after the other they go through the model each by itself, and see the same.
  expect((await all(conv)).rows).toEqual(await hiddenOf('conv'));
  expect((await all(flat)).rows).toEqual(await hiddenOf('flat'));
  call.mockRestore();
});

test('a reader that falls behind reads on by itself', async () => {
  const { conv, flat } = captureActivations(model, ['conv', 'flat'], x, { batchSize: 2 });
  const slow = flat.iterator();
  const fast = conv.iterator();
  const found: number[][] = [];
  const take = async () => {
    const { value } = await slow.next();
    found.push(...(await (value as HiddenBatch).xs.array()));
    value?.xs.dispose();
  };
  tf.dispose((await fast.next()).value?.xs as tf.Tensor);
  await take();
  for (let i = 1; i < 4; i++) tf.dispose((await fast.next()).value?.xs as tf.Tensor);
  for (let i = 1; i < 4; i++) await take();
  expect((await fast.next()).done).toBe(true);
  expect((await slow.next()).done).toBe(true);
  expect(found).toEqual(await hiddenOf('flat'));
});

test('dictionaries train on them', async () => {
  const { conv, flat } = captureActivations(model, ['conv', 'flat'], x, { batchSize: 4 });
  const saes = [
    new GatedSAE({ inputDim: 5, encodingDim: 9 }),
    new GatedSAE({ inputDim: 30, encodingDim: 9 }),
  ];
  for (const sae of saes) sae.compile();
  const [first] = saes as [GatedSAE, GatedSAE];
  await first.fitDataset(conv, { epochs: 2, verbose: 0 });
  for (const sae of saes) sae.dispose();
  expect(flat.layer).toBe('flat');
  expect(trainTogether).toBeDefined();
});

test('inputs that are none are refused', async () => {
  expect(await refusal(() => captureActivations(model, 'conf', x))).toMatch(
    /Did you mean "conv"\?/,
  );
  expect(
    await refusal(() => captureActivations(model, 'conv', x, { position: 1 } as never)),
  ).toMatch(/SAE_OPTION captureActivations: .*Did you mean "positions"\?/);
  expect(await refusal(() => captureActivations(model, 'conv', 5 as never))).toMatch(
    /SAE_DATA captureActivations/,
  );
});

test('a dictionary trained on a capture says of which layer it is, and is refused at another', async () => {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units: 6, inputShape: [4], name: 'first' }),
      tf.layers.dense({ units: 6, name: 'second' }),
    ],
  });
  const x = tf.randomNormal([32, 4], 0, 1, 'float32', 1);
  const sae = new TopKSAE({ inputDim: 6, encodingDim: 12, k: 3 });
  sae.compile();
  await sae.fitDataset(captureActivations(model, 'first', x), { epochs: 1, verbose: 0 });
  expect(metadataOf(sae)).toEqual({ hookName: 'first' });
  spliceSAE(model, 'first', sae).dispose();
  expect(() => spliceSAE(model, 'second', sae)).toThrow(/SAE_OPTION spliceSAE.*first.*second/);
  spliceSAE(model, 'second', sae, { force: true }).dispose();
  for (const each of [x, model, sae]) each.dispose();
});
