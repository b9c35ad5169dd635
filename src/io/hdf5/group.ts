import { CACHED, HEAP_BYTES, SIGNATURES, SYMBOL_BYTES } from './format';
import { broken, foreign, type Metadata, signature, uint64 } from './metadata';
import { decodeName, isName, NAME_BYTES } from './names';

/** An object in a group. */
export interface Entry {
  readonly name: string;
  /** The address of its object header. */
  readonly at: number;
}

const TREE_BYTES = 24;
/** The size of a key and a child. */
const CHILD_BYTES = 16;
/** The most levels of a tree: each has 16 to 32 times as many nodes as the one above it. */
const MOST_LEVELS = 8;

interface Heap {
  readonly at: number;
  readonly bytes: number;
}

/**
 * Returns the contents of a group, from its symbol table.
 *
 * @param table the message of its object header
 * @throws SAE_FILE for links to anything but an object, and for invalid names.
 */
export async function entriesOf(
  metadata: Metadata,
  table: DataView,
  path: string,
): Promise<Entry[]> {
  const what = path === '' ? 'the root group' : path;
  if (table.byteLength < 16) throw broken(what, 'a symbol table that breaks off');
  const heap = await heapAt(metadata, uint64(table, 8), what);
  const entries: Entry[] = [];
  const names = new Set<string>();
  for (const leaf of await leavesOf(metadata, uint64(table, 0), what)) {
    metadata.visit(leaf, what);
    const head = await metadata.view(leaf, 8, what);
    if (signature(head, 0, 4) !== SIGNATURES.symbols || head.getUint8(4) !== 1) {
      throw broken(`a list of names in ${what}`, 'something else');
    }
    const count = head.getUint16(6, true);
    const view = await metadata.view(leaf + 8, count * SYMBOL_BYTES, what);
    for (let i = 0; i < count; i++) {
      const entry = i * SYMBOL_BYTES;
      const name = await nameAt(metadata, heap, uint64(view, entry), what);
      if (names.has(name)) throw broken(`one ${name} in ${what}`, 'two');
      names.add(name);
      checkLink(path === '' ? name : `${path}/${name}`, view.getUint32(entry + 16, true));
      entries.push({ name, at: uint64(view, entry + 8) });
    }
  }
  return entries;
}

function checkLink(path: string, cached: number): void {
  if (cached === CACHED.nothing || cached === CACHED.group) return;
  const received = cached === CACHED.softLink ? 'a soft link' : `an entry of kind ${cached}`;
  throw foreign(`${path} as a group or an array`, received);
}

async function heapAt(metadata: Metadata, at: number, what: string): Promise<Heap> {
  metadata.visit(at, what);
  const view = await metadata.view(at, HEAP_BYTES, what);
  if (signature(view, 0, 4) !== SIGNATURES.heap || view.getUint8(4) !== 0) {
    throw broken(`a heap of names in ${what}`, 'something else');
  }
  const heap = { at: uint64(view, 24), bytes: uint64(view, 8) };
  metadata.checkInside(heap.at, heap.bytes, what);
  return heap;
}

async function nameAt(metadata: Metadata, heap: Heap, at: number, what: string): Promise<string> {
  const expected = `names in ${what} of at most ${NAME_BYTES} bytes, without / and dots alone`;
  const room = Math.min(NAME_BYTES + 1, heap.bytes - at);
  if (room <= 0) throw broken(expected, 'one outside its heap');
  const bytes = await metadata.upToZero(heap.at + at, room, what);
  if (bytes === undefined) throw foreign(expected, 'a longer one');
  const name = decodeName(bytes);
  if (name === undefined || !isName(name)) {
    throw foreign(expected, name === undefined ? 'one that is no text' : JSON.stringify(name));
  }
  return name;
}

/** Returns the addresses of the lists of names, in order: the leaves of a B-tree. */
async function leavesOf(metadata: Metadata, root: number, what: string): Promise<number[]> {
  let level: number | undefined;
  let nodes = [root];
  do {
    const children: number[] = [];
    for (const node of nodes) {
      metadata.visit(node, what);
      const head = await metadata.view(node, TREE_BYTES, what);
      const own = head.getUint8(5);
      level ??= own;
      const sound =
        signature(head, 0, 4) === SIGNATURES.tree && head.getUint8(4) === 0 && own === level;
      if (!sound || level > MOST_LEVELS) {
        throw broken(`a tree of names in ${what}`, 'something else');
      }
      const count = head.getUint16(6, true);
      // The names between the children are only needed for searching.
      const view = await metadata.view(node + TREE_BYTES, count * CHILD_BYTES + 8, what);
      for (let i = 0; i < count; i++) children.push(uint64(view, i * CHILD_BYTES + 8));
    }
    nodes = children;
    level = (level ?? 0) - 1;
  } while (level >= 0);
  return nodes;
}
