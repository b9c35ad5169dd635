import { namingFile, unsupportedOnnx } from '../../errors';
import type { ByteSource, Openable } from '../bytes/source';
import { withSource } from '../bytes/source';
import type { Block, OnnxGraph } from './graph';
import { header } from './message';
import { readGraph } from './readGraph';

/** A replacement of bytes. */
export interface Edit {
  /** The offset of the replaced bytes. */
  readonly at: number;
  /** The end of the replaced bytes: equal to `at` if nothing is removed. */
  readonly end: number;
  readonly bytes: Uint8Array;
  /** The messages that contain them, whose lengths change. */
  readonly within: readonly Block[];
}

/** Changes of a file: parts elsewhere stay unchanged. */
export interface Changes {
  readonly edits: readonly Edit[];
  /** Bytes appended to the file: parts of the graph that ONNX's reader merges into it. */
  readonly appended: Uint8Array;
}

/** The length limit of protobuf messages. */
const MOST_BYTES = 2 ** 31 - 1;

/**
 * Returns a file with changes: for a Blob a Blob, which refers to the original's parts without
 * copying; for anything else bytes.
 *
 * @param change returns the changes, given the graph
 * @throws SAE_FILE for a damaged file; SAE_UNSUPPORTED if the result would reach 2 GiB.
 */
export async function changed<Given extends Openable>(
  given: Given,
  change: (graph: OnnxGraph) => Changes | Promise<Changes>,
): Promise<Given extends Blob ? Blob : Uint8Array<ArrayBuffer>> {
  type Changed = Blob | Uint8Array<ArrayBuffer>;
  const work = async (source: ByteSource): Promise<Changed> => {
    const { edits, appended } = await change(await readGraph(source));
    const all = [...edits, ...lengthEdits(edits)].sort((a, b) => a.at - b.at || a.end - b.end);
    const grown = all.reduce((sum, { at, end, bytes }) => sum + bytes.length - (end - at), 0);
    const size = source.size + grown + appended.length;
    if (size > MOST_BYTES) throw unsupportedOnnx('at most 2147483647 bytes', `${size}`);
    return isBlob(given)
      ? new Blob([...partsOf(source, all, (at, end) => given.slice(at, end)), appended as BlobPart])
      : bytesOf(source, all, appended, size);
  };
  const result = await withSource<Changed>(given, (source) =>
    namingFile(source.name, () => work(source)),
  );
  return result as Given extends Blob ? Blob : Uint8Array<ArrayBuffer>;
}

/** Returns whether it is a Blob, of this page or another one. */
export const isBlob = (given: Openable): given is Blob =>
  /\[object (Blob|File)\]/.test(Object.prototype.toString.call(given));

/** Returns edits of the lengths of messages that contain edits. */
function lengthEdits(edits: readonly Edit[]): Edit[] {
  const grown = new Map<number, { block: Block; by: number }>();
  // From the inside out: a longer message may need a longer length, too.
  const add = (block: Block, by: number) => {
    const { start } = block;
    grown.set(start, { block, by: (grown.get(start)?.by ?? 0) + by });
  };
  const outer = new Map<number, readonly Block[]>();
  for (const { at, end, bytes, within } of edits) {
    within.forEach((block, i) => {
      outer.set(block.start, within.slice(0, i));
    });
    const last = within.at(-1);
    if (last) add(last, bytes.length - (end - at));
  }
  const made: Edit[] = [];
  // A message that is nested deeper has more around it.
  const order = [...outer].sort(([, a], [, b]) => b.length - a.length);
  for (const [start, around] of order) {
    const entry = grown.get(start);
    if (entry === undefined) continue;
    const { block, by } = entry;
    const bytes = header(block.number, block.end - block.at + by);
    made.push({ at: block.start, end: block.at, bytes, within: [] });
    const parent = around.at(-1);
    if (parent) add(parent, by + bytes.length - (block.at - block.start));
  }
  return made;
}

/** Returns the file's unchanged parts and what is inserted between them, in order. */
function partsOf<Part>(
  { size }: ByteSource,
  edits: readonly Edit[],
  part: (at: number, end: number) => Part,
): (Part | Uint8Array<ArrayBuffer>)[] {
  const parts: (Part | Uint8Array<ArrayBuffer>)[] = [];
  let at = 0;
  for (const edit of edits) {
    if (edit.at > at) parts.push(part(at, edit.at));
    parts.push(edit.bytes as Uint8Array<ArrayBuffer>);
    at = edit.end;
  }
  if (size > at) parts.push(part(at, size));
  return parts;
}

/** The same in one piece of memory, which is no more than the file takes. */
async function bytesOf(
  source: ByteSource,
  edits: readonly Edit[],
  appended: Uint8Array,
  size: number,
) {
  const whole = new Uint8Array(size);
  const parts = partsOf(source, edits, (at, end) => ({ at, end }));
  let next = 0;
  for (const part of [...parts, appended]) {
    const length = 'end' in part ? part.end - part.at : part.length;
    const place = whole.subarray(next, next + length);
    if (!('end' in part)) place.set(part);
    else if (source.readInto) await source.readInto(place, part.at);
    else place.set(await source.read(part.at, length));
    next += length;
  }
  return whole;
}
