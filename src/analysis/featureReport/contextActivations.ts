import type { SparseCodes } from '../../kernels/sparseCodes';
import type { CodeSpan } from './codeSpan';
import { type Contexts, type Place, placeAt } from './contexts';

/** A feature's activations on the positions around each of its examples. */
export class ContextActivations {
  /** The values of each list of examples, place by place; only for lists that have any. */
  private readonly blocks: (Float32Array | undefined)[] = [];

  /** @param places the number of places in a list */
  constructor(
    private readonly contexts: Contexts,
    private readonly places: number,
  ) {}

  /** Records the activations of `feature` around a row of a span, for the example at `place`. */
  note(place: number, { codes, origin }: CodeSpan, row: number, feature: number): void {
    if (origin === undefined) return;
    const { example, position } = placeAt(origin, row);
    const { from, to } = this.contexts.around(example, position);
    const activations = this.at(place).fill(Number.NaN); // positions without a row stay NaN
    const noteRow = (other: number) => {
      const { example: of, position: at } = placeAt(origin, other);
      if (of !== example || at < from || at >= to) return false;
      activations[at - from] = codeOf(codes, other, feature);
      return true;
    };
    for (let other = row; other >= 0 && noteRow(other); other--);
    for (let other = row + 1; other < origin.examples.length && noteRow(other); other++);
  }

  /**
   * Returns what was recorded for the example at `place`, given its origin; null where there is no
   * row.
   */
  of(place: number, { example, position }: Place): (number | null)[] {
    const { from, to } = this.contexts.around(example, position);
    return Array.from(this.at(place).subarray(0, to - from), (code) =>
      Number.isNaN(code) ? null : code,
    );
  }

  private at(place: number): Float32Array {
    const { width } = this.contexts;
    const list = Math.floor(place / this.places);
    let block = this.blocks[list];
    if (block === undefined) {
      block = new Float32Array(this.places * width);
      this.blocks[list] = block;
    }
    const start = (place % this.places) * width;
    return block.subarray(start, start + width);
  }
}

/** Returns one code of a row, whose features ascend. */
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
