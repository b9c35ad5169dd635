import fc from 'fast-check';
import { DictionaryKernels } from '../../src/kernels/dictionaryKernels';
import type { DictionaryShape } from '../../src/kernels/kernelMemory';

const WEIGHTS = { reconstruction: 1, penalty: 0.01, second: 0.1, revival: 0.03, dead: 0 };
const NUMBERS = { alpha: 0.01, beta1: 0, beta2: 0.999, epsilon: 1e-7, clipNorm: 1 };

/** By architecture of the kernels: its vectors, and the numbers of its own at a scale of the products. */
const ARCHITECTURES = {
  gated: { vectors: 3, reconstructions: 2, own: () => [], floor: 0 },
  relu: { vectors: 1, reconstructions: 1, own: () => [], floor: 0 },
  relulp: { vectors: 1, reconstructions: 1, own: () => [0.7], floor: 0 },
  jumprelu: {
    vectors: 2,
    reconstructions: 1,
    own: (scale: number) => [0.1 * scale, 0, 10, 1],
    floor: 0,
  },
  topk: { vectors: 1, reconstructions: 1, own: () => [5], floor: undefined },
  batchtopk: { vectors: 1, reconstructions: 1, own: () => [5], floor: undefined },
} as const;

type Name = keyof typeof ARCHITECTURES;

/** A dictionary, its batch and what it is told, drawn from a seed. */
interface Case {
  readonly name: Name;
  readonly inputDim: number;
  readonly features: number;
  readonly rows: number;
  readonly momentum: boolean;
  readonly scale: number;
  readonly offset: number;
  readonly bias: number;
  readonly seed: number;
}

/** Normal numbers that follow from a seed. */
function normalFrom(seed: number): () => number {
  let state = seed >>> 0 || 1;
  const uniform = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 1) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

interface Batch {
  readonly weights: readonly Float32Array[];
  readonly x: Float32Array;
}

function draw({ name, inputDim, features, rows, scale, offset, bias, seed }: Case): Batch {
  const normal = normalFrom(seed);
  const many = (length: number, of: () => number) => Float32Array.from({ length }, of);
  const vectors = Array.from({ length: ARCHITECTURES[name].vectors }, (_, k) =>
    many(features, () =>
      k === 0 ? bias * scale : name === 'jumprelu' ? 0.1 * scale : 0.01 * normal(),
    ),
  );
  const encoder = many(inputDim * features, () => normal() / Math.sqrt(inputDim));
  const decoder = many(inputDim * features, normal);
  const weights = [encoder, ...vectors, decoder, many(inputDim, () => 0.1 * scale * normal())];
  // Some rows are all 0, some all alike, and some columns are far larger than others.
  const x = Float32Array.from({ length: rows * inputDim }, (_, i) => {
    const [row, column] = [Math.floor(i / inputDim), i % inputDim];
    if (row % 7 === 3) return 0;
    if (row % 11 === 5) return scale;
    return scale * (normal() + offset) * (column % 13 === 1 ? 20 : 1);
  });
  return { weights, x };
}

/** All that comes of three steps and a pass: outcomes, codes and weights, as bytes. */
async function run(made: Case, batch: Batch, screens: boolean, threads = 1): Promise<string[]> {
  const { vectors, own, floor, reconstructions } = ARCHITECTURES[made.name];
  const shape: DictionaryShape = {
    ...{ architecture: made.name, inputDim: made.inputDim, features: made.features },
    ...{ vectors: Array.from({ length: vectors }, () => -Infinity), reconstructions },
  };
  const training = { momentum: made.momentum };
  const kernels = await DictionaryKernels.start(shape, { threads, training, screens }, made.rows);
  batch.weights.forEach((values, position) => {
    kernels.writeWeight(position, values);
  });
  const pass = { own: own(made.scale), ...(floor === undefined ? {} : { floor }) };
  const all: string[] = [];
  for (let step = 0; step < 3; step++) {
    const numbers = { weights: WEIGHTS, ...pass };
    all.push(JSON.stringify(await kernels.step(batch.x, undefined, numbers, NUMBERS)));
    if (step === 1) kernels.takeBack();
  }
  await kernels.encode(batch.x, pass);
  const { indices, values } = kernels.codes(made.rows);
  const weights = [...batch.weights.keys()].map((position) => kernels.readWeight(position));
  for (const { buffer } of [indices, values, ...weights]) {
    all.push(Buffer.from(buffer).toString('base64'));
  }
  kernels.dispose();
  return all;
}

