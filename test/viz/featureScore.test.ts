import { featureScore } from '../../src/viz/featureScore';
import { sampleReport } from './sampleReport';

const DATA = { rows: 1000 };
/** Alive, in range, of even activations and a blunt decoder row. */
const PLAIN = { density: 0.05, meanActive: 2, max: 2, kurtosis: 0 };
const score = (change: object, data = DATA) => featureScore({ ...PLAIN, ...change }, data);

test('a dead feature, and one without anything to it, have none', () => {
  expect(score({ density: 0, kurtosis: 9 })).toBe(0);
  expect(score({})).toBe(0);
  expect(score({ kurtosis: -1.2 })).toBe(0);
});

test('half of it is the sharpness of the decoder row, half the contrast', () => {
  expect(score({ kurtosis: 3 })).toBeCloseTo(0.25, 12);
  expect(score({ kurtosis: 27 })).toBeCloseTo(0.45, 12);
  expect(score({ max: 8 })).toBeCloseTo(0.375, 12);
  expect(score({ max: 8, kurtosis: 3 })).toBeCloseTo(0.625, 12);
});

test('it is whole from ten rows to a tenth of all, and gone a factor of ten beyond', () => {
  const at = (density: number, rows = 1000) =>
    score({ density, kurtosis: 3 }, { rows }) / score({ kurtosis: 3 });
  for (const density of [0.01, 0.03, 0.1]) expect(at(density)).toBeCloseTo(1, 12);
  expect(at(0.001)).toBe(0);
  expect(at(1)).toBeCloseTo(0, 12);
  expect(at(0.003)).toBeCloseTo(Math.log10(3), 12);
  expect(at(0.3)).toBeCloseTo(1 - Math.log10(3), 12);
  // Of many rows a thousandth is many.
  expect(at(0.001, 100_000)).toBeCloseTo(1, 12);
});

test('with labels purity counts, above chance and as sure as it is', () => {
  const data = { rows: 1000, classNames: ['a', 'b'], classShares: [0.1, 0.9] };
  const pure = (share: number, density = 0.05) =>
    score({ density, max: 8, classes: [{ label: 0, share }] }, data);
  // By hand: Wilson's 99 % interval of 50 of 50 begins at 50 / (50 + 2.576²).
  expect(pure(1)).toBeCloseTo((50 / (50 + 2.576 ** 2) - 0.1) / 0.9 / 2, 10);
  expect(pure(1, 0.02)).toBeLessThan(pure(1));
  expect(pure(0.5)).toBeLessThan(pure(0.9));
  expect(pure(0.1)).toBe(0);
});

test('of positions it counts the images on which it fires', () => {
  const one = score({ images: 1, kurtosis: 3 });
  expect([one, score({ images: 10, kurtosis: 3 })]).toEqual([0, score({ kurtosis: 3 })]);
});

test('of every feature of a report it is a number from 0 to 1', () => {
  for (const kind of ['image', 'token', 'vector', 'position'] as const) {
    const { features, data } = sampleReport({ kind, features: 50, rows: 100 });
    const scores = features.map((entry) => featureScore(entry, data));
    expect(scores.every((value) => value >= 0 && value <= 1)).toBe(true);
    expect(new Set(scores).size).toBeGreaterThan(5);
  }
});
