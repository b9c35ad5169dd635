import { STRING_TYPE, startsWith } from './datatypes';
import { padded } from './format';
import type { GlobalHeaps } from './globalHeap';
import { uint64 } from './metadata';

/** The attribute by which Keras distinguishes bfloat16 from other opaque bytes. */
export const DTYPE_ATTRIBUTE = { name: 'dtype', value: 'bfloat16' } as const;

const ASCII = new TextEncoder();
const NAME = ASCII.encode(`${DTYPE_ATTRIBUTE.name}\0`);
const VALUE = ASCII.encode(DTYPE_ATTRIBUTE.value);
/** The size of a reference: a length, an address and a number in the heap there. */
const REFERENCE_BYTES = 16;

/**
 * Returns whether an attribute is the one that says "bfloat16".
 *
 * @throws SAE_FILE if its text is not where it should be.
 */
export async function isBfloat16(
  heaps: GlobalHeaps,
  view: DataView,
  path: string,
): Promise<boolean> {
  if (view.byteLength < 8 || view.getUint8(0) !== 1) return false;
  const nameBytes = view.getUint16(2, true);
  const typeBytes = view.getUint16(4, true);
  const type = 8 + padded(nameBytes);
  const value = type + padded(typeBytes) + padded(view.getUint16(6, true));
  if (value + REFERENCE_BYTES > view.byteLength) return false;
  const part = (at: number, length: number) =>
    new Uint8Array(view.buffer, view.byteOffset + at, length);
  const isDtype = nameBytes === NAME.length && startsWith(part(8, nameBytes), NAME);
  if (!isDtype || !startsWith(part(type, typeBytes), STRING_TYPE)) return false;
  if (view.getUint32(value, true) !== VALUE.length) return false;
  const text = await heaps.read(
    uint64(view, value + 4),
    view.getUint32(value + 12, true),
    `the attribute of ${path}`,
    VALUE.length,
  );
  return text.length === VALUE.length && startsWith(text, VALUE);
}
