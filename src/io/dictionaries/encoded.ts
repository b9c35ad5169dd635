import { unwritable } from '../../errors';
import { bytesFrom, type FloatDtype } from '../bytes/values';
import type { WrittenTensor } from '../safetensors/write';
import type { DictionaryWeight } from './dictionary';
import { transposed } from './transposed';

/** From where on a value becomes an infinity: halfway to the first one that is too large. */
const TOO_LARGE: Readonly<Record<FloatDtype, number>> = {
  float16: 65520,
  bfloat16: 2 ** 127 * (2 - 2 ** -8),
  float32: Number.POSITIVE_INFINITY,
  float64: Number.POSITIVE_INFINITY,
};

/**
 * A weight's values as bytes.
 *
 * @param format and `name`, of what they are, for the error
 * @throws SAE_UNSUPPORTED where a finite value would become an infinity.
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
 * A weight as a safetensors file takes it.
 *
 * @param format and `name`, of what it is, for the error
 * @param isTransposed whether the file has its axes the other way round
 * @throws SAE_UNSUPPORTED where a finite value would become an infinity.
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
