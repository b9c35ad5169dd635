import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import {
  compareSAEs,
  comparisonTable,
  evaluateSAE,
  GatedSAE,
  matchFeatures,
  ReluSAE,
  type SAEModel,
  TopKSAE,
} from '../../src';
import { frontOf } from '../../src/analysis/evaluation/comparison/front';
import type { Evaluation } from '../../src/analysis/evaluation/evaluation';
import { histogram } from '../../src/analysis/evaluation/histogram';
import { bestAssignment } from '../../src/analysis/evaluation/matching/assignment';
import { matched } from '../../src/analysis/evaluation/matching/matched';
import { probeRows } from '../../src/analysis/evaluation/probing/probeRows';
import { areaUnderCurve } from '../../src/analysis/evaluation/probing/scores';

const WIDTH = 6;
let sae: SAEModel;
let x: tf.Tensor2D;
beforeAll(() => {
  sae = new TopKSAE({ inputDim: WIDTH, encodingDim: 12, k: 3, seed: 1 });
  x = tf.randomNormal([60, WIDTH], 0, 1, 'float32', 4);
});
afterAll(() => {
  x.dispose();
  sae.dispose();
});

/** Of each number of rows, all assignments are tried. */
function bestByForce(values: number[][]): number {
  const [first, ...others] = values;
  if (!first) return 0;
  return Math.max(
    ...first.map(
      (value, column) =>
        value + bestByForce(others.map((row) => row.filter((_, other) => other !== column))),
    ),
  );
}

test('an assignment is the best of all that there are', async () => {
  const matrices = fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 3 }))
    .chain(([rows, more]) => {
      // Few different values, so that there are ties.
      const row = fc.array(fc.integer({ min: -3, max: 3 }), {
        ...{ minLength: rows + more, maxLength: rows + more },
      });
      return fc.array(row, { minLength: rows, maxLength: rows });
    });
  const isBest = fc.property(matrices, (values) => {
    const columns = values[0]?.length ?? 0;
    const found = bestAssignment(Float64Array.from(values.flat()), values.length, columns);
    expect(new Set(found).size).toBe(values.length);
    const sum = found.reduce((total, column, row) => total + (values[row]?.[column] ?? 0), 0);
    expect(sum).toBe(bestByForce(values));
  });
  await fc.assert(isBest, { seed: 3, numRuns: 300 });
});

test('where there are too many directions, pairs are greedy and say so', async () => {
  const directions = (rows: number[][]) => ({
    ...{ values: Float32Array.from(rows.flat()), width: 2 },
  });
  const a = directions([
    [1, 0],
    [1, 0.1],
    [0, 1],
  ]);
  const b = directions([
    [1, 0.1],
    [0.3, -1],
  ]);
  const best = await matched(a, b, { unsigned: true });
  expect([best.method, best.pairs.map(({ a, b }) => [a, b])]).toEqual([
    'hungarian',
    [
      [1, 0],
      [2, 1],
    ],
  ]);
  const greedy = await matched(a, b, { unsigned: true, held: 5 });
  expect(greedy).toEqual({ ...best, method: 'greedy' });
  const signed = await matched(a, b, { unsigned: false });
  expect(signed.pairs.map(({ a, b }) => [a, b])).toEqual([
    [0, 1],
    [1, 0],
  ]);
});

test('the ends of a histogram are in it', () => {
  expect(histogram([0, 0.5, 0.99, 1, 2], 0, 2, 4)).toEqual({
    edges: [0, 0.5, 1, 1.5, 2],
    counts: [1, 2, 1, 1],
  });
});

test('equal odds count half in the area under the curve', () => {
  const area = (odds: number[], sides: number[]) =>
    areaUnderCurve(Float64Array.from(odds), Uint8Array.from(sides));
  expect(area([0, 1, 2, 3], [0, 0, 1, 1])).toBe(1);
  expect(area([1, 1, 1, 1], [0, 1, 0, 1])).toBe(0.5);
  expect(area([0, 1, 1, 2], [0, 0, 1, 1])).toBe(7 / 8);
  expect(area([3, 1], [1, 1])).toBe(0.5);
});

