import type { Example } from '../../src/analysis/featureReport/report';
import { className, featureTag } from '../../src/viz/featureTag';

const NAMES = ['cat', 'dog', 'fox', 'owl', 'bee', 'ant', 'eel', 'cow', 'hen', 'pig'];
const ROWS = 10_000;
const EVEN = NAMES.map(() => 0.1);

/** A feature that fires on `own` rows of class 1 and on `others` of class 0. */
const feature = (own: number, others: number, top: (number | undefined)[] = [1, 1, 1, 1, 1]) => ({
  density: (own + others) / ROWS,
  top: top.map(
    (label, row): Example => ({ row, activation: 9, ...(label !== undefined && { label }) }),
  ),
  classes: [
    { label: 1, share: own / (own + others) },
    ...(others > 0 ? [{ label: 0, share: others / (own + others) }] : []),
  ].sort((a, b) => b.share - a.share),
});
const data = (classShares: readonly number[] = EVEN, classNames: readonly string[] = NAMES) => ({
  rows: ROWS,
  classNames,
  classShares,
});
const kind = (...args: Parameters<typeof feature>) => featureTag(feature(...args), data())?.kind;

test('of one class on enough rows is MONO, and named', () => {
  expect(featureTag(feature(10, 0), data())).toEqual({ kind: 'mono', label: 1, name: 'dog' });
  expect(kind(95, 5)).toBe('mono');
});

test('on fewer than ten rows nobody can tell', () => {
  expect(featureTag(feature(9, 0), data())).toEqual({ kind: 'few', rows: 9 });
  expect(kind(5, 4, [1, 0, 1, 0])).toBe('few');
});

test('a class that chance explains, or that is less than plain, is POLY', () => {
  // Of 9,000 rows 12 % is significantly above 10 %, and no reason to call it a feature of the class.
  expect(featureTag(feature(1080, 7920), data())).toMatchObject({ kind: 'poly', share: 0.88 });
  // Wilson's interval by hand: 60 of 100 from 47.1 %, 70 of 100 from 57.2 %; 55 % is asked for.
  expect(kind(60, 40)).toBe('poly');
  expect(kind(70, 30)).toBe('mono');
  expect(featureTag(feature(60, 40), data())).toEqual({
    ...{ kind: 'poly', label: 1, name: 'dog', share: 0.6 },
  });
});

test('chance is the share of the class in the data', () => {
  const entry = feature(950, 50);
  const shares = (own: number) => NAMES.map((_, label) => (label === 1 ? own : (1 - own) / 9));
  expect(featureTag(entry, data(shares(0.1)))?.kind).toBe('mono');
  expect(featureTag(entry, data(shares(0.5)))?.kind).toBe('mono');
  expect(featureTag(entry, data(shares(0.9)))?.kind).toBe('poly');
  // Where all rows are of one class, no feature tells it from another.
  expect(featureTag(feature(5000, 0), data(shares(1)))?.kind).toBe('poly');
});

test('the strongest examples have to be of the class, the five of them or as many as there are', () => {
  expect(kind(95, 5, [1, 1, 1, 1, 0])).toBe('poly');
  expect(kind(95, 5, [1, 1, 1, 1, 1, 0])).toBe('mono');
  expect(kind(95, 5, [1, 1])).toBe('mono');
  expect(kind(95, 5, [])).toBe('mono');
  expect(kind(95, 5, [undefined])).toBe('poly');
});

test('classes of one name are one class', () => {
  const names = ['cat', 'dog', 'dog', ...NAMES.slice(3)];
  const entry = {
    ...feature(50, 50, [1, 2, 1, 2]),
    classes: [
      { label: 2, share: 0.5 },
      { label: 1, share: 0.5 },
    ],
  };
  expect(featureTag(entry, data())?.kind).toBe('poly');
  expect(featureTag(entry, data(EVEN, names))).toEqual({ kind: 'mono', label: 2, name: 'dog' });
  // Together they are nine tenths of the data: no wonder then.
  const shares = [0.02, 0.45, 0.45, ...NAMES.slice(3).map(() => 0.01)];
  expect(featureTag({ ...entry, density: 0.005 }, data(shares, names))?.kind).toBe('poly');
});

test('dead without any row; no tag where rows have no labels', () => {
  expect(featureTag({ density: 0, top: [] }, { rows: 10 })).toEqual({ kind: 'dead' });
  expect(featureTag({ density: 0.5, top: [] }, { rows: 10 })).toBeNull();
  expect(featureTag(feature(95, 5), { rows: ROWS })).toBeNull();
});

test('a class without a name goes by its number', () => {
  expect(className(1, NAMES)).toBe('dog');
  expect(className(70, NAMES)).toBe('class 70');
  expect(className(0, undefined)).toBe('class 0');
  const { density, top } = feature(20, 0, [7, 7]);
  const entry = { density, top, classes: [{ label: 7, share: 1 }] };
  expect(featureTag(entry, { rows: ROWS, classShares: EVEN })).toEqual({
    ...{ kind: 'mono', label: 7, name: 'class 7' },
  });
});
