import { badContent, namingFile } from '../../errors';
import type { ByteSource } from '../bytes/byteSource';
import type { Dtype } from '../bytes/dtypes';
import type { StoredTensor } from '../bytes/storedTensor';
import { viewedTensor } from '../bytes/viewedTensor';
import { windowOf } from '../bytes/windowOf';
import { MOST_HEADER_BYTES, readHeader } from '../npy/header';
import type { NpyDtype } from '../npy/numbers';
import { memberSources } from '../zip/memberSources';
import { memberStart, type ZipMember, zipMembers } from '../zip/read';
import { zipChunks } from '../zip/write';
import type { Tensors } from './tensors';

/** The most arrays in a file: dictionaries have ten. */
const MOST_ARRAYS = 64;
/** The longest compressed array, since it is inflated as a whole; np.savez does not compress. */
const MOST_INFLATED = 2 ** 30;
/** The alignment of values in NumPy's files. */
const ALIGNMENT = 64;
const ENDING = '.npy';

const DTYPES: Readonly<Record<NpyDtype, Dtype>> = {
  ...{ b1: 'bool', u1: 'uint8', u2: 'uint16', u4: 'uint32', u8: 'uint64' },
  ...{ i1: 'int8', i2: 'int16', i4: 'int32', i8: 'int64' },
  ...{ f2: 'float16', f4: 'float32', f8: 'float64' },
};

/**
 * Opens the arrays in a file of np.savez or np.savez_compressed, to be read on demand, by their
 * names without `.npy`.
 *
 * @throws SAE_FILE if it is damaged or of another kind; SAE_UNSUPPORTED for an array of anything
 *   but numbers.
 */
export async function openNpz(source: ByteSource): Promise<Tensors> {
  const tensors = new Map<string, StoredTensor>();
  const open = memberSources(source);
  for (const member of await zipMembers(source, MOST_ARRAYS)) {
    if (!member.name.endsWith(ENDING)) {
      throw badContent('arrays alone, as np.savez writes them', member.name, 'Give a .npz file.');
    }
    const name = member.name.slice(0, -ENDING.length);
    const within = `${source.name}, array ${name}`;
    tensors.set(name, await namingFile(within, () => tensorOf(source, member, open(member))));
  }
  return tensors;
}

async function tensorOf(
  source: ByteSource,
  member: ZipMember,
  bytes: ByteSource,
): Promise<StoredTensor> {
  const { size } = member;
  if (member.method === 'deflated' && size > MOST_INFLATED) {
    const advice = 'Save it with np.savez, which compresses nothing.';
    throw badContent(`at most ${MOST_INFLATED} bytes that are compressed`, `${size}`, advice);
  }
  const start = await memberStart(source, member, Math.min(size, MOST_HEADER_BYTES));
  const header = await readHeader({
    name: source.name,
    size,
    read: async (offset, length) => start.subarray(offset, offset + length),
    close: async () => {},
  });
  const { dtype, shape, fortran, bigEndian } = header;
  const values = windowed(bytes, header.start);
  return viewedTensor(
    values,
    DTYPES[dtype],
    { offset: 0, shape, strides: stridesOf(shape, fortran) },
    bigEndian,
  );
}

/**
 * Returns what follows a header. Unlike a part of a file, it is read from the first byte, for the
 * checksum.
 */
function windowed(bytes: ByteSource, start: number): ByteSource {
  const values = windowOf(bytes, start, bytes.size - start);
  let isFirst = true;
  return {
    ...values,
    read: async (offset, length) => {
      if (isFirst) await bytes.read(0, start);
      isFirst = false;
      return values.read(offset, length);
    },
  };
}

/** Returns the strides of each axis: the last one is the fastest, or in Fortran order the first. */
function stridesOf(shape: readonly number[], fortran: boolean): number[] {
  return shape.map((_, axis) =>
    (fortran ? shape.slice(0, axis) : shape.slice(axis + 1)).reduce((a, b) => a * b, 1),
  );
}

/** An array to be written, its bytes little-endian. */
export interface WrittenArray {
  /** NumPy's name: `f4`. */
  readonly dtype: NpyDtype;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** Returns the file that np.savez would write for some arrays, in pieces. */
export const npzPieces = (arrays: ReadonlyMap<string, WrittenArray>): Uint8Array[] =>
  zipChunks(
    Array.from(arrays, ([name, array]) => ({
      name: `${name}${ENDING}`,
      chunks: [headerOf(array), array.bytes],
    })),
  );

/**
 * Returns the head of a `.npy` file of version 1.0: magic bytes, the header's length, and the
 * padded header.
 */
function headerOf({ dtype, shape }: WrittenArray): Uint8Array {
  const order = dtype.endsWith('1') ? '|' : '<';
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const said = `{'descr': '${order}${dtype}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const prefix = [0x93, ...new TextEncoder().encode('NUMPY'), 1, 0];
  const length = Math.ceil((prefix.length + 2 + said.length + 1) / ALIGNMENT) * ALIGNMENT;
  const text = `${said.padEnd(length - prefix.length - 3)}\n`;
  const head = new Uint8Array(length);
  head.set(prefix);
  new DataView(head.buffer).setUint16(prefix.length, text.length, true);
  head.set(new TextEncoder().encode(text), prefix.length + 2);
  return head;
}
