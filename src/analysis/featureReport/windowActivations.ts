import type { SparseCodes } from '../../kernels/sparseCodes';
import type { CodeSpan } from './codeSpan';
import type { Documents } from './documents';

/** A feature's activations on the tokens around each of its examples. */
export class WindowActivations {
  private readonly width: number;
  /** By list of examples, its places one after another; only for lists that have any. */
  private readonly blocks: (Float32Array | undefined)[] = [];

  /** @param places in a list */
  constructor(
    private readonly documents: Documents,
    private readonly places: number,
  ) {
    this.width = 2 * documents.context + 1;
  }

  /** Notes the activations of `feature` around a row of a span, for the example at `place`. */
  note(place: number, { codes, first }: CodeSpan, row: number, feature: number): void {
    const { from, to } = this.documents.rowsAround(first + row);
    const activations = this.at(place);
    for (let other = from; other < to; other++) {
      activations[other - from] = codeOf(codes, other - first, feature);
    }
  }

  /** What was noted for the example at `place`, which is that row. */
  of(place: number, row: number): number[] {
    const { from, to } = this.documents.rowsAround(row);
    return Array.from(this.at(place).subarray(0, to - from));
  }

  private at(place: number): Float32Array {
    const list = Math.floor(place / this.places);
    let block = this.blocks[list];
    if (block === undefined) {
      block = new Float32Array(this.places * this.width);
      this.blocks[list] = block;
    }
    const start = (place % this.places) * this.width;
    return block.subarray(start, start + this.width);
  }
}

/** One code of a row, whose features ascend. */
function codeOf({ indices, values, rowOffsets }: SparseCodes, row: number, feature: number) {
  let low = rowOffsets[row] as number;
  let high = rowOffsets[row + 1] as number;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((indices[middle] as number) < feature) low = middle + 1;
    else high = middle;
  }
  const found = low < (rowOffsets[row + 1] as number) && indices[low] === feature;
  return found ? (values[low] as number) : 0;
}
