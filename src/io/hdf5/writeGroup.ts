import {
  CACHED,
  HEAP_BYTES,
  INTERNAL_K,
  LEAF_K,
  MESSAGES,
  NOWHERE,
  padded,
  SIGNATURES,
  SYMBOL_BYTES,
} from './format';
import type { Room } from './room';
import { writeHeader } from './writeHeader';

/** The addresses of a group's parts. */
export interface WrittenGroup {
  readonly at: number;
  readonly tree: number;
  readonly heap: number;
}

/** An object in a group; for a group, also its parts. */
export interface NewEntry {
  readonly name: Uint8Array;
  readonly at: number;
  readonly group?: WrittenGroup;
}

/** A node of the tree, or a list of names below it, and the place of its last name in the heap. */
interface Child {
  readonly at: number;
  readonly lastName: number;
}

const TREE_BYTES = 24 + 8 * (2 * INTERNAL_K + 1) + 8 * 2 * INTERNAL_K;
const SYMBOLS_BYTES = 8 + 2 * LEAF_K * SYMBOL_BYTES;
/** The end of a heap's list of free space. */
const NO_FREE_PLACE = 1;

/**
 * Writes a group: its names, lists of them, the tree over the lists, and its object header.
 *
 * @param entries sorted by name, as byte strings
 */
export function writeGroup(room: Room, entries: readonly NewEntry[]): WrittenGroup {
  const { heap, places } = writeHeap(room, entries);
  let children = spread(entries, 2 * LEAF_K).map(({ from, items }) =>
    writeSymbols(room, items, places.slice(from, from + items.length)),
  );
  let level = 0;
  do {
    children = writeLevel(room, children, level++);
  } while (children.length > 1);
  const tree = (children[0] as Child).at;
  const { at, data } = writeHeader(room, [{ type: MESSAGES.symbolTable, bytes: 16 }]);
  room.put64(data[0] as number, tree);
  room.put64((data[0] as number) + 8, heap);
  return { at, tree, heap };
}

/** Writes an entry that refers to an object. */
export function putEntry(
  room: Room,
  at: number,
  name: number,
  entry: Omit<NewEntry, 'name'>,
): void {
  room.put64(at, name);
  room.put64(at + 8, entry.at);
  if (entry.group === undefined) return;
  room.put32(at + 16, CACHED.group);
  room.put64(at + 24, entry.group.tree);
  room.put64(at + 32, entry.group.heap);
}

function writeHeap(room: Room, entries: readonly NewEntry[]): { heap: number; places: number[] } {
  // It begins with the empty name, which comes before all others.
  let bytes = 8;
  const places = entries.map(({ name }) => {
    const place = bytes;
    bytes += padded(name.length + 1);
    return place;
  });
  const heap = room.take(HEAP_BYTES + bytes);
  room.putSignature(heap, SIGNATURES.heap);
  room.put64(heap + 8, bytes);
  room.put64(heap + 16, NO_FREE_PLACE);
  room.put64(heap + 24, heap + HEAP_BYTES);
  for (const [i, { name }] of entries.entries()) {
    room.put(heap + HEAP_BYTES + (places[i] as number), name);
  }
  return { heap, places };
}

function writeSymbols(room: Room, entries: readonly NewEntry[], places: readonly number[]): Child {
  const at = room.take(SYMBOLS_BYTES);
  room.putSignature(at, SIGNATURES.symbols);
  room.put8(at + 4, 1);
  room.put16(at + 6, entries.length);
  for (const [i, entry] of entries.entries()) {
    putEntry(room, at + 8 + i * SYMBOL_BYTES, places[i] as number, entry);
  }
  return { at, lastName: places.at(-1) as number };
}

/** Writes nodes over all children, side by side, each with the last name before every child. */
function writeLevel(room: Room, children: readonly Child[], level: number): Child[] {
  const groups =
    children.length === 0 ? [{ from: 0, items: [] }] : spread(children, 2 * INTERNAL_K);
  const first = room.take(TREE_BYTES * groups.length);
  return groups.map(({ from, items }, n) => {
    const at = first + n * TREE_BYTES;
    room.putSignature(at, SIGNATURES.tree);
    room.put8(at + 5, level);
    room.put16(at + 6, items.length);
    if (n > 0) room.put64(at + 8, at - TREE_BYTES);
    else room.put(at + 8, NOWHERE);
    if (n < groups.length - 1) room.put64(at + 16, at + TREE_BYTES);
    else room.put(at + 16, NOWHERE);
    room.put64(at + 24, children[from - 1]?.lastName ?? 0);
    for (const [i, child] of items.entries()) {
      room.put64(at + 32 + 16 * i, child.at);
      room.put64(at + 40 + 16 * i, child.lastName);
    }
    return { at, lastName: items.at(-1)?.lastName ?? 0 };
  });
}

/** Splits a list into as few pieces as possible, all of similar length. */
function spread<T>(list: readonly T[], most: number): { from: number; items: T[] }[] {
  const pieces = Math.ceil(list.length / most);
  return Array.from({ length: pieces }, (_, i) => {
    const from = Math.floor((i * list.length) / pieces);
    return { from, items: list.slice(from, Math.floor(((i + 1) * list.length) / pieces)) };
  });
}
