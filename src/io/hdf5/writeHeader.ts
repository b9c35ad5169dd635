import { HEADER_BYTES, MESSAGE_BYTES, padded } from './format';
import type { Room } from './room';

/** A message to write, and whether it is constant. */
export interface NewMessage {
  readonly type: number;
  readonly bytes: number;
  readonly constant?: boolean;
}

/**
 * Writes an object's header; the caller fills in the messages.
 *
 * @returns its address, and that of each message's data
 */
export function writeHeader(
  room: Room,
  messages: readonly NewMessage[],
): { readonly at: number; readonly data: readonly number[] } {
  const bytes = messages.reduce((sum, message) => sum + MESSAGE_BYTES + padded(message.bytes), 0);
  const at = room.take(HEADER_BYTES + bytes);
  room.put8(at, 1);
  room.put16(at + 2, messages.length);
  // The number of links to it.
  room.put32(at + 4, 1);
  room.put32(at + 8, bytes);
  let next = at + HEADER_BYTES;
  const data = messages.map((message) => {
    room.put16(next, message.type);
    room.put16(next + 2, padded(message.bytes));
    room.put8(next + 4, message.constant ? 1 : 0);
    const start = next + MESSAGE_BYTES;
    next = start + padded(message.bytes);
    return start;
  });
  return { at, data };
}
