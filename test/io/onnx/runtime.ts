import type { Expected, Written } from './fixtures';

/** What is used here of onnxruntime-web, the real one: see test/setup/onnxruntime.cjs. */
export interface Runtime {
  readonly env: { readonly wasm: { numThreads: number }; logLevel: string };
  readonly Tensor: new (dtype: string, data: unknown, shape?: readonly number[]) => RuntimeTensor;
  readonly InferenceSession: {
    create(bytes: Uint8Array, options?: object): Promise<RuntimeSession>;
  };
}

export interface RuntimeTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: ArrayLike<number | bigint>;
}

interface RuntimeSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: object, fetches?: readonly string[]): Promise<Record<string, RuntimeTensor>>;
  release(): Promise<void>;
}

const { loadReal } = globalThis as unknown as { loadReal: { ort(): Runtime } };

export const ort = loadReal.ort();
ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

/** A tensor of the runtime. */
export function tensorOf({ dtype, shape, values }: Written): RuntimeTensor {
  const data =
    dtype === 'int64' ? BigInt64Array.from(values, (v) => BigInt(v)) : Float32Array.from(values);
  return new ort.Tensor(dtype, data, shape);
}

/** What a model gives for inputs, by name. */
export async function runOf(
  bytes: Uint8Array,
  inputs: Expected['inputs'],
  names?: readonly string[],
  options: object = {},
): Promise<Record<string, RuntimeTensor>> {
  const session = await ort.InferenceSession.create(bytes, options);
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [name, tensorOf(value)]),
  );
  const results = await session.run(feeds, names);
  await session.release();
  return results;
}

/** The numbers of a tensor. */
export const numbersOf = ({ type, data }: RuntimeTensor): number[] =>
  Array.from(data, (value) => (type === 'float16' ? halfOf(Number(value)) : Number(value)));

/** A float16 by its bits, unless the machine has them as numbers already. */
function halfOf(value: number): number {
  if (typeof (globalThis as Record<string, unknown>)['Float16Array'] === 'function') return value;
  const sign = value & 0x8000 ? -1 : 1;
  const exponent = (value >> 10) & 31;
  const mantissa = value & 1023;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}

/** The largest difference of two lists of numbers as long, by the second one's where they are above 1. */
export function differenceOf(a: readonly number[], b: readonly number[]): number {
  expect(a).toHaveLength(b.length);
  return a.reduce(
    (most, value, i) =>
      Math.max(most, Math.abs(value - (b[i] as number)) / Math.max(1, Math.abs(b[i] as number))),
    0,
  );
}