describe('rows that are probed', () => {
  const labels = Array.from({ length: 300 }, (_, row) => (row % 10 === 0 ? 1 : row < 5 ? 2 : 0));

  test('are as many of a class as of others, none twice, the same for a seed', () => {
    const { classes, skipped } = probeRows(labels, 7);
    expect(skipped).toEqual([2]);
    for (const { label, train, test: tested } of classes) {
      const all = [...train, ...tested];
      expect(new Set(all).size).toBe(all.length);
      for (const rows of [train, tested]) {
        const own = [...rows].filter((row) => labels[row] === label).length;
        expect(2 * own).toBe(rows.length);
      }
    }
    expect(probeRows(labels, 7)).toEqual({ classes, skipped });
    expect(probeRows(labels, 8).classes).not.toEqual(classes);
  });

  test('show a class that one feature tells', async () => {
    const told = new ReluSAE({ inputDim: WIDTH, encodingDim: WIDTH, decoderRows: 'free' });
    const eye = tf.eye(WIDTH);
    const zeros = tf.zeros([WIDTH]);
    told.setWeights([eye, zeros, eye, zeros]);
    const rows = await tf.tidy(() => {
      const noise = tf.randomUniform([300, WIDTH], 0, 1, 'float32', 2);
      const ones = tf.tensor2d(labels, [300, 1]).equal(1).cast('float32');
      return tf.add(noise, tf.mul(ones, tf.tensor1d([0, 0, 2, 0, 0, 0])));
    });
    const { probing } = await evaluateSAE(told, rows, { labels, metrics: ['probing'] });
    const one = probing?.classes.find(({ label }) => label === 1);
    expect(one?.probes[0]).toMatchObject({ k: 1, features: [2], accuracy: 1, auc: 1, f1: 1 });
    expect(one?.probes.map(({ features }) => features.length)).toEqual([1, 2, 5]);
    tf.dispose([eye, zeros, rows]);
    told.dispose();
  });
});

test('groups are those that were asked for, or for which something is given', async () => {
  const groups = async (args: object) =>
    Object.keys(await evaluateSAE(sae, x, args)).filter(
      (name) => !/^(name|className|inputDim|outputDim|features|rows)$/.test(name),
    );
  expect(await groups({})).toEqual(['sparsity', 'reconstruction', 'weights']);
  expect(await groups({ metrics: ['weights'] })).toEqual(['weights']);
  const labels = new Uint8Array(60);
  expect(await groups({ labels })).toEqual(['sparsity', 'reconstruction', 'weights', 'probing']);
  const { probing } = await evaluateSAE(sae, x, { labels });
  expect(probing).toEqual({ mean: [], classes: [], skipped: [0] });
  const { positions } = await evaluateSAE(sae, x, {
    ...{ positions: Array.from({ length: 60 }, () => '__proto__'), metrics: ['sparsity'] },
  });
  expect(positions).toEqual([
    {
      position: '__proto__',
      rows: 60,
      sparsity: { l0Mean: expect.any(Number), l0Median: 3, l1Mean: expect.any(Number) },
    },
  ]);
});

test('true codes may be sparse', async () => {
  const trueFeatures = tf.randomNormal<tf.Rank.R2>([5, WIDTH], 0, 1, 'float32', 3);
  const dense = tf.tidy(() =>
    tf.relu(tf.randomNormal([60, 5], -1, 1, 'float32', 8)),
  ) as tf.Tensor2D;
  const given = await dense.array();
  const indices = given.map((row) => row.flatMap((value, i) => (value > 0 ? [i] : [])));
  const rowOffsets = new Uint32Array(61);
  for (const [row, { length }] of indices.entries()) {
    rowOffsets[row + 1] = (rowOffsets[row] as number) + length;
  }
  const sparse = {
    ...{ indices: Uint32Array.from(indices.flat()), rowOffsets },
    values: new Float32Array(indices.flat().length).fill(1),
  };
  const by = (trueCodes: tf.Tensor2D | typeof sparse) =>
    evaluateSAE(sae, x, { trueFeatures, trueCodes, batchSize: 13 });
  const { truth } = await by(sparse);
  expect(truth?.detection?.recall).toBeGreaterThan(0);
  expect((await by(dense)).truth).toEqual(truth);
  tf.dispose([trueFeatures, dense]);
});

test('one feature has no other, one row no variance', async () => {
  const one = new ReluSAE({ inputDim: WIDTH, encodingDim: 1, seed: 2 });
  const row = tf.ones([1, WIDTH]);
  const { weights, reconstruction, sparsity } = await evaluateSAE(one, row);
  expect(weights?.maxDecoderCosine).toBe(null);
  expect(reconstruction?.explainedVariance).toBe(null);
  expect(sparsity?.densityHistogram.edges).toEqual([-0.5, 0]);
  const { front } = await compareSAEs([one], row);
  expect(front).toEqual([]);
  row.dispose();
  one.dispose();
});

test('onProgress hears of each batch', async () => {
  const heard: number[] = [];
  await evaluateSAE(sae, x, { batchSize: 25, onProgress: (rows) => heard.push(rows) });
  expect(heard).toEqual([25, 50, 60]);
});

