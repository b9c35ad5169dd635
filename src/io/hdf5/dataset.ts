import { DTYPE_BYTES, type Dtype } from '../bytes/dtypes';
import { isBfloat16 } from './attribute';
import { dtypeOf } from './datatypes';
import type { Hdf5Dataset } from './file';
import { MESSAGES, NOWHERE } from './format';
import type { GlobalHeaps } from './globalHeap';
import { broken, foreign, type Metadata, uint64 } from './metadata';
import type { Message } from './objectHeader';

/** The most dimensions: HDF5's own limit. */
const MOST_DIMS = 32;
/** The layouts by number; 3 is the newest in files for old readers. */
const LAYOUTS = ['compact data', 'contiguous data', 'chunked data', 'a virtual dataset'] as const;

/**
 * Reads a dataset from the messages of its object header, without its data.
 *
 * @throws SAE_FILE if it is not contiguous numbers of the right length.
 */
export async function datasetOf(
  metadata: Metadata,
  heaps: GlobalHeaps,
  messages: readonly Message[],
  path: string,
): Promise<Hdf5Dataset> {
  const only = (type: number, what: string): DataView => {
    const [message, second] = messages.filter((m) => m.type === type);
    if (message !== undefined && second === undefined) return message.data;
    throw broken(`${path} with one ${what}`, message === undefined ? 'none' : 'two');
  };
  const shape = shapeOf(path, only(MESSAGES.dataspace, 'shape'));
  const dtype = await dtypeIn(heaps, path, only(MESSAGES.datatype, 'datatype'), messages);
  const bytes = shape.reduce((size, dim) => size * dim, DTYPE_BYTES[dtype]);
  if (!Number.isSafeInteger(bytes)) {
    throw broken(`${path} of a size that a file can have`, `[${shape.join(', ')}]`);
  }
  const layout = only(MESSAGES.layout, 'place');
  return { path, shape, dtype, offset: placeOf(metadata, path, layout, bytes), bytes };
}

/** Returns the first four bytes of a message, padded with zeros. */
function firstBytes(view: DataView): [number, number, number, number] {
  const at = (i: number) => (i < view.byteLength ? view.getUint8(i) : 0);
  return [at(0), at(1), at(2), at(3)];
}

function shapeOf(path: string, view: DataView): number[] {
  const [version, dims, , kind] = firstBytes(view);
  if (version !== 1 && version !== 2) {
    throw broken(`the shape of ${path}`, `version ${version}`);
  }
  if (version === 2 && kind === 2) throw foreign(`values in ${path}`, 'no shape');
  const start = version === 1 ? 8 : 4;
  if (dims > MOST_DIMS || start + 8 * dims > view.byteLength) {
    throw broken(`the shape of ${path}`, `${dims} dimensions`);
  }
  return Array.from({ length: dims }, (_, i) => uint64(view, start + 8 * i));
}

async function dtypeIn(
  heaps: GlobalHeaps,
  path: string,
  view: DataView,
  messages: readonly Message[],
): Promise<Dtype> {
  const type = dtypeOf(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  const unlike = (words: string) => foreign(`little-endian numbers in ${path}`, words);
  if ('words' in type) throw unlike(type.words);
  if (type.dtype !== 'bfloat16') return type.dtype;
  for (const { type: kind, data } of messages) {
    if (kind === MESSAGES.attribute && (await isBfloat16(heaps, data, path))) return 'bfloat16';
  }
  throw unlike('opaque bytes that do not say "bfloat16"');
}

/** Returns where the data is, after checking its length against the shape. */
function placeOf(metadata: Metadata, path: string, view: DataView, bytes: number): number {
  const [version, second, third] = firstBytes(view);
  const kind = version < 3 ? third : second;
  const expected = `contiguous data in ${path}`;
  if (kind !== 1) throw foreign(expected, LAYOUTS[kind] ?? `layout ${kind}`);
  if (version !== 3) throw foreign(expected, `a layout of version ${version}`);
  if (view.byteLength < 18) throw broken(expected, 'a layout that breaks off');
  const stored = uint64(view, 10);
  const nowhere = NOWHERE.every((byte, i) => view.getUint8(2 + i) === byte);
  if (nowhere && bytes > 0) {
    throw foreign(expected, 'data that was never written');
  }
  if (stored !== bytes) {
    throw broken(`${bytes} bytes in ${path}, as its shape tells`, `${stored}`);
  }
  if (nowhere) return 0;
  const at = uint64(view, 2);
  metadata.checkInside(at, bytes, `the data of ${path}`);
  return at;
}
