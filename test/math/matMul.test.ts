import * as tf from '@tensorflow/tfjs';
import { matMul, useFastMatMul } from '../../src/math/matMul';

/** Row by column in double precision. */
function product(a: number[][], b: number[][]): number[][] {
  return a.map((row) =>
    (b[0] as number[]).map((_, j) =>
      row.reduce((sum, value, k) => sum + value * (b[k]?.[j] as number), 0),
    ),
  );
}
const transposed = (m: number[][]) =>
  (m[0] as number[]).map((_, j) => m.map((row) => row[j] as number));
const matrix = (rows: number, columns: number, seed: number) =>
  tf.randomNormal([rows, columns], 0, 1, 'float32', seed) as tf.Tensor2D;

describe.each([
  [1, 1, 1],
  [3, 5, 7],
  [4, 100, 8],
  [33, 49, 17],
])('[%i, %i] · [%i columns]', (rows, inner, columns) => {
  test.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])('transposed: %s, %s', (transposeA, transposeB) => {
    tf.tidy(() => {
      const a = transposeA ? matrix(inner, rows, 1) : matrix(rows, inner, 1);
      const b = transposeB ? matrix(columns, inner, 2) : matrix(inner, columns, 2);
      const straight = (m: tf.Tensor2D, turn: boolean) =>
        turn ? transposed(m.arraySync()) : m.arraySync();
      const expected = product(straight(a, transposeA), straight(b, transposeB));
      const ours = matMul(a, b, transposeA, transposeB).arraySync();
      ours.forEach((row, i) => {
        row.forEach((value, j) => {
          expect(value).toBeCloseTo(expected[i]?.[j] as number, 4);
        });
      });
    });
  });
});

test.each([1, 3, 8])('of %i rows that sums with a bias have made', (rows) => {
  tf.tidy(() => {
    const biased = (columns: number, seed: number) => {
      const m = matMul(matrix(rows, 4, seed), matrix(4, columns, seed + 1));
      return tf.relu(tf.add(m, tf.fill([columns], 5))) as tf.Tensor2D;
    };
    const [a, b] = [biased(6, 1), biased(7, 3)];
    const expected = product(transposed(a.arraySync()), b.arraySync());
    matMul(a, b, true)
      .arraySync()
      .forEach((row, i) => {
        row.forEach((value, j) => {
          expect(value / (expected[i]?.[j] as number)).toBeCloseTo(1, 5);
        });
      });
  });
});

test("tfjs's own products and their gradients are as they were", () => {
  useFastMatMul();
  useFastMatMul();
  tf.tidy(() => {
    const [a, b] = [matrix(3, 4, 1), matrix(5, 4, 2)];
    const byOnes = tf.matMul(tf.ones([3, 5]), b);
    const [dA] = tf.grads((x, y) =>
      tf.sum(tf.matMul(x as tf.Tensor2D, y as tf.Tensor2D, false, true)),
    )([a, b]);
    dA?.dataSync().forEach((value, i) => {
      expect(value).toBeCloseTo(byOnes.dataSync()[i] as number, 5);
    });
    // several products at a time go the way they always went
    const batch = tf.matMul(tf.ones([2, 3, 4]), tf.ones([2, 5, 4]), false, true);
    expect(batch.shape).toEqual([2, 3, 5]);
    expect(Array.from(batch.dataSync())).toEqual(new Array(30).fill(4));
    const one = tf.matMul(tf.ones([1, 3, 4]), tf.ones([1, 5, 4]), false, true);
    expect(one.shape).toEqual([1, 3, 5]);
    expect(Array.from(one.dataSync())).toEqual(new Array(15).fill(4));
  });
});

test('the backend holds nothing more afterwards', () => {
  const [a, b] = [matrix(6, 4, 1), matrix(6, 5, 2)];
  matMul(a, b, true).dispose();
  const before = tf.engine().backend.numDataIds();
  matMul(a, b, true).dispose();
  expect(tf.engine().backend.numDataIds()).toBe(before);
  tf.dispose([a, b]);
});
