import * as tf from '@tensorflow/tfjs';
import { SAEError, TopKSAE, TopKSAELayer } from '../../src';
import { largestOfAll, largestOfRows } from '../../src/math/largest';
import { rowValues, values } from '../conformance/architecture';

/** A dictionary of four features that are the columns of the rows themselves. */
function identity(k: number): TopKSAE {
  const sae = new TopKSAE({ inputDim: 4, encodingDim: 4, k });
  tf.tidy(() => sae.setWeights([tf.eye(4), tf.zeros([4]), tf.eye(4), tf.zeros([4])]));
  return sae;
}

const ROWS = [
  [4, 3, 2, 1],
  [1, 2, 2, 2],
  [-1, -2, 5, -3],
  [2, 2, 2, 2],
  [0, 0, 0, 0],
];

test.each<[number, number[][]]>([
  [
    1,
    [
      [4, 0, 0, 0],
      [0, 2, 0, 0],
      [0, 0, 5, 0],
      [2, 0, 0, 0],
      [0, 0, 0, 0],
    ],
  ],
  [
    2,
    [
      [4, 3, 0, 0],
      [0, 2, 2, 0],
      [0, 0, 5, 0],
      [2, 2, 0, 0],
      [0, 0, 0, 0],
    ],
  ],
  [
    4,
    [
      [4, 3, 2, 1],
      [1, 2, 2, 2],
      [0, 0, 5, 0],
      [2, 2, 2, 2],
      [0, 0, 0, 0],
    ],
  ],
])('of each row the %i largest fire, of equal ones the lower features', async (k, expected) => {
  const sae = identity(k);
  const x = tf.tensor2d(ROWS);
  const codes = sae.encode(x);
  expect(rowValues(codes)).toEqual(expected);
  // The kernels choose the same, and have them in the order of the features.
  const { indices, values: found, rowOffsets } = await sae.encodeSparse(x);
  const sparse = ROWS.map((_, row) => {
    const codesOfRow = [0, 0, 0, 0];
    for (let i = rowOffsets[row] as number; i < (rowOffsets[row + 1] as number); i++) {
      codesOfRow[indices[i] as number] = found[i] as number;
    }
    return codesOfRow;
  });
  expect(sparse).toEqual(expected);
  tf.dispose([x, codes]);
  sae.dispose();
});

test('of all numbers together the first columns are chosen, then the first rows', () => {
  tf.tidy(() => {
    const x = tf.tensor2d([
      [3, 1],
      [3, 3],
      [3, 3],
    ]);
    expect(largestOfAll(x, 4).arraySync()).toEqual([
      [1, 0],
      [1, 1],
      [1, 0],
    ]);
    expect(values(largestOfRows(tf.ones([1, 5]), 2))).toEqual([1, 1, 0, 0, 0]);
  });
});

test('a k that cannot be is refused', () => {
  const sizes = { inputDim: 4, encodingDim: 8 };
  for (const k of [0, 9, 1.5, -1, Number.NaN, '4']) {
    expect(() => new TopKSAE({ ...sizes, k: k as number })).toThrow(SAEError);
  }
  expect(() => new TopKSAELayer({ encodingDim: 8, k: 9 })).toThrow(
    /^SAE_OPTION TopKSAELayer\.k: expected at most encodingDim, 8; received 9/,
  );
  expect(() => new TopKSAE({ ...sizes, lambdaSparse: 1 } as never)).toThrow(/SAE_OPTION/);
  const [small, large] = [sizes, { inputDim: 4, encodingDim: 64 }].map((own) => new TopKSAE(own));
  expect([small?.sae.options.k, large?.sae.options.k]).toEqual([8, 32]);
  small?.dispose();
  large?.dispose();
});
