import fc from 'fast-check';
import { densityCounts, densityEdges } from '../../src/viz/dashboard/app/densityEdges';
import { type Mark, readMarks, writeMarks } from '../../src/viz/dashboard/app/marksText';

const MODEL = { name: 'a', className: 'GatedSAE', features: 9 };
const text = (marks: unknown) =>
  JSON.stringify({ format: 'gated-sae-dashboard-marks', version: 1, marks });

test('marks are read as they were written', () => {
  const mark = fc.record({ feature: fc.nat(), starred: fc.boolean(), note: fc.string() });
  fc.assert(
    fc.property(fc.uniqueArray(mark, { selector: ({ feature }) => feature }), (marks) => {
      const some = marks.filter(({ starred, note }) => starred || note !== '');
      expect(readMarks(writeMarks(MODEL, some as Mark[]))).toEqual(some);
    }),
  );
});

test.each(['', 'null', '[]', '{"format":"x","marks":[]}', text(5), text(undefined), '{"a":'])(
  '%j is none',
  (other) => {
    expect(() => readMarks(other)).toThrow('This is no file of stars and notes of such a page.');
  },
);

test('of strangers, what is no mark is left out, and nothing else is taken', () => {
  const marks = [
    null,
    5,
    { feature: -1, starred: true },
    { feature: '7', starred: true },
    { feature: 1.5, starred: true },
    { feature: 2, starred: 'yes', note: { toString: 'x' } },
    { feature: 3, starred: true, __proto__: { note: 'inherited' }, more: 1 },
    { feature: 4, note: 'n'.repeat(30_000) },
    { feature: 5, starred: true, note: 'first' },
    { feature: 5, starred: true, note: 'second' },
  ];
  const read = readMarks(text(marks));
  expect(read.map(({ feature }) => feature)).toEqual([3, 4, 5]);
  expect(read[0]).toEqual({ feature: 3, starred: true, note: '' });
  expect(read[1]?.note).toHaveLength(20_000);
  expect(read[2]?.note).toBe('second');
  const later = text([]).replace('"version":1', '"version":2');
  expect(() => readMarks(later)).toThrow('This file is of another version.');
});

test('edges are 1, 2 and 5 of each decade, as float32, and every alive feature is in one bin', () => {
  const edges = densityEdges(Float32Array.of(0, 0.0013, 0.02, 0.5, 1));
  expect(edges).toEqual([0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1].map(Math.fround));
  const density = Float32Array.of(0, 0.0013, 0.02, 0.5, 1, 0.0199);
  expect(densityCounts(density, edges)).toEqual([1, 0, 0, 1, 1, 0, 0, 0, 2]);
  expect(densityEdges(new Float32Array(3))).toEqual([Math.fround(0.5), 1]);
  expect(densityEdges(Float32Array.of(1e-30))).toHaveLength(25);
  fc.assert(
    fc.property(fc.float32Array({ min: 0, max: 1, noNaN: true, minLength: 1 }), (any) => {
      const bins = densityCounts(any, densityEdges(any));
      expect(bins.reduce((a, b) => a + b)).toBe(any.filter((value) => value > 0).length);
    }),
  );
});
