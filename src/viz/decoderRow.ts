import type { EncodedRow } from '../analysis/featureReport/report';
import { bytesOf } from '../bytes';

const LARGEST = 32_767;

/**
 * Returns a decoder row's weights `[inputDim]`; undefined if the text is not base64 of 16-bit
 * numbers.
 */
export function decoderRow({ scale, values }: EncodedRow): Float32Array | undefined {
  const bytes = bytesOf(values);
  if (bytes === undefined || bytes.length % 2 !== 0) return undefined;
  const view = new DataView(bytes.buffer);
  return Float32Array.from(
    { length: bytes.length / 2 },
    (_, i) => (scale * view.getInt16(2 * i, true)) / LARGEST,
  );
}
