import { MatryoshkaSAE, SAEError } from '../../src';

const SIZES = { inputDim: 4, encodingDim: 32 };

test.each([
  [undefined, [2, 4, 8, 16, 32]],
  [[3], [3, 32]],
  [
    [3, 9, 32],
    [3, 9, 32],
  ],
])('prefixes %j are %j', (given, expected) => {
  const sae = new MatryoshkaSAE({ ...SIZES, ...(given && { prefixes: given }) });
  expect(sae.sae.prefixes).toEqual(expected);
  expect(sae.getConfig()['prefixes']).toEqual(expected);
  sae.dispose();
});

test('a dictionary of one feature has no smaller ones', () => {
  const sae = new MatryoshkaSAE({ inputDim: 4, encodingDim: 1 });
  expect(sae.sae.prefixes).toEqual([1]);
  sae.dispose();
});

test.each([[[]], [[0, 4]], [[4, 4]], [[8, 4]], [[1.5]], [[33]], ['4'], [[4, Number.NaN]]])(
  'prefixes %j are refused',
  (prefixes) => {
    expect(() => new MatryoshkaSAE({ ...SIZES, prefixes: prefixes as never })).toThrow(SAEError);
    expect(() => new MatryoshkaSAE({ ...SIZES, prefixes: prefixes as never })).toThrow(
      /^SAE_OPTION MatryoshkaSAE\w*\.prefixes: expected /,
    );
  },
);
