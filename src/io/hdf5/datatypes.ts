import type { Dtype } from '../bytes/dtypes';

const fromHex = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/[0-9a-f]{2}/g) ?? [], (byte) => Number.parseInt(byte, 16));

/**
 * The datatype messages that h5py writes for numpy's dtypes: class and version, 3 bytes of bits,
 * the size in 4, then for numbers the position of each part. bfloat16 is two opaque bytes, which
 * only an attribute distinguishes from others; bool is an enumeration of int8.
 */
export const DATATYPES: ReadonlyMap<Dtype, Uint8Array> = new Map(
  (
    [
      ['float16', '11200f00 02000000 0000 1000 0a 05 00 0a 0f000000'],
      ['float32', '11201f00 04000000 0000 2000 17 08 00 17 7f000000'],
      ['float64', '11203f00 08000000 0000 4000 34 0b 00 34 ff030000'],
      ['int8', '10080000 01000000 0000 0800'],
      ['int16', '10080000 02000000 0000 1000'],
      ['int32', '10080000 04000000 0000 2000'],
      ['int64', '10080000 08000000 0000 4000'],
      ['uint8', '10000000 01000000 0000 0800'],
      ['uint16', '10000000 02000000 0000 1000'],
      ['uint32', '10000000 04000000 0000 2000'],
      ['uint64', '10000000 08000000 0000 4000'],
      [
        'bool',
        '18020000 01000000 10080000 01000000 0000 0800' + '46414c5345000000 5452554500000000 00 01',
      ],
      ['bfloat16', '15000000 02000000'],
    ] as const
  ).map(([dtype, hex]) => [dtype, fromHex(hex)]),
);

/** The datatype of text of any length, which is stored in a global heap. */
export const STRING_TYPE = fromHex('19010100 10000000 10000000 01000000 0000 0800');

/** The flag of numbers in the other byte order. */
const BIG_ENDIAN = 1;
/** The classes of datatypes by number, as errors name them. */
const CLASSES = [
  ...['integers', 'floats', 'times', 'strings', 'bit fields', 'opaque bytes', 'records'],
  ...['references', 'an enumeration', 'values of any length', 'arrays', 'complex numbers'],
] as const;

/** Returns the dtype of a datatype message; for other types, a description. */
export function dtypeOf(message: Uint8Array): { dtype: Dtype } | { words: string } {
  for (const [dtype, bytes] of DATATYPES) {
    if (startsWith(message, bytes)) return { dtype };
  }
  const kind = (message[0] ?? 255) & 15;
  const name = CLASSES[kind] ?? 'an unknown datatype';
  if (kind > 1) return { words: name };
  const bigEndian = ((message[1] ?? 0) & BIG_ENDIAN) !== 0;
  return { words: bigEndian ? `big-endian ${name}` : `${name} that numpy does not have` };
}

export const startsWith = (bytes: Uint8Array, start: Uint8Array): boolean =>
  bytes.length >= start.length && start.every((byte, i) => byte === bytes[i]);
