import { recovery, sharedFeatures } from './recovery';
import { SYNTHETIC } from './settings';
import { makeRows, meanActive, STRUCTURES, type SyntheticRows } from './synthetic';

const { features, inputDim } = SYNTHETIC;
const COUNT = 2000;

/** The same features in another order: feature f stands at place (5 f + 3) mod features. */
const place = (f: number) => (5 * f + 3) % features;
function reordered(rows: Float32Array, width: number, to: (f: number) => number): Float32Array {
  const moved = new Float32Array(rows.length);
  for (let f = 0; f < features; f++)
    moved.set(rows.subarray(f * width, (f + 1) * width), to(f) * width);
  return moved;
}
/** The codes of a dictionary that has found all: what is present, by the dictionary's order. */
function perfectCodes({ present }: SyntheticRows): Float32Array {
  const codes = new Float32Array(present.length);
  present.forEach((amount, i) => {
    codes[i - (i % features) + place(i % features)] = amount;
  });
  return codes;
}

test.each(STRUCTURES)(
  'rows that are %s are sums of features of norm 1, the same every time',
  (of) => {
    const made = makeRows(of, COUNT, 1);
    expect(makeRows(of, COUNT, 1)).toEqual(made);
    expect(makeRows(of, COUNT, 2).rows).not.toEqual(made.rows);
    expect(makeRows(of, COUNT, 2).directions).toEqual(made.directions);
    const sum = new Float64Array(inputDim);
    for (let f = 0; f < features; f++)
      for (let i = 0; i < inputDim; i++)
        sum[i] =
          (sum[i] as number) +
          (made.present[f] as number) * (made.directions[f * inputDim + i] as number);
    sum.forEach((value, i) => {
      expect(made.rows[i]).toBeCloseTo(value, 5);
    });
    expect(meanActive(made)).toBeGreaterThan(2);
    expect(meanActive(made)).toBeLessThan(4);
    made.parents.forEach((parent, child) => {
      for (let r = 0; r < COUNT && parent >= 0; r++)
        if (made.present[r * features + child])
          expect(made.present[r * features + parent]).toBeGreaterThan(0);
    });
  },
);

test('features of a group come together where they are correlated, and by chance where they are flat', () => {
  const together = (of: 'flat' | 'correlated') => {
    const { present } = makeRows(of, 20_000, 1);
    let [one, both] = [0, 0];
    for (let r = 0; r < 20_000; r++) {
      if (!present[r * features]) continue;
      one++;
      if (present[r * features + 1]) both++;
    }
    return both / one;
  };
  expect(together('flat')).toBeLessThan(0.1);
  expect(together('correlated')).toBeGreaterThan(0.25);
});

test('a dictionary of all features has an MCC of 1 and absorbs none, in any order', () => {
  const truth = makeRows('hierarchical', COUNT, 1);
  const decoder = reordered(truth.directions, inputDim, place);
  const found = recovery(truth, decoder, perfectCodes(truth), inputDim);
  expect(found.mcc).toBeCloseTo(1, 5);
  expect(found.absorption).toBe(0);
});

test('a parent that is silent beside its children is absorbed', () => {
  const truth = makeRows('hierarchical', COUNT, 1);
  const codes = perfectCodes(truth);
  truth.parents.forEach((parent, child) => {
    for (let r = 0; r < COUNT && parent >= 0; r++)
      if (truth.present[r * features + child]) codes[r * features + place(parent)] = 0;
  });
  const decoder = reordered(truth.directions, inputDim, place);
  expect(recovery(truth, decoder, codes, inputDim).absorption).toBe(1);
});

test('a dictionary shares all features with itself in another order, and few with another', () => {
  const { directions } = makeRows('flat', 1, 1);
  const moved = reordered(directions, inputDim, place);
  expect(sharedFeatures(directions, moved, inputDim)).toBe(1);
  const other = Float32Array.from(directions, (_, i) => Math.sin(1000 * (i + 1) ** 2));
  expect(sharedFeatures(directions, other, inputDim)).toBeLessThan(0.3);
  expect(sharedFeatures(directions.subarray(0, 16 * inputDim), moved, inputDim)).toBe(1);
});
