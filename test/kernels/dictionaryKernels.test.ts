import { DictionaryKernels } from '../../src/kernels/dictionaryKernels';
import type { DictionaryShape } from '../../src/kernels/kernelMemory';

const weights = (reconstruction: number, penalty: number, second: number) => ({
  weights: { reconstruction, penalty, second, revival: 0, dead: 0 },
});
const shape = {
  architecture: 'gated',
  vectors: [-Infinity, -Infinity, -Infinity],
  reconstructions: 2,
} as const;
const NUMBERS = { alpha: 1e-3, beta1: 0, beta2: 0.999, epsilon: 1e-7, clipNorm: 1 };

test.each([1, 2])(
  'more features than WebAssembly can hold are refused, on %i threads',
  async (threads) => {
    const sizes = { ...shape, inputDim: 4096, features: 65_536 };
    const training = { momentum: false };
    await expect(DictionaryKernels.start(sizes, { threads, training }, 64)).rejects.toThrow(
      RangeError,
    );
  },
);

test('batches that grow and shrink, between passes that only read', async () => {
  const sizes = { ...shape, inputDim: 5, features: 9 };
  const kernels = await DictionaryKernels.start(
    sizes,
    { threads: 1, training: { momentum: false } },
    2,
  );
  kernels.writeWeight(
    0,
    Float32Array.from({ length: 45 }, (_, i) => Math.sin(i)),
  );
  kernels.writeWeight(
    4,
    Float32Array.from({ length: 45 }, (_, i) => Math.cos(i)),
  );
  const row = [1, -2, 3, -4, 5];
  const batch = (rows: number) =>
    Float32Array.from({ length: rows * 5 }, (_, i) => row[i % 5] ?? 0);
  const first = await kernels.forward(batch(1));
  for (const rows of [3, 700, 1, 40]) {
    // The same row, so often it may come, has the same means.
    const { parts, pairs } = await kernels.forward(batch(rows));
    expect(pairs).toBe(rows * first.pairs);
    const names = ['reconstruction', 'penalty', 'second'] as const;
    for (const name of names) expect(parts[name] / first.parts[name]).toBeCloseTo(1, 5);
    await kernels.encode(batch(rows));
    const { rowOffsets } = kernels.codes(rows);
    expect(rowOffsets).toHaveLength(rows + 1);
    const { status } = await kernels.step(batch(rows), undefined, weights(1, 0, 0), {
      ...NUMBERS,
      alpha: 0,
    });
    expect(status).toBe('done');
    kernels.writeWeight(
      4,
      Float32Array.from({ length: 45 }, (_, i) => Math.cos(i)),
    );
  }
  kernels.dispose();
});

test('moments that a lost step has touched already do not decay', async () => {
  const sizes = { ...shape, inputDim: 3, features: 2 };
  const use = { threads: 1, training: { momentum: false } };
  const kernels = await DictionaryKernels.start(sizes, use, 1);
  kernels.writeWeight(0, Float32Array.of(1, 1, 1, 1, 1, 1));
  kernels.writeWeight(4, Float32Array.of(1, 0, 0, 0, 1, 0));
  const step = () =>
    kernels.step(Float32Array.of(1, 2, 3), undefined, weights(1, 0.1, 0.1), NUMBERS);
  await step();
  await step();
  const whole = kernels.readMoments().map(({ v }) => v);
  // As if the second step had never been counted.
  (kernels as unknown as { steps: number }).steps -= 1;
  const lost = kernels.readMoments().map(({ v }) => v);
  expect(lost).toEqual(whole);
  expect(lost[0]?.every((v) => v > 0)).toBe(true);
  kernels.dispose();
});

test.each([1, 2])(
  'a step of a skip connection is taken back whole, on %i threads',
  async (threads) => {
    const sizes = { architecture: 'relu', vectors: [-Infinity], reconstructions: 1 } as const;
    const kernels = await DictionaryKernels.start(
      { ...sizes, inputDim: 5, outputDim: 21, features: 4, centred: false, skip: true },
      { threads, training: { momentum: true } },
      3,
    );
    const lengths = [20, 4, 84, 21, 105]; // W_enc, b_enc, W_dec, b_dec, W_skip
    const waves = (length: number, by: number) =>
      Float32Array.from({ length }, (_, i) => Math.sin(by + i));
    for (const [position, length] of lengths.entries()) {
      kernels.writeWeight(position, waves(length, position));
    }
    const read = () => lengths.map((_, position) => kernels.readWeight(position));
    const before = read();
    const { status } = await kernels.step(waves(15, 0.5), waves(63, 0), weights(1, 0, 0), NUMBERS);
    expect(status).toBe('done');
    const after = read();
    for (const position of lengths.keys()) expect(after[position]).not.toEqual(before[position]);
    expect(kernels.takeBack()).toBe(true);
    expect(read()).toEqual(before);
    kernels.dispose();
  },
);

test('lists that fill all of the 4 GiB are an error, and write over nothing', async () => {
  // Room for a feature's list is made for all rows: 40 MiB, of which most features here use 4 kB; so
  // memory is full after less than a hundred of them, and hardly touched.
  const rows = 2_097_000;
  const features = 104;
  const sizes = {
    architecture: 'relu',
    vectors: [-Infinity],
    reconstructions: 1,
    inputDim: 2,
    features,
  };
  const kernels = await DictionaryKernels.start(sizes as DictionaryShape, { threads: 2 }, rows);
  const x = new Float32Array(rows * 2);
  for (let row = 0; row < rows; row++) x.set([row < 200 ? 1 : 0, 1], 2 * row);
  const { memory } = kernels as unknown as { memory: { at(name: string): number } };
  // The last lists are long ones: no list may be begun where it would end beyond the memory.
  const short = Math.floor((2 ** 32 - memory.at('pool')) / (40 * 2 ** 20)) - 4;
  const encoder = Float32Array.from({ length: 2 * features }, (_, i) =>
    Number(i < features ? i < short : i >= features + short),
  );
  kernels.writeWeight(0, encoder);
  await expect(kernels.encode(x)).rejects.toThrow(RangeError);
  expect(kernels.readWeight(0)).toEqual(encoder);
  await kernels.encode(Float32Array.of(1, 0));
  expect(kernels.codes(1).indices).toEqual(Uint32Array.from({ length: short }, (_, i) => i));
  kernels.dispose();
}, 60_000); // three seconds, of which others on the machine may make ten

test('codes far below those of the batch before are chosen all the same, on several threads', async () => {
  const [rows, inputDim, features, k] = [37, 16, 96, 20];
  const sizes = { architecture: 'topk', vectors: [-Infinity], reconstructions: 1 } as const;
  const x = Float32Array.from({ length: rows * inputDim }, (_, i) => Math.sin(i * i));
  const small = x.map((value) => value / 1024);
  const encoder = Float32Array.from({ length: inputDim * features }, (_, i) => Math.cos(3 * i));
  // Threads that are ahead of others note what is missing while those still list.
  for (let time = 0; time < 20; time++) {
    const shape = { ...sizes, inputDim, features };
    const kernels = await DictionaryKernels.start(shape, { threads: 3 }, rows);
    kernels.writeWeight(0, encoder);
    await kernels.encode(x, { own: [k] });
    const expected = kernels.codes(rows);
    await kernels.encode(small, { own: [k] });
    const found = kernels.codes(rows);
    kernels.dispose();
    expect(expected.indices).toHaveLength(rows * k);
    expect(found.indices).toEqual(expected.indices);
    expect(found.values).toEqual(expected.values.map((value) => value / 1024));
  }
}, 60_000); // 60 threads start
