import { areFinite } from '../../src/math/finite';

/** More than one of its blocks, and a rest that is no multiple of anything. */
const LENGTH = 2 * 4096 + 23;

test('whatever is a number is one: the largest, the smallest, zeros of both signs', () => {
  const edges = [3.4028234663852886e38, 1.401298464324817e-45, 0];
  const values = Float32Array.from({ length: LENGTH }, (_, i) => {
    const edge = edges[i % edges.length] as number;
    return i % 2 === 0 ? edge : -edge;
  });
  expect(areFinite(values)).toBe(true);
  expect(areFinite(new Float32Array(0))).toBe(true);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
  'one %p is found wherever it stands',
  (odd) => {
    const values = new Float32Array(LENGTH).fill(-1.5);
    for (let i = 0; i < LENGTH; i++) {
      values[i] = odd;
      if (areFinite(values)) throw new Error(`not found at ${i}`);
      values[i] = -1.5;
    }
    // Of a part only that part is looked at.
    values[7] = odd;
    expect([areFinite(values.subarray(8)), areFinite(values.subarray(7))]).toEqual([true, false]);
  },
);
