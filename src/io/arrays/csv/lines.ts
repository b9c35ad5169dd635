import { badContent } from '../../../errors';
import type { ByteSource } from '../../bytes/byteSource';

/** The number of bytes read at once. */
const CHUNK_BYTES = 2 ** 22;
/** The size after which a stretch ends at the next line: what is read for one row. */
const STRETCH_BYTES = 2 ** 16;
/** The longest line: more than a row of numbers takes. */
const MOST_LINE = 2 ** 26;
const [LF, CR, QUOTE] = [10, 13, 34];

/** Consecutive lines. */
export interface Stretch {
  /** The offset of the first line in the file. */
  readonly start: number;
  /** The number of the first line. */
  readonly line: number;
}

/** The lines of a text. */
export interface Lines {
  /** The number of lines that are not empty. */
  readonly count: number;
  /** The stretches, ascending; the last one marks the end and has no lines. */
  readonly stretches: readonly Stretch[];
}

/**
 * Finds the lines of a text, in one pass over it. Quoted text may contain line breaks.
 *
 * @throws SAE_FILE for a line longer than any row of numbers.
 */
export async function findLines(source: ByteSource): Promise<Lines> {
  const stretches: Stretch[] = [];
  let count = 0;
  let lineStart = 0;
  let isQuoted = false;
  let isEmpty = true;
  const endLine = (end: number) => {
    const last = stretches.at(-1);
    if (!isEmpty) {
      if (last === undefined || lineStart - last.start >= STRETCH_BYTES) {
        stretches.push({ start: lineStart, line: count });
      }
      count++;
    }
    lineStart = end;
    isEmpty = true;
  };
  for (let at = 0; at < source.size; at += CHUNK_BYTES) {
    const bytes = await source.read(at, Math.min(CHUNK_BYTES, source.size - at));
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i] as number;
      if (byte === LF && !isQuoted) endLine(at + i + 1);
      else if (byte === QUOTE) {
        isQuoted = !isQuoted;
        isEmpty = false;
      } else if (byte !== CR) isEmpty = false;
    }
    if (at + bytes.length - lineStart > MOST_LINE) {
      const what = isQuoted
        ? 'a quote that does not end'
        : `a line of more than ${MOST_LINE} bytes`;
      throw badContent('a row of numbers on each line', what, 'Write one row a line.');
    }
  }
  endLine(source.size);
  return { count, stretches: [...stretches, { start: source.size, line: count }] };
}