describe('what does not fit is refused', () => {
  const refused = (args: object, code: string, text: string) =>
    expect(evaluateSAE(sae, x, args)).rejects.toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(text) }),
    );

  test('options', async () => {
    await refused({ metrcs: ['weights'] }, 'SAE_OPTION', 'Did you mean "metrics"?');
    await refused({ metrics: ['weight'] }, 'SAE_OPTION', 'evaluateSAE.metrics: expected a list of');
    await refused({ metrics: ['probing'] }, 'SAE_OPTION', 'evaluateSAE.labels: expected something');
    await refused({ metrics: ['truth'] }, 'SAE_OPTION', 'evaluateSAE.trueFeatures: expected');
    await refused({ trueCodes: x }, 'SAE_OPTION', 'expected the directions that trueCodes are of');
    await refused({ seed: -1 }, 'SAE_OPTION', 'evaluateSAE.seed');
    const names = Array.from({ length: 101 }, (_, i) => String(i));
    await refused({ positions: names }, 'SAE_OPTION', 'of at most 100 classes');
    await expect(evaluateSAE({} as SAEModel, x)).rejects.toThrow('evaluateSAE.model');
  });

  test('what is not one a row', async () => {
    await refused(
      { labels: [0, 1] },
      'SAE_DATA',
      'expected as many labels as rows; received 2 for 60',
    );
    await refused({ positions: ['a'] }, 'SAE_DATA', 'expected as many positions as rows');
    await refused({ labels: new Array(60).fill(0.5) }, 'SAE_DATA', 'expected integers from 0');
    const dataset = tf.data.array(await x.array()).batch(7);
    for (const length of [59, 61]) {
      const labels = new Uint8Array(length);
      await expect(evaluateSAE(sae, dataset, { labels })).rejects.toThrow('as many labels as rows');
    }
    const trueFeatures = tf.ones<tf.Rank.R2>([2, WIDTH]);
    const [few, wide] = [tf.ones([59, 2]), tf.ones([60, 3])];
    await refused({ trueFeatures, trueCodes: few }, 'SAE_DATA', 'as many trueCodes as rows');
    await refused({ trueFeatures, trueCodes: wide }, 'SAE_OPTION', 'a tensor [rows, 2]');
    await refused({ trueFeatures: few }, 'SAE_OPTION', `a tensor [trueFeatures, ${WIDTH}]`);
    tf.dispose([trueFeatures, few, wide]);
  });

  test('a model that is not finite', async () => {
    const broken = new TopKSAE({ inputDim: WIDTH, encodingDim: 12, k: 3, seed: 1 });
    const [decoder, bias] = [
      tf.fill([12, WIDTH], Number.NaN),
      tf.fill([WIDTH], Number.POSITIVE_INFINITY),
    ];
    const weights = broken.getWeights().map((weight) => weight.clone());
    broken.setWeights(weights.map((weight, i) => (i === 2 ? decoder : weight)));
    await expect(evaluateSAE(broken, x)).rejects.toThrow('finite weights; received NaN in W_dec');
    broken.setWeights(weights.map((weight, i) => (i === 3 ? bias : weight)));
    await expect(evaluateSAE(broken, x)).rejects.toThrow('finite codes and reconstructions');
    tf.dispose([decoder, bias, weights]);
    broken.dispose();
  });

  test('models that have nothing to compare', async () => {
    const compared = (models: unknown) => compareSAEs(models as SAEModel[], x);
    await expect(compared([])).rejects.toThrow('compareSAEs.models: expected dictionaries by name');
    await expect(compared(null)).rejects.toThrow('compareSAEs.models');
    await expect(compared(sae)).rejects.toThrow('compareSAEs.models');
    await expect(compared({ x: {} })).rejects.toThrow('a sparse autoencoder');
    const wide = new GatedSAE({ inputDim: 8, encodingDim: 12 });
    await expect(compared([sae, wide])).rejects.toThrow(
      'expected dictionaries of the same rows: an autoencoder of 6; received',
    );
    await expect(matchFeatures(sae, wide)).rejects.toThrow('a dictionary of outputDim 6');
    await expect(matchFeatures(sae, sae, { thresholds: [2] })).rejects.toThrow('from -1 to 1');
    wide.dispose();
  });
});

test('two models of one name are told apart, and a table is aligned', async () => {
  const { evaluations } = await compareSAEs([sae, sae], x, { metrics: ['sparsity'] });
  const [one, other] = evaluations;
  expect(other?.name).toBe(`${one?.name} (2)`);
  expect(other?.sparsity).toEqual(one?.sparsity);
  const table = comparisonTable({ evaluations });
  expect(table).toMatch(/^model +class +features +L0 +dead\n/);
  const ends = table.split('\n').map((line) => line.length);
  expect(new Set(ends.slice(0, 3)).size).toBe(1);
});

test('the front is of those that nobody beats', () => {
  const at = (name: string, l0Mean: number, explainedVariance: number | null) =>
    ({ name, sparsity: { l0Mean }, reconstruction: { explainedVariance } }) as Evaluation;
  const points = frontOf([
    ...[at('a', 4, 0.5), at('b', 8, 0.5), at('c', 8, 0.7), at('d', 8, 0.7), at('e', 20, 0.6)],
    ...[at('none', 1, null), { name: 'weights alone' } as Evaluation],
  ]);
  expect(points.flatMap(({ name, isBest }) => (isBest ? [name] : []))).toEqual(['a', 'c', 'd']);
  expect(points).toHaveLength(5);
});
