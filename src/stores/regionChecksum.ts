import { crc32, joinedCrc32 } from '../io/bytes/crc32';

/** A range of a region that has been read. */
interface Piece {
  readonly from: number;
  readonly to: number;
  readonly crc: number;
}

/** The most pieces: more than a shard is ever read in, except for scattered single rows. */
const MOST_PIECES = 2 ** 15;

/**
 * The checksum of bytes that are read in any order, as in training: the result for each piece is
 * kept until the pieces are complete. So each byte is read only once, when it is in memory anyway.
 */
export class RegionChecksum {
  /** Whether the whole region is as it was written; undefined until all of it has been read. */
  isRight: boolean | undefined;
  /** The pieces in order; they do not overlap. */
  private pieces: Piece[] = [];
  private read = 0;

  /**
   * @param start the offset of the region
   * @param length the number of its bytes
   * @param expected its CRC-32, in hexadecimal digits
   */
  constructor(
    private readonly start: number,
    private readonly length: number,
    private readonly expected: string,
  ) {
    if (length === 0) this.conclude();
  }

  /** Adds bytes that were read, as far as they belong to this region. */
  see(offset: number, bytes: Uint8Array): void {
    if (this.isRight !== undefined) return;
    const from = Math.max(offset - this.start, 0);
    const to = Math.min(offset - this.start + bytes.length, this.length);
    if (from >= to) return;
    const place = this.placeOf(from);
    let end = place;
    for (let next = this.pieces[end]; next && next.from < to; next = this.pieces[++end]) {
      if (next.to > to) return; // a partial overlap: reading the rest will cover the whole
    }
    const before = this.pieces[place - 1];
    if ((before && before.to > from) || this.pieces.length >= MOST_PIECES) return;
    const inside = this.start + from - offset;
    const crc = crc32(bytes.subarray(inside, inside + to - from));
    const over = this.pieces.splice(place, end - place, { from, to, crc });
    this.read += to - from - over.reduce((sum, piece) => sum + piece.to - piece.from, 0);
    if (this.read === this.length) this.conclude();
  }

  /** Returns the first piece that does not begin before an offset. */
  private placeOf(from: number): number {
    let low = 0;
    let high = this.pieces.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.pieces[middle] as Piece).from < from) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private conclude(): void {
    const crc = this.pieces.reduce((all, { crc, from, to }) => joinedCrc32(all, crc, to - from), 0);
    this.isRight = crcText(crc) === this.expected;
    this.pieces = [];
  }
}

/** Formats a checksum as in manifests. */
export const crcText = (crc: number): string => crc.toString(16).padStart(8, '0');
