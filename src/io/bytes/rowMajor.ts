import type { ByteSource } from './byteSource';
import { sizeOf } from './storedTensor';
import { alignedTo } from './values';

/** A storage seen as an array: value [i, j] is at `offset + i·strides[0] + j·strides[1]`. */
export interface View {
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** An axis: its stride in the storage, and in the result. */
interface Axis {
  readonly length: number;
  readonly stride: number;
  readonly step: number;
}

/** The types in which numbers are copied, whatever they are. */
type Words = Uint8Array | Uint16Array | Uint32Array;

/** The bytes read at once, if only some of them are needed, or in another order. */
const PIECE_BYTES = 2 ** 23;
/** This many bytes are read at once even if few of them are needed, since a call costs as much. */
const NEAR_BYTES = 2 ** 16;
/** The most bytes that are read per needed byte. */
const MOST_SPREAD = 8;

/**
 * Reads a view's values in the order of its axes, the last one fastest.
 *
 * Consecutive values are read in one piece. Others are read in parts: the axis with the largest
 * stride is halved until a part is small and most of it is needed.
 *
 * @param width the width of a value in bytes
 * @param pieceBytes the number of bytes read at once
 */
export async function rowMajor(
  source: ByteSource,
  view: View,
  width: number,
  pieceBytes = PIECE_BYTES,
): Promise<Uint8Array> {
  const size = sizeOf(view.shape);
  if (size === 0) return new Uint8Array(0);
  const axes = axesOf(view);
  if (axes.length === 0 || (axes.length === 1 && axes[0]?.stride === 1)) {
    return source.read(view.offset * width, size * width);
  }
  const bytes = new Uint8Array(size * width);
  const word = Math.min(width, Uint32Array.BYTES_PER_ELEMENT);
  const out = wordsOf(bytes, word);
  const read = async (from: number, count: number) =>
    wordsOf(alignedTo(word, await source.read(from * word, count * word)), word);
  await fill(inWords(axes, width / word), (view.offset * width) / word, 0);
  return bytes;

  async function fill(axes: readonly Axis[], from: number, to: number): Promise<void> {
    const span = axes.reduce((sum, { length, stride }) => sum + (length - 1) * stride, 1);
    const wanted = axes.reduce((product, { length }) => product * length, 1);
    const isNear = span * word <= NEAR_BYTES || span <= MOST_SPREAD * wanted;
    if (isNear && span * word <= pieceBytes) {
      copy(await read(from, span), 0, out, to, axes);
      return;
    }
    const widest = axes.findIndex(({ length }) => length > 1);
    const { length, stride, step } = axes[widest] as Axis;
    const half = Math.ceil(length / 2);
    const ofLength = (places: number) =>
      axes.map((axis, i) => (i === widest ? { ...axis, length: places } : axis));
    await fill(ofLength(half), from, to);
    await fill(ofLength(length - half), from + half * stride, to + half * step);
  }
}

/**
 * Returns a view's axes without those of length 1, with contiguous axes merged; the widest first.
 */
function axesOf({ shape, strides }: View): Axis[] {
  const axes: Axis[] = [];
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    const length = shape[i] as number;
    const stride = strides[i] as number;
    const inner = axes.at(-1);
    if (inner && length > 1 && stride === inner.stride * inner.length) {
      axes[axes.length - 1] = { ...inner, length: inner.length * length };
    } else if (length > 1) {
      axes.push({ length, stride, step });
    }
    step *= length;
  }
  return axes.sort((a, b) => b.stride - a.stride);
}

/** Returns the same axes if a value consists of several words. */
function inWords(axes: readonly Axis[], words: number): readonly Axis[] {
  if (words === 1) return axes;
  const wider = axes.map(({ length, stride, step }) => ({
    length,
    stride: stride * words,
    step: step * words,
  }));
  return [...wider, { length: words, stride: 1, step: 1 }];
}

function copy(piece: Words, from: number, out: Words, to: number, axes: readonly Axis[]): void {
  const [{ length, stride, step }, ...inner] = axes as [Axis, ...Axis[]];
  for (let i = 0; i < length; i++) {
    if (inner.length > 0) copy(piece, from + i * stride, out, to + i * step, inner);
    else out[to + i * step] = piece[from + i * stride] as number;
  }
}

function wordsOf({ buffer, byteOffset, length }: Uint8Array, word: number): Words {
  switch (word) {
    case 1:
      return new Uint8Array(buffer, byteOffset, length);
    case 2:
      return new Uint16Array(buffer, byteOffset, length / 2);
    default:
      return new Uint32Array(buffer, byteOffset, length / 4);
  }
}
