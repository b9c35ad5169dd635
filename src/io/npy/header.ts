import { badContent, unsupportedArray } from '../../errors';
import { type ByteSource, GET_AGAIN } from '../bytes/byteSource';
import { isNpyDtype, type NpyDtype } from './numbers';

/** The header of a `.npy` file, checked against the file's length. */
export interface NpyHeader {
  readonly dtype: NpyDtype;
  readonly bigEndian: boolean;
  /** Whether the first axis is the fastest, as in Fortran, instead of the last. */
  readonly fortran: boolean;
  readonly shape: readonly number[];
  /** The offset of the values. */
  readonly start: number;
}

/** The first bytes of every `.npy` file: 0x93, then NUMPY. */
const MAGIC = '\u0093NUMPY';
/**
 * The most bytes before the header's text: the magic bytes, the format's version, and the text's
 * length.
 */
const MOST_PREFIX = 12;
/**
 * The longest header: NumPy itself writes a hundred bytes, and reads no more than 10,000 from
 * untrusted files.
 */
const MOST_TEXT = 10_000;

/** The number of bytes that hold any header, and what is before it. */
export const MOST_HEADER_BYTES = MOST_PREFIX + MOST_TEXT;
const AGAIN = 'Save it again with np.save.';
const latin1 = new TextDecoder('latin1');

/**
 * Reads the header.
 *
 * @throws SAE_FILE for a file that is damaged or of another kind; SAE_UNSUPPORTED for an array of
 *   anything but numbers.
 */
export async function readHeader(source: ByteSource): Promise<NpyHeader> {
  const { size } = source;
  const { text, start } = await headerText(source);
  const descr = /'descr'\s*:\s*(?:'([^']*)'|(\[))/.exec(text);
  if (!descr?.[1] && !descr?.[2]) throw damaged('a header without a dtype');
  // NumPy writes no byte order for single bytes.
  const [, order = '', dtype = ''] = /^([<>|])([a-z]\d+)$/.exec(descr[1] ?? '') ?? [];
  if (!isNpyDtype(dtype) || (order === '|' && !dtype.endsWith('1'))) {
    const received = descr[2] ? 'a structured array' : `dtype ${(descr[1] ?? '').slice(0, 40)}`;
    throw unsupportedArray('an array of numbers', received, "x.astype('float32')");
  }
  const fortran = /'fortran_order'\s*:\s*(True|False)\b/.exec(text)?.[1];
  if (fortran === undefined) throw damaged('a header without the order of its values');
  const shape = shapeIn(text);
  if (shape === undefined) throw damaged('a header without a shape');
  const bytes = shape.reduce((product, length) => product * length, Number(dtype.slice(1)));
  if (bytes !== size - start) {
    const shown = `[${shape.join(', ')}] of ${dtype}`;
    throw badContent(`${bytes} bytes for ${shown}`, `${size - start}`, GET_AGAIN);
  }
  return { dtype, bigEndian: order === '>', fortran: fortran === 'True', shape, start };
}

/** Returns the lengths of the axes; undefined if the text has no tuple of them. */
function shapeIn(text: string): number[] | undefined {
  const tuple = /'shape'\s*:\s*\(([^)]*)\)/.exec(text)?.[1]?.trim().replace(/,$/, '');
  if (tuple === undefined) return undefined;
  const lengths = tuple === '' ? [] : tuple.split(',').map((length) => length.trim());
  const shape = lengths.map((length) => (/^\d+$/.test(length) ? Number(length) : Number.NaN));
  return shape.every(Number.isSafeInteger) ? shape : undefined;
}

async function headerText(source: ByteSource): Promise<{ text: string; start: number }> {
  const { size } = source;
  const prefix = await source.read(0, Math.min(size, MOST_PREFIX));
  const begins = latin1.decode(prefix);
  if (begins.startsWith('PK')) {
    throw badContent('a .npy file', 'a zip, as .npz files are', 'Save one array with np.save.');
  }
  if (prefix.length < MAGIC.length || !isMagic(prefix)) {
    throw badContent('a .npy file', 'something else', 'Save the array with np.save.');
  }
  if (prefix.length < MOST_PREFIX) throw damaged('one that breaks off');
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.length);
  const isFirst = prefix[6] === 1;
  const length = isFirst ? view.getUint16(8, true) : view.getUint32(8, true);
  const begin = isFirst ? MOST_PREFIX - 2 : MOST_PREFIX;
  if (length > MOST_TEXT) throw damaged(`a header of ${length} bytes`);
  if (begin + length > size) throw damaged('one that breaks off');
  return { text: latin1.decode(await source.read(begin, length)), start: begin + length };
}

/** Compares bytes, because latin1 decodes 0x93 to another character than U+0093. */
const isMagic = (bytes: Uint8Array) =>
  Array.from(MAGIC, (character) => character.charCodeAt(0)).every((byte, i) => bytes[i] === byte);

const damaged = (received: string) => badContent('the header of a .npy file', received, AGAIN);
