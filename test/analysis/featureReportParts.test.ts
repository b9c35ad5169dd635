import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { aboutRows } from '../../src/analysis/featureReport/aboutRows';
import { Accumulator, TopExamples } from '../../src/analysis/featureReport/accumulator';
import { Coactivity } from '../../src/analysis/featureReport/coactivity';
import { IntervalExamples } from '../../src/analysis/featureReport/intervalExamples';
import { neighbours } from '../../src/analysis/featureReport/neighbours';
import {
  bitsOf,
  halfOctave,
  halfOctaveBorder,
  octave,
} from '../../src/analysis/featureReport/octaves';
import { rowHash } from '../../src/analysis/featureReport/rowHash';
import { base64Of } from '../../src/bytes';
import { type SparseCodes, sliceCodes, sparseCodes } from '../../src/kernels/sparseCodes';
import { reportRows } from './reportCases';

const codesOf = (rows: number[][]): SparseCodes =>
  sparseCodes(Float32Array.from(rows.flat()), rows[0]?.length ?? 0);

/** Random codes, most of them 0. */
const someCodes = (rows: number, features: number) =>
  reportRows(rows, features).map((row) => row.map((value) => Math.max(0, value - 0.6)));

test('octaves and half octaves, to the last bit', () => {
  const bits = (x: number) => bitsOf(Float32Array.of(x))[0] as number;
  const check = (x: number) => {
    const whole = octave(bits(x));
    expect(x >= 2 ** whole && x < 2 ** (whole + 1)).toBe(true);
    const half = halfOctave(bits(x));
    expect(x >= halfOctaveBorder(half) && x < halfOctaveBorder(half + 1)).toBe(true);
  };
  void fc.assert(
    fc.property(fc.float({ min: 2 ** -149, noNaN: true, noDefaultInfinity: true }), check),
    {
      seed: 7,
    },
  );
  const odd = [2 ** -149, 3 * 2 ** -149, 2 ** -126, 2 ** -127, 1, Math.fround(Math.SQRT2), 2];
  for (const x of odd) {
    check(x);
    check(x * 2 ** 100);
    const next = new Float32Array(new Uint32Array([bits(x) + 1]).buffer)[0] as number;
    check(next);
  }
  check(3.4028234663852886e38);
});

test('base64', () => {
  for (let length = 0; length < 40; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => rowHash(i, length));
    expect(base64Of(bytes)).toBe(Buffer.from(bytes).toString('base64'));
  }
});

test('hashes of neighbouring rows and features are spread evenly', () => {
  const counts = new Array<number>(16).fill(0);
  for (let row = 0; row < 100; row++) {
    for (let feature = -1; feature < 99; feature++) {
      const part = Math.floor(rowHash(row, feature) / 2 ** 28);
      counts[part] = (counts[part] as number) + 1;
    }
  }
  // 625 each, with a standard deviation of 24
  for (const count of counts) expect(Math.abs(count - 625)).toBeLessThan(120);
});

test('only images that are an example are kept, and as long as they are', () => {
  const about = aboutRows('test', 4, { imageShape: [2, 2] });
  const extent = { topExamples: 2, intervalExamples: 1, coactive: false };
  const gathered = Accumulator.withRoom('test', 3, about, extent);
  const codes = codesOf(someCodes(2000, 3));
  const values = new Float32Array(100 * 4);
  for (let row = 0; row < 2000; row += 100) {
    gathered.add(sliceCodes(codes, row, row + 100), values);
    const examples = [0, 1, 2].flatMap((feature) => [
      ...gathered.top.of(feature),
      ...gathered.intervals.of(feature).flatMap((interval) => interval.examples),
    ]);
    const rows = new Set(examples.map((example) => example.row));
    expect(gathered.images?.size).toBe(rows.size);
    expect(rows.size).toBeLessThanOrEqual(3 * (2 + 6));
  }
});

test('more examples than there is memory for', () => {
  const about = aboutRows('test', 1, {});
  const extent = { topExamples: 1000, intervalExamples: 0, coactive: false };
  expect(() => Accumulator.withRoom('test', 1e7, about, extent)).toThrow(
    /^SAE_OPTION test: expected enough memory .* Lower the number of features or examples\.$/,
  );
});

