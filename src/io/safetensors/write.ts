import type { Dtype } from '../bytes/dtypes';
import { LENGTH_BYTES, SAFETENSORS_DTYPES } from './read';

/** A tensor to be written, with little-endian bytes. */
export interface WrittenTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

const CODES = Object.fromEntries(
  Object.entries(SAFETENSORS_DTYPES).map(([code, dtype]) => [dtype, code]),
) as Readonly<Record<Dtype, string>>;

/** The header is padded with spaces, so that the values are aligned for any type. */
const ALIGNMENT = 8;

/**
 * Returns a safetensors file, in pieces: its head, then each tensor's own bytes.
 *
 * The order is that of the format's own library: tensors of wide types first, then by name.
 *
 * @param metadata texts by name; nothing by default
 */
export function safetensorsPieces(
  tensors: ReadonlyMap<string, WrittenTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  const order = [...tensors].sort(
    ([a, x], [b, y]) => widthOf(y) - widthOf(x) || (a < b ? -1 : Number(a > b)),
  );
  const header: Record<string, unknown> =
    Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {};
  let at = 0;
  for (const [name, { dtype, shape, bytes }] of order) {
    header[name] = { dtype: CODES[dtype], shape, data_offsets: [at, at + bytes.length] };
    at += bytes.length;
  }
  return [headOf(JSON.stringify(header)), ...order.map(([, { bytes }]) => bytes)];
}

/** Returns the bytes per value from its type's code: 1 for BOOL. */
const widthOf = ({ dtype }: WrittenTensor): number => {
  const bits = /\d+$/.exec(CODES[dtype])?.[0];
  return bits === undefined ? 1 : Number(bits) / 8;
};

/** Returns the length and the text of a header, padded. */
export function headOf(header: string): Uint8Array {
  const text = new TextEncoder().encode(header);
  const length = Math.ceil(text.length / ALIGNMENT) * ALIGNMENT;
  const head = new Uint8Array(LENGTH_BYTES + length).fill(0x20);
  head.set(text, LENGTH_BYTES);
  new DataView(head.buffer).setBigUint64(0, BigInt(length), true);
  return head;
}
