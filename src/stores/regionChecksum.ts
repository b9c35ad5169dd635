import { crc32, joinedCrc32 } from '../io/bytes/crc32';

/** Bytes of a region that have been read. */
interface Piece {
  readonly from: number;
  readonly to: number;
  readonly crc: number;
}

/** More pieces than a shard is ever read in, but for single rows here and there. */
const MOST_PIECES = 2 ** 15;

/**
 * The checksum of bytes that are read in any order, as training reads them: what each piece gives is kept
 * until the pieces are the whole. So it costs one look at each byte, once, when it is near.
 */
export class RegionChecksum {
  /** Whether the whole is as it was written; undefined while not all of it has been read. */
  isRight: boolean | undefined;
  /** In the order of their places; none is over another. */
  private pieces: Piece[] = [];
  private read = 0;

  /**
   * @param start where the region begins
   * @param length its bytes
   * @param expected its CRC-32, in hexadecimal digits
   */
  constructor(
    private readonly start: number,
    private readonly length: number,
    private readonly expected: string,
  ) {
    if (length === 0) this.conclude();
  }

  /** Takes in bytes that were read, as far as they are of this region. */
  see(offset: number, bytes: Uint8Array): void {
    if (this.isRight !== undefined) return;
    const from = Math.max(offset - this.start, 0);
    const to = Math.min(offset - this.start + bytes.length, this.length);
    if (from >= to) return;
    const place = this.placeOf(from);
    let end = place;
    for (let next = this.pieces[end]; next && next.from < to; next = this.pieces[++end]) {
      if (next.to > to) return; // a part of both: whoever reads the rest sees the whole
    }
    const before = this.pieces[place - 1];
    if ((before && before.to > from) || this.pieces.length >= MOST_PIECES) return;
    const inside = this.start + from - offset;
    const crc = crc32(bytes.subarray(inside, inside + to - from));
    const over = this.pieces.splice(place, end - place, { from, to, crc });
    this.read += to - from - over.reduce((sum, piece) => sum + piece.to - piece.from, 0);
    if (this.read === this.length) this.conclude();
  }

  /** The first piece that does not begin before a place. */
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

/** A checksum as manifests have it. */
export const crcText = (crc: number): string => crc.toString(16).padStart(8, '0');
