import type { Dtype } from '../bytes/dtypes';
import { DTYPE_ATTRIBUTE } from './attribute';
import { DATATYPES, STRING_TYPE } from './datatypes';
import { GLOBAL_HEAP_BYTES, MESSAGES, NOWHERE, padded, SIGNATURES } from './format';
import type { Room } from './room';
import { type NewMessage, writeHeader } from './writeHeader';

/** The address of a dataset, and where its header stores the address of its data. */
export interface WrittenDataset {
  readonly at: number;
  readonly address: number;
}

/** A text's place in a global heap. */
interface Text {
  readonly heap: number;
  readonly index: number;
}

/** Version 2: allocated late, filled if the user gave a value, and none was given. */
const FILL_VALUE = [2, 2, 2, 1, 0, 0, 0, 0];
const CONTIGUOUS = [3, 1];
const LAYOUT_BYTES = 18;

const ASCII = new TextEncoder();
const ATTRIBUTE_NAME = ASCII.encode(`${DTYPE_ATTRIBUTE.name}\0`);
const ATTRIBUTE_VALUE = ASCII.encode(DTYPE_ATTRIBUTE.value);
const SCALAR = [1, 0, 0, 0, 0, 0, 0, 0];
const ATTRIBUTE_BYTES =
  8 + padded(ATTRIBUTE_NAME.length) + padded(STRING_TYPE.length) + SCALAR.length + 16;

/** The smallest heap that HDF5 reads. */
const TEXTS_BYTES = 4096;
const TEXT_BYTES = 16 + padded(ATTRIBUTE_VALUE.length);
/** The number of texts in a heap, besides the marker of free space. */
const TEXTS = Math.floor((TEXTS_BYTES - GLOBAL_HEAP_BYTES - 16) / TEXT_BYTES);

/**
 * Writes a dataset's object header.
 *
 * @param text for a bfloat16 dataset, the place of the text "bfloat16"
 */
export function writeDataset(
  room: Room,
  shape: readonly number[],
  dtype: Dtype,
  bytes: number,
  text: Text | undefined,
): WrittenDataset {
  const type = DATATYPES.get(dtype) as Uint8Array;
  const messages: NewMessage[] = [
    { type: MESSAGES.dataspace, bytes: 8 + 8 * shape.length },
    { type: MESSAGES.datatype, bytes: type.length, constant: true },
    { type: MESSAGES.fillValue, bytes: FILL_VALUE.length, constant: true },
    { type: MESSAGES.layout, bytes: LAYOUT_BYTES },
    ...(text === undefined ? [] : [{ type: MESSAGES.attribute, bytes: ATTRIBUTE_BYTES }]),
  ];
  const { at, data } = writeHeader(room, messages);
  const [space, typeAt, fill, layout, attribute] = data as [
    number,
    number,
    number,
    number,
    number?,
  ];
  room.put(space, [1, shape.length]);
  for (const [i, dim] of shape.entries()) room.put64(space + 8 + 8 * i, dim);
  room.put(typeAt, type);
  room.put(fill, FILL_VALUE);
  room.put(layout, CONTIGUOUS);
  room.put(layout + 2, NOWHERE);
  room.put64(layout + 10, bytes);
  if (text !== undefined && attribute !== undefined) putAttribute(room, attribute, text);
  return { at, address: layout + 2 };
}

function putAttribute(room: Room, at: number, { heap, index }: Text): void {
  room.put8(at, 1);
  room.put16(at + 2, ATTRIBUTE_NAME.length);
  room.put16(at + 4, STRING_TYPE.length);
  room.put16(at + 6, SCALAR.length);
  let next = at + 8;
  for (const part of [ATTRIBUTE_NAME, STRING_TYPE, SCALAR]) {
    room.put(next, part);
    next += padded(part.length);
  }
  room.put32(next, ATTRIBUTE_VALUE.length);
  room.put64(next + 4, heap);
  room.put32(next + 12, index);
}

/** Writes "bfloat16" once per attribute that says so, since each owns its text. */
export function writeTexts(room: Room, count: number): Text[] {
  const texts: Text[] = [];
  for (let done = 0; done < count; done += TEXTS) {
    const here = Math.min(TEXTS, count - done);
    const heap = room.take(TEXTS_BYTES);
    room.putSignature(heap, SIGNATURES.globalHeap);
    room.put8(heap + 4, 1);
    room.put64(heap + 8, TEXTS_BYTES);
    let next = heap + GLOBAL_HEAP_BYTES;
    for (let index = 1; index <= here; index++) {
      room.put16(next, index);
      room.put64(next + 8, ATTRIBUTE_VALUE.length);
      room.put(next + 16, ATTRIBUTE_VALUE);
      next += TEXT_BYTES;
      texts.push({ heap, index });
    }
    // Number 0 marks free space, including its own header.
    room.put64(next + 8, heap + TEXTS_BYTES - next);
  }
  return texts;
}
