import { unwritable } from '../../errors';
import { bytesFrom, type FloatDtype } from '../bytes/values';

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
