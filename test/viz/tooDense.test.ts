import { tooDense } from '../../src/viz/tooDense';

test('the first look of old is too dense to read; quick looks and whole quickstarts are not', () => {
  const why = (l0: number, features: number) => tooDense({ l0, features, inputDim: 784 });
  expect(why(2153, 6272)).toBe('more features are active on a row than the 784 numbers in it');
  expect(why(700, 6272)).toBe('more than a tenth of all features are active on a row');
  expect(why(390, 6272)).toBeUndefined();
  expect(why(27, 1024)).toBeUndefined();
});
