import type { Example } from '../../src/analysis/featureReport/report';
import { pythonTag } from '../../src/galleries/featureGallery';

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
const words = (...args: Parameters<typeof pythonTag>) => {
  const tag = pythonTag(...args);
  return tag && `${tag.before}${tag.name ?? ''}`;
};

test('one class among the first n is MONO, more are POLY', () => {
  const mixed = entry([1, 5], [1, 4], [0, 3]);
  expect(words(mixed, 2, NAMES)).toBe('MONO: dog');
  expect(words(mixed, 3, NAMES)).toBe('POLY: 2 classes');
  expect(words(mixed, 99, NAMES)).toBe('POLY: 2 classes');
});

test('classes of one name are one class', () => {
  expect(words(entry([0, 5], [2, 4]), 2, NAMES)).toBe('MONO: cat');
  expect(words(entry([0, 5], [2, 4]), 2)).toBe('POLY: 2 classes');
});

test('only rows on which it fires count; without any it is dead', () => {
  expect(words(entry([1, 5], [0, 0]), 2, NAMES)).toBe('MONO: dog');
  expect(words(entry([1, 0]), 1, NAMES)).toBe('dead');
  expect(words(entry(), 5)).toBe('dead');
});

test('without labels there is no tag; a class without a name goes by its number', () => {
  expect(pythonTag(entry([undefined, 5], [undefined, 4]), 2)).toBeNull();
  expect(words(entry([7, 1]), 1, NAMES)).toBe('MONO: class 7');
});
