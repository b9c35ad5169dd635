import { parse } from 'npyjs';
import { joined } from '../bytes';
import { badFile, unsupportedArray } from '../errors';
import { GET_AGAIN } from '../io/bytes/byteSource';
import { type ByteSource, openSource } from '../io/bytes/source';

/** An array in a `.npy` file, read a piece at a time. */
export interface NpyArray {
  readonly name: string;
  readonly shape: readonly number[];
  /** As NumPy has it: `|u1`, `<f4`. */
  readonly dtype: string;
  /** Values `first` to `first + count`, all axes in one line, the last one fastest. */
  read(first: number, count: number): Promise<ArrayLike<number | bigint | boolean>>;
  close(): Promise<void>;
}

/** What every `.npy` file starts with. */
const MAGIC = [0x93, ...Buffer.from('NUMPY')];
/** Before the header: the magic bytes, the format's version, and the header's length. */
const MOST_PREFIX = 12;
/** NumPy itself writes a hundred bytes, and reads no more than 10,000 from strangers. */
const MOST_HEADER = 10_000;
/** Numbers in the order of bytes that processors have. */
const NUMBERS = /^(?:\|[biu]1|<[iu][248]|<f[248])$/;
/** What typed arrays may start at, whatever they hold. */
const ALIGNMENT = 8;

const AGAIN = 'Save it again with np.save.';

/**
 * Opens an array that NumPy has saved.
 *
 * @param path a path, or an http(s) address
 * @returns the caller closes it.
 * @throws SAE_FILE for a file that is missing, damaged or something else; SAE_UNSUPPORTED for an
 * array of something other than numbers, or in Fortran's order.
 */
export async function openNpy(path: string): Promise<NpyArray> {
  const source = await openSource(path);
  try {
    return await arrayIn(source);
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function arrayIn(source: ByteSource): Promise<NpyArray> {
  const { name, size } = source;
  const { text, end } = await header(source);
  const dtype = /'descr'\s*:\s*('[^']*'|\[)/.exec(text)?.[1]?.replaceAll("'", '') ?? '';
  if (dtype === '') throw damaged(name, 'a header without a dtype');
  if (!NUMBERS.test(dtype)) {
    const received = dtype === '[' ? 'a structured array' : `dtype ${dtype.slice(0, 40)}`;
    throw unsupportedArray(name, 'an array of numbers', received, "x.astype('float32')");
  }
  const prefix = headerBytes(text);
  const decode = (bytes: Uint8Array) => parse(joined([prefix, bytes]).buffer);
  const { shape, fortranOrder } = decode(new Uint8Array(0));
  if (fortranOrder) {
    throw unsupportedArray(
      name,
      'one row after another',
      "Fortran's order",
      'np.ascontiguousarray(x)',
    );
  }
  const bytesEach = Number(dtype.slice(2));
  const bytes = shape.reduce((product, length) => product * length, bytesEach);
  const isShape =
    /'shape'\s*:\s*\(/.test(text) && shape.every((n) => Number.isSafeInteger(n) && n >= 0);
  if (!isShape) throw damaged(name, 'a header without a shape');
  if (bytes !== size - end) {
    const shown = `[${shape.join(', ')}] of ${dtype.slice(1)}`;
    throw badFile(name, `${bytes} bytes for ${shown}`, `${size - end}`, GET_AGAIN);
  }
  return {
    name,
    shape,
    dtype,
    read: async (first, count) => {
      const piece = await source.read(end + first * bytesEach, count * bytesEach);
      return decode(piece).data as unknown as ArrayLike<number | bigint | boolean>;
    },
    close: () => source.close(),
  };
}

/** The header's text, and where the values begin. */
async function header(source: ByteSource): Promise<{ text: string; end: number }> {
  const { name, size } = source;
  const start = await source.read(0, Math.min(size, MOST_PREFIX));
  if (start[0] === 0x50 && start[1] === 0x4b) {
    throw badFile(name, 'a .npy file', 'a zip, as .npz files are', 'Save one array with np.save.');
  }
  if (!MAGIC.every((byte, i) => start[i] === byte)) {
    throw badFile(name, 'a .npy file', 'something else', 'Save the array with np.save.');
  }
  if (start.length < MOST_PREFIX) throw damaged(name, 'one that breaks off');
  const view = new DataView(start.buffer, start.byteOffset, start.length);
  const isFirst = start[6] === 1;
  const length = isFirst ? view.getUint16(8, true) : view.getUint32(8, true);
  const begin = isFirst ? MOST_PREFIX - 2 : MOST_PREFIX;
  if (length > MOST_HEADER) throw damaged(name, `a header of ${length} bytes`);
  if (begin + length > size) throw damaged(name, 'one that breaks off');
  const bytes = await source.read(begin, length);
  return { text: Buffer.from(bytes).toString('latin1'), end: begin + length };
}

/** A header of its own before each piece: npyjs reads arrays that are whole and well aligned. */
function headerBytes(text: string): Uint8Array {
  const length = Math.ceil((text.length + MOST_PREFIX) / ALIGNMENT) * ALIGNMENT - MOST_PREFIX;
  const bytes = new Uint8Array(MOST_PREFIX + length);
  bytes.set([...MAGIC, 2, 0]);
  new DataView(bytes.buffer).setUint32(8, length, true);
  bytes.set(Buffer.from(text.padEnd(length), 'latin1'), MOST_PREFIX);
  return bytes;
}

const damaged = (name: string, received: string) =>
  badFile(name, 'the header of a .npy file', received, AGAIN);