const cases = fc.record<Case>({
  name: fc.constantFrom(...(Object.keys(ARCHITECTURES) as Name[])),
  inputDim: fc.integer({ min: 1, max: 150 }),
  features: fc.integer({ min: 1, max: 200 }),
  rows: fc.integer({ min: 32, max: 90 }),
  momentum: fc.boolean(),
  // Of numbers that have few digits left, and of those that end in infinity.
  scale: fc.oneof(
    fc.constantFrom(1, 1e-3, 30),
    fc.integer({ min: -42, max: 37 }).map((power) => 10 ** power),
  ),
  offset: fc.constantFrom(0, 0, 0.5, -3, 100),
  bias: fc.constantFrom(0, -0.3, -1, -2, 0.5),
  seed: fc.integer({ min: 1, max: 1e9 }),
});

test('steps and codes are the same with screening and without, bit for bit', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async (made) => {
      const batch = draw(made);
      const [screened, all] = [await run(made, batch, true), await run(made, batch, false)];
      expect(screened).toEqual(all);
    }),
    { numRuns: 150, seed: 20 },
  );
}, 120_000);

test('on several threads too', async () => {
  for (const name of Object.keys(ARCHITECTURES) as Name[]) {
    const made: Case = {
      ...{ name, inputDim: 40, features: 200, rows: 64, momentum: false },
      ...{ scale: 1, offset: 0, bias: -1, seed: 7 },
    };
    const batch = draw(made);
    expect(await run(made, batch, true, 3)).toEqual(await run(made, batch, false));
  }
});

test.each([4, 16, 64])('on %p threads, more than there are cores', async (threads) => {
  const made: Case = {
    ...{ name: 'batchtopk', inputDim: 40, features: 1000, rows: 200, momentum: true },
    ...{ scale: 1, offset: 0, bias: 0, seed: 9 },
  } as const;
  const batch = draw(made);
  expect(await run(made, batch, true, threads)).toEqual(await run(made, batch, false));
});

test.each([Number.NaN, Infinity, -Infinity, 3e38, -3e38])(
  'a weight or a column that is %p has its products',
  async (value) => {
    for (const name of ['gated', 'relu', 'jumprelu'] as const) {
      for (const place of ['encoder', 'bias', 'rows'] as const) {
        const made: Case = {
          ...{ name, inputDim: 20, features: 40, rows: 40, momentum: false },
          ...{ scale: 1, offset: 0, bias: -2, seed: 3 },
        };
        const batch = draw(made);
        const [encoder, bias] = batch.weights as [Float32Array, Float32Array];
        ({ encoder, bias, rows: batch.x })[place][17] = value;
        expect(await run(made, batch, true)).toEqual(await run(made, batch, false));
      }
    }
  },
);

/** Rows and features whose rounding errors all point the same way: no bound may be tighter. */
test('a bound that is reached is not passed', async () => {
  const [inputDim, features, rows] = [64, 200, 40];
  const normal = normalFrom(5);
  for (const half of [0.499, -0.499]) {
    // From 0 on, in units of 1/127, of 1/255 and of 1/1023, each column half a unit off, as the weights point.
    for (const levels of [127, 255, 1023]) {
      const signs = Array.from({ length: inputDim }, () => Math.sign(normal()));
      const x = Float32Array.from({ length: rows * inputDim }, (_, i) => {
        const column = i % inputDim;
        if (column < 2) return column;
        const off = half * (signs[column] as number);
        return ((Math.floor(Math.abs(normal() * levels) / 4) % (levels - 1)) + 1 + off) / levels;
      });
      const encoder = Float32Array.from(
        { length: inputDim * features },
        (_, i) => signs[Math.floor(i / features)] as number,
      );
      // Biases that leave the products just above 0, at it, and just below it.
      const products = Array.from({ length: rows }, (_, row) =>
        signs.reduce((sum, sign, column) => sum + sign * (x[row * inputDim + column] as number), 0),
      );
      const bias = Float32Array.from(
        { length: features },
        (_, feature) =>
          -(products[feature % rows] as number) + ((feature % 9) - 4) * 1e-7 * 2 ** (feature % 17),
      );
      const batch = { x, weights: [encoder, bias, encoder, new Float32Array(inputDim)] };
      const made: Case = {
        ...{ name: 'relu', inputDim, features, rows, momentum: false },
        ...{ scale: 1, offset: 0, bias: 0, seed: 0 },
      };
      expect(await run(made, batch, true)).toEqual(await run(made, batch, false));
    }
  }
});