test('of rows that activate a feature equally, the last ones', () => {
  const top = new TopExamples(1, 3, {});
  const codes = codesOf([0.5, 1, 0.5, 2, 1, 0.5, 1, 0.5].map((code) => [code]));
  top.add({ codes, first: 100, from: 0, to: 8 });
  expect(top.of(0).map(({ row }) => row)).toEqual([103, 106, 104]);
});

test('the six highest octaves, in whatever order they come', () => {
  const activations = [2 ** -9, 1, 2 ** 30, 2 ** -20, 4, 2 ** 8, 2 ** -40, 2 ** 9, 5, 2 ** 60];
  for (const order of [activations, [...activations].reverse()]) {
    const intervals = new IntervalExamples(1, 3, {});
    const codes = codesOf(order.map((code) => [code]));
    intervals.add({ codes, first: 0, from: 0, to: order.length });
    const found = intervals.of(0);
    expect(found.map(({ octave }) => octave)).toEqual([60, 30, 9, 8, 2, 0]);
    expect(found[4]?.examples.map(({ activation }) => activation)).toEqual([5, 4]);
  }
});

describe('co-activity of a sample', () => {
  const rows = someCodes(400, 12);
  const codes = codesOf(rows);

  /** What comes of so large a sample, in batches of a size. */
  const of = (mostRows: number, mostPairs: number, batch: number) => {
    const coactivity = new Coactivity(12, mostRows, mostPairs);
    for (let row = 0; row < 400; row += batch) {
      coactivity.add(sliceCodes(codes, row, Math.min(400, row + batch)), row);
    }
    const { lists, rows } = coactivity.result(11);
    return { rows, lists: Array.from({ length: 12 }, (_, feature) => lists.entries(feature)) };
  };

  test('is of as many rows as there is room for, whatever the batches', () => {
    const whole = of(1000, 1e9, 400);
    expect(whole.rows).toBe(400);
    const some = of(100, 1e9, 400);
    expect(some.rows).toBe(100);
    expect(of(100, 1e9, 7)).toEqual(some);
    const fewPairs = of(1000, 2000, 400);
    expect(fewPairs.rows).toBeLessThan(100);
    expect(fewPairs.rows).toBeGreaterThan(50);
    expect(of(1000, 2000, 3)).toEqual(fewPairs);
    expect(of(1000, 1, 3).rows).toBe(1);
  });

  test('is what the drawn rows come to', () => {
    const drawn = rows
      .map((row, number) => ({ row, hash: rowHash(number, -1) }))
      .sort((a, b) => a.hash - b.hash)
      .slice(0, 100)
      .map(({ row }) => row);
    const { lists } = of(100, 1e9, 50);
    lists.forEach((entries, feature) => {
      expect(entries.length).toBeGreaterThan(5);
      for (const { id, score } of entries) {
        const both = drawn.filter((row) => row[feature] && row[id]).length;
        const either = drawn.filter((row) => row[feature] || row[id]).length;
        expect(score).toBe(both / either);
      }
    });
  });
});

test('neighbours are the same in blocks of every size; rows of zeros have cosine 0', async () => {
  const wDec = Float32Array.from(reportRows(20, 5).flat(), (value) => value - 0.5);
  wDec.fill(0, 15, 20); // feature 3
  const all = async (held?: number) => {
    const lists = await neighbours(wDec, 5, 6, held);
    return Array.from({ length: 20 }, (_, feature) =>
      lists.entries(feature).map(({ id, score }) => [id, score.toFixed(5)]),
    );
  };
  const whole = await all();
  expect(whole[3]?.every(([, cosine]) => cosine === '0.00000')).toBe(true);
  for (const held of [1, 60, 130]) expect(await all(held)).toEqual(whole);
});

test('neighbours leave no tensor where the backend fails midway', async () => {
  const read = jest.spyOn(tf.Tensor.prototype, 'data').mockRejectedValue(new Error('lost'));
  const before = tf.memory().numTensors;
  try {
    await expect(neighbours(new Float32Array(12).fill(1), 3, 2)).rejects.toThrow('lost');
    expect(tf.memory().numTensors).toBe(before);
  } finally {
    read.mockRestore();
  }
});
