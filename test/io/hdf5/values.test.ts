import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { bytesSource } from '../../../src/io/bytes/source';
import { bytesFrom, float32From } from '../../../src/io/bytes/values';
import { readHdf5 } from '../../../src/io/hdf5/read';

const halves = Uint8Array.from({ length: 2 ** 17 }, (_, i) => (i & 1 ? i >> 9 : i >> 1) & 255);
const bits = (values: Float32Array) => new Uint32Array(values.buffer);
const sameBytes = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

it("reads numpy's numbers of every dtype", async () => {
  const source = bytesSource(readFileSync(join(__dirname, '../hdf5/fixtures/dtypes.h5')));
  const { datasets } = await readHdf5(source);
  const read = async (path: string) => {
    const { dtype, offset, bytes } = datasets.get(path) ?? { dtype: 'bool', offset: 0, bytes: 0 };
    return [...float32From(dtype, await source.read(offset, bytes))];
  };
  const tenth = { float16: 0.0999755859375, bfloat16: 0.10009765625 };
  for (const dtype of ['float16', 'bfloat16'] as const) {
    expect(await read(`vars/${dtype}`)).toEqual([tenth[dtype], -1, 100]);
  }
  for (const dtype of ['float32', 'float64']) {
    expect(await read(`vars/${dtype}`)).toEqual([Math.fround(0.1), -1, 100]);
  }
  for (const n of [8, 16, 32, 64]) {
    expect(await read(`vars/int${n}`)).toEqual([-1, 1, 100]);
    expect(await read(`vars/uint${n}`)).toEqual([0, 1, 100]);
  }
  expect(await read('vars/bool')).toEqual([1, 0, 1]);
  expect(await read('scalar')).toEqual([3]);
  expect(await read('empty')).toEqual([]);
});

it('takes every float16 and bfloat16 there and back without loss', () => {
  for (const dtype of ['float16', 'bfloat16'] as const) {
    const values = float32From(dtype, halves);
    // NaNs that say nothing but NaN become quiet ones.
    const nan = (half: number) =>
      dtype === 'float16' ? (half & 0x7fff) > 0x7c00 : (half & 0x7fff) > 0x7f80;
    const quiet = dtype === 'float16' ? 0x200 : 0x40;
    const expected = Uint16Array.from({ length: 2 ** 16 }, (_, i) => (nan(i) ? i | quiet : i));
    expect(sameBytes(bytesFrom(dtype, values), new Uint8Array(expected.buffer))).toBe(true);
  }
});

it('reads float16 by its definition', () => {
  const values = float32From('float16', halves);
  for (let half = 0; half < 2 ** 16; half++) {
    const sign = half < 2 ** 15 ? 1 : -1;
    const exponent = (half >> 10) & 31;
    const mantissa = half & 1023;
    const special = mantissa === 0 ? Infinity : Number.NaN;
    const finite =
      exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15);
    const expected = sign * (exponent === 31 ? special : finite);
    if (!Object.is(values[half], expected)) throw new Error(`${half}: ${values[half]}`);
  }
});

it('rounds to the nearest half, and to the even one of two as near', () => {
  for (const dtype of ['float16', 'bfloat16'] as const) {
    const all = float32From(dtype, halves);
    const finite = [...all.slice(0, 2 ** 15)].filter(Number.isFinite);
    const largest = finite.length - 1;
    const half = (value: number) => {
      const [low = 0, high = 0] = bytesFrom(dtype, Float32Array.of(value));
      return low | (high << 8);
    };
    for (let i = 0; i < largest; i += 7) {
      const [low, high] = [finite[i] as number, finite[i + 1] as number];
      const middle = (low + high) / 2;
      if (Math.fround(middle) !== middle) continue; // below float32's own smallest
      const [word] = bits(Float32Array.of(middle));
      const [below = 0, above = 0] = new Float32Array(
        Uint32Array.of((word as number) - 1, (word as number) + 1).buffer,
      );
      expect([half(below), half(middle), half(above), half(-middle)]).toEqual([
        i,
        i + (i & 1),
        i + 1,
        (i + (i & 1)) | 0x8000,
      ]);
    }
    // Numbers past the largest are as near to infinity as to it from half a step on.
    const step = (finite[largest] as number) - (finite[largest - 1] as number);
    expect(half((finite[largest] as number) + step / 2)).toBe(largest + 1);
    expect(half((finite[largest] as number) + step / 4)).toBe(largest);
    expect([Infinity, -Infinity, -0].map(half)).toEqual([
      largest + 1,
      (largest + 1) | 0x8000,
      0x8000,
    ]);
    expect(half(Number.NaN) & 0x7fff).toBeGreaterThan(largest + 1);
  }
  expect([...bytesFrom('float16', Float32Array.of(2 ** -149, 3e38))]).toEqual([0, 0, 0, 0x7c]);
});

it('rounds whole numbers of 64 bits once', () => {
  const near = (value: bigint): number => {
    if (value > -(2n ** 24n) && value < 2n ** 24n) return Number(value);
    // The two floats on both sides, and which of them is nearer.
    const guess = Math.fround(Number(value));
    const [word = 0] = bits(Float32Array.of(guess));
    const around = new Float32Array(Uint32Array.of(word - 1, word, word + 1).buffer);
    const distance = (x: number) => {
      const d = BigInt(x) - value;
      return d < 0n ? -d : d;
    };
    const even = (x: number) => ((bits(Float32Array.of(x))[0] as number) & 1) === 0;
    return [...around].reduce((best, x) => {
      const [a, b] = [distance(best), distance(x)];
      return b < a || (b === a && even(x) && !even(best)) ? x : best;
    });
  };
  const twice = (1n << 60n) + (1n << 36n) + 1n; // a tie as a double, above one as it is
  const check = (value: bigint) => {
    const signed = new Uint8Array(BigInt64Array.of(value).buffer);
    expect(float32From('int64', signed)[0]).toBe(near(value));
    if (value >= 0n) expect(float32From('uint64', signed)[0]).toBe(near(value));
  };
  for (const value of [twice, -twice, 0x7fffffffffffffffn, -0x8000000000000000n]) check(value);
  void fc.assert(fc.property(fc.bigInt(-(1n << 63n), (1n << 63n) - 1n), check));
  expect(float32From('uint64', new Uint8Array(8).fill(255))[0]).toBe(2 ** 64);
});

it('copies nothing that can be looked at in place', () => {
  const values = Float32Array.of(1, 2, 3);
  const bytes = bytesFrom('float32', values.subarray(1));
  expect([bytes.buffer, bytes.byteOffset, bytes.length]).toEqual([values.buffer, 4, 8]);
  expect(float32From('float32', bytes).buffer).toBe(values.buffer);
  const odd = new Uint8Array(9);
  odd.set(bytes, 1);
  expect([...float32From('float32', odd.subarray(1))]).toEqual([2, 3]);
  expect([...new Float64Array(bytesFrom('float64', values).buffer)]).toEqual([1, 2, 3]);
});
