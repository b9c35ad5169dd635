import * as tf from '@tensorflow/tfjs';
import { explainedVariance, ReluSAE } from '../../src';

/** A dictionary whose reconstruction is always b_dec. */
function constant(bDec: number[]): ReluSAE {
  const sae = new ReluSAE({ inputDim: bDec.length, encodingDim: 3 });
  tf.tidy(() =>
    sae.setWeights([
      tf.zeros([bDec.length, 3]),
      tf.zeros([3]),
      tf.zeros([3, bDec.length]),
      tf.tensor1d(bDec),
    ]),
  );
  return sae;
}

test.each([0, 1000, 1e4])('0 for the mean, wherever the data is (%d)', async (offset) => {
  const x = tf.tidy(() =>
    tf.add(
      tf.tensor2d([
        [1, 2],
        [3, 4],
        [5, 9],
      ]),
      offset,
    ),
  ) as tf.Tensor2D;
  const sae = constant([3 + offset, 5 + offset]);
  for (const batchSize of [1, 2, 512]) {
    expect(await explainedVariance(sae, x, { batchSize })).toBeCloseTo(0, 5);
  }
  x.dispose();
  sae.dispose();
});

test('below 0 for worse than the mean; an error where there is no variance', async () => {
  const x = tf.tensor2d([[1], [3]]);
  const [sae, same] = [constant([4]), tf.ones([3, 1])];
  // errors 9 and 1, variance 1 a row
  expect(await explainedVariance(sae, x)).toBeCloseTo(1 - 5, 6);
  await expect(explainedVariance(sae, same)).toBeRefused(
    'SAE_DATA',
    'explainedVariance',
    'expected rows that differ; received 3 with the same values, whose variance is 0: a share of it is undefined. Give more rows, or others.',
  );
  const tenths = tf.fill([3, 1], 0.1);
  await expect(explainedVariance(sae, tenths, { batchSize: 2 })).rejects.toThrow('SAE_DATA');
  tenths.dispose();
  tf.dispose([x, same]);
  sae.dispose();
});

test('data that turns NaN on the way leaves no tensor behind', async () => {
  const sae = constant([1]);
  const x = tf.tensor2d([[1], [Number.NaN]]);
  await expect(explainedVariance(sae, x, { batchSize: 1 })).rejects.toThrow('SAE_NOT_FINITE');
  x.dispose();
  sae.dispose();
});
