import * as tf from '@tensorflow/tfjs';
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

test('a loss of a million squares is summed row by row', () => {
  const sae = new MatryoshkaSAE({ inputDim: 500, encodingDim: 32, k: 1 });
  const x = tf.randomUniform<tf.Rank.R2>([512, 500], 0, 1, 'float32', 3);
  const { loss, codes, reconstruction, saved, terms } = tf.tidy(() => {
    sae.sae.wDec.write(tf.zeros([32, 500]));
    return { ...sae.sae.forward(x, x, false) };
  });
  // Each of the five reconstructions is b_dec, which is 0.
  const squares = x.dataSync<'float32'>().reduce((sum, value) => sum + value * value, 0);
  const apart = (loss.dataSync<'float32'>()[0] as number) / ((5 * squares) / 512) - 1;
  tf.dispose([x, loss, codes, reconstruction, saved, terms] as tf.Tensor[]);
  sae.dispose();
  expect(Math.abs(apart)).toBeLessThan(2e-6);
});