test('nor is one that a feature reaches', async () => {
  const [inputDim, features, rows] = [64, 200, 40];
  const normal = normalFrom(6);
  for (const half of [0.499, -0.499]) {
    // In units of 1/127 and of 1/511, each column half a unit off, as the rows point.
    for (const levels of [127, 511]) {
      const signs = Array.from({ length: inputDim }, () => Math.sign(normal()));
      // Of numbers so small that the range is that of the one which is 1, on every processor.
      const encoder = Float32Array.from({ length: inputDim * features }, (_, i) => {
        const sign = signs[Math.floor(i / features)] as number;
        if (i < features) return 1;
        return (Math.round(normal() * levels * 0.1) + half * sign) / levels;
      });
      const x = Float32Array.from(
        { length: rows * inputDim },
        (_, i) => (signs[i % inputDim] as number) * (1 + Math.floor(i / inputDim) / 64),
      );
      const bias = Float32Array.from({ length: features }, (_, feature) => {
        const row = (feature % rows) * inputDim;
        let product = 0;
        for (let column = 0; column < inputDim; column++) {
          product += (x[row + column] as number) * (encoder[column * features + feature] as number);
        }
        return -product + ((feature % 9) - 4) * 1e-7 * 2 ** (feature % 17);
      });
      const batch = { x, weights: [encoder, bias, encoder, new Float32Array(inputDim)] };
      const made: Case = {
        ...{ name: 'relu', inputDim, features, rows, momentum: false },
        ...{ scale: 1, offset: 0, bias: 0, seed: 0 },
      };
      expect(await run(made, batch, true)).toEqual(await run(made, batch, false));
    }
  }
});

test.each([9000, 2 ** 16])(
  'sums of whole numbers of %p columns do not overflow',
  async (inputDim) => {
    const [features, rows] = [8, 32];
    const made: Case = {
      ...{ name: 'relu', inputDim, features, rows, momentum: false },
      ...{ scale: 1, offset: 0, bias: 0, seed: 0 },
    };
    const encoder = new Float32Array(inputDim * features).fill(1);
    const bias = new Float32Array(features).fill(-10);
    const x = Float32Array.from({ length: rows * inputDim }, (_, i) => Number(i % inputDim > 0));
    const batch = { x, weights: [encoder, bias, encoder, new Float32Array(inputDim)] };
    const screened = await run(made, batch, true);
    expect(screened).toEqual(await run(made, batch, false));
    expect(JSON.parse(screened[0] as string)).toMatchObject({ pairs: rows * features });
  },
);

/** A product in f32, of four sums as the kernels have them. */
function productInF32(x: ArrayLike<number>, w: ArrayLike<number>): number {
  const sums = [0, 0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const product = Math.fround((x[i] as number) * (w[i] as number));
    sums[i % 4] = Math.fround((sums[i % 4] as number) + product);
  }
  const [a, b, c, d] = sums as [number, number, number, number];
  return Math.fround(Math.fround(a + c) + Math.fround(b + d));
}

test('what f32 makes of a product counts, not what it would be', async () => {
  const [inputDim, features, rows] = [2048, 8, 60];
  // Whole numbers, in either build: nothing is left of them by rounding. But sums lose digits, of some
  // rows always upwards.
  const weight = 63 * 511;
  const xs = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: inputDim }, (_, i) => 2 ** 21 + row + (i === 1 ? 127 * 1023 : 0)),
  );
  const w = new Float32Array(inputDim).fill(weight);
  const products = xs.map((row) => {
    const inF32 = productInF32(row, w);
    return { inF32, by: inF32 - row.reduce((sum, value) => sum + value * weight, 0) };
  });
  const { inF32, by } = products.reduce((a, b) => (b.by > a.by ? b : a));
  expect(by / inF32).toBeGreaterThan(4e-6);
  const encoder = new Float32Array(inputDim * features).fill(weight);
  // With this bias the pair is active, by one digit.
  const bias = new Float32Array(features).fill(-inF32 * (1 - 2 ** -23));
  const made: Case = {
    ...{ name: 'relu', inputDim, features, rows, momentum: false },
    ...{ scale: 1, offset: 0, bias: 0, seed: 0 },
  };
  const x = Float32Array.from(xs.flat());
  const batch = { x, weights: [encoder, bias, encoder, new Float32Array(inputDim)] };
  expect(await run(made, batch, true)).toEqual(await run(made, batch, false));
});
