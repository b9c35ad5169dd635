import { unwritable } from '../../errors';
import { bytesFrom, type FloatDtype } from '../bytes/values';
import type { WrittenTensor } from '../safetensors/write';
import type { DictionaryWeight } from './dictionary';
import { transposed } from './transposed';

/** The value from which on a float becomes infinity: halfway to the first one that is too large. */
const TOO_LARGE: Readonly<Record<FloatDtype, number>> = {
  float16: 65520,
  bfloat16: 2 ** 127 * (2 - 2 ** -8),
  float32: Number.POSITIVE_INFINITY,
  float64: Number.POSITIVE_INFINITY,
};

/**
 * Returns a weight's values as bytes.
 *
 * @param format the format, and `name` the weight's, for the error
 * @throws SAE_UNSUPPORTED if a finite value would become infinity.
 */
export function encoded(
  format: string,
  name: string,
  dtype: FloatDtype,
  values: Float32Array,
): Uint8Array {
  const limit = TOO_LARGE[dtype];
  const large = values.find((value) => Math.abs(value) >= limit && Number.isFinite(value));
  if (large === undefined) return bytesFrom(dtype, values);
  const what = `${large} in ${name}, too large for ${dtype}`;
  throw unwritable(format, what, 'Write it in float32 or bfloat16.');
}

/**
 * Returns a weight in the form of a safetensors file.
 *
 * @param format the format, and `name` the weight's, for the error
 * @param isTransposed whether the file has its axes in the other order
 * @throws SAE_UNSUPPORTED if a finite value would become infinity.
 */
export async function encodedTensor(
  format: string,
  name: string,
  dtype: FloatDtype,
  weight: DictionaryWeight,
  isTransposed = false,
): Promise<WrittenTensor> {
  const values = await weight.read();
  if (!isTransposed)
    return { dtype, shape: weight.shape, bytes: encoded(format, name, dtype, values) };
  const [rows = 0, columns = 0] = weight.shape;
  const turned = transposed(values, rows, columns);
  return { dtype, shape: [columns, rows], bytes: encoded(format, name, dtype, turned) };
}
