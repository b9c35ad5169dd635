import type { Example } from '../../src/analysis/featureReport/report';
import { className, tagOf } from '../../src/viz/monosemanticity';

const NAMES = ['cat', 'dog', 'cat'];
const entry = (...examples: [label: number | undefined, activation: number][]) => ({
  top: examples.map(
    ([label, activation], row): Example => ({
      row,
      activation,
      ...(label === undefined ? {} : { label }),
    }),
  ),
});

test('one class among the first n is MONO, more are POLY', () => {
  const mixed = entry([1, 5], [1, 4], [0, 3]);
  expect(tagOf(mixed, 2, NAMES)).toEqual({ kind: 'mono', name: 'dog' });
  expect(tagOf(mixed, 3, NAMES)).toEqual({ kind: 'poly', classes: 2 });
  expect(tagOf(mixed, 99, NAMES)).toEqual({ kind: 'poly', classes: 2 });
});

test('classes of one name are one class, as in Python', () => {
  expect(tagOf(entry([0, 5], [2, 4]), 2, NAMES)).toEqual({ kind: 'mono', name: 'cat' });
  expect(tagOf(entry([0, 5], [2, 4]), 2)).toEqual({ kind: 'poly', classes: 2 });
});

test('only rows on which it fires count; without any it is dead', () => {
  expect(tagOf(entry([1, 5], [0, 0]), 2, NAMES)).toEqual({ kind: 'mono', name: 'dog' });
  expect(tagOf(entry([1, 0]), 1, NAMES)).toEqual({ kind: 'dead' });
  expect(tagOf(entry(), 5)).toEqual({ kind: 'dead' });
});

test('without labels there is no tag', () => {
  expect(tagOf(entry([undefined, 5], [undefined, 4]), 2)).toBeNull();
});

test('a class without a name goes by its number', () => {
  expect(className(1, NAMES)).toBe('dog');
  expect(className(7, NAMES)).toBe('class 7');
  expect(className(0, undefined)).toBe('class 0');
  expect(tagOf(entry([7, 1]), 1, NAMES)).toEqual({ kind: 'mono', name: 'class 7' });
});
