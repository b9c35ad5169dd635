import * as tf from '@tensorflow/tfjs';
import { allFinite } from '../../src/math/finite';
import { clipFactor, globalNorm, unitRows } from '../../src/math/norms';

test('unitRows: norm 1, and rows of nearly nothing left finite', () => {
  tf.tidy(() => {
    const rows = unitRows(
      tf.tensor2d([
        [3, 4],
        [0, 0],
        [1e-8, 0],
      ]),
    ).arraySync();
    expect(rows[0]?.[0]).toBeCloseTo(0.6, 6);
    expect(rows[0]?.[1]).toBeCloseTo(0.8, 6);
    expect(rows[1]).toEqual([0, 0]);
    expect(rows[2]?.[0]).toBeCloseTo(1e-2, 6); // 1e-8 / √1e-12, as TensorFlow has it
  });
});

test('globalNorm is that of all tensors as one vector, exact over millions of values', () => {
  tf.tidy(() => {
    expect(globalNorm([tf.tensor1d([3]), tf.tensor2d([[0, 4]])]).dataSync()[0]).toBeCloseTo(5, 6);
    expect(globalNorm([tf.scalar(2)]).dataSync()[0]).toBeCloseTo(2, 6);
    const many = tf.fill([1000, 2000], 0.1);
    const exact = Math.fround(0.1) * Math.sqrt(2e6);
    expect((globalNorm([many]).dataSync()[0] as number) / exact).toBeCloseTo(1, 5);
  });
});

test.each([
  [5, 1, 0.2],
  [0.5, 1, 1],
  [0, 1, 1],
  [1, 1, 1],
])('clipFactor of norm %d to %d is %d', (norm, clipNorm, factor) => {
  tf.tidy(() => {
    expect(clipFactor(tf.scalar(norm), clipNorm).dataSync()[0]).toBeCloseTo(factor, 6);
  });
});

test('allFinite', () => {
  tf.tidy(() => {
    expect(allFinite(tf.tensor1d([1, -2, 0]))).toBe(true);
    for (const bad of [Number.NaN, Infinity, -Infinity]) {
      expect(allFinite(tf.tensor1d([1, bad]))).toBe(false);
    }
  });
});
