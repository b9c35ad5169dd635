import { shuffled } from './shuffle';

/** The arguments that alone determine the order of rows. */
export interface PlanArgs {
  /** The number of rows. */
  readonly rows: number;
  /** How many of them training never sees. */
  readonly heldOut: number;
  /** Rows that are held in memory and shuffled at a time. */
  readonly windowRows: number;
  /** Consecutive rows that are read in one piece. */
  readonly blockRows: number;
  /** An integer from 0 to 2³² − 1. */
  readonly seed: number;
}

/** Blocks whose rows are shuffled together. */
export interface RowWindow {
  /** The numbers of its blocks, in the order in which they are read. */
  readonly blocks: Uint32Array;
  /** The number of their training rows. */
  readonly rows: number;
}

/** The random draws, each from a stream of its own. */
const DRAWS = { split: 1, blocks: 2, rows: 3 };
/** The least number of blocks in a window, if there are as many: fewer would mix less. */
const LEAST_BLOCKS = 16;

/**
 * The order in which training reads rows that do not fit in memory.
 *
 * Consecutive rows form a block. In each pass the blocks come in another random order; several of
 * them form a window, which fits in memory, and the window's rows are shuffled. So a batch has rows
 * from many places, and different ones in each pass; if all rows fit in one window, every order is
 * equally likely. Held-out rows are drawn block by block, so that every part of the data has its
 * share. Everything is determined by the arguments and the pass's number, and any place in a pass
 * is found without going through earlier ones.
 */
export class RowPlan {
  /** Number of blocks. */
  readonly blocks: number;
  private readonly perWindow: number;

  constructor(private readonly args: PlanArgs) {
    const { rows, blockRows, windowRows } = args;
    this.blocks = Math.ceil(rows / blockRows);
    this.perWindow =
      rows <= windowRows ? this.blocks : Math.max(1, Math.floor(windowRows / blockRows));
  }

  /** Whether all rows form one window. */
  get isWhole(): boolean {
    return this.perWindow === this.blocks;
  }

  /** The number of rows in a pass. */
  get trainingRows(): number {
    return this.args.rows - this.args.heldOut;
  }

  /** The largest number of rows in a window. */
  get mostInWindow(): number {
    return Math.min(this.args.rows, this.perWindow * this.args.blockRows);
  }

  /** Returns where a block begins, and how many rows it has. */
  blockAt(block: number): { first: number; rows: number } {
    const { rows, blockRows } = this.args;
    const first = block * blockRows;
    return { first, rows: Math.min(blockRows, rows - first) };
  }

  /**
   * Returns the rows of a block by their numbers within it, ascending: the training rows, or the
   * held-out ones.
   */
  rowsIn(block: number, side: 'training' | 'heldOut'): Uint32Array {
    const { rows } = this.blockAt(block);
    const trained = rows - this.heldOutIn(block);
    const order = shuffled(counted(rows), mixed(this.args.seed, DRAWS.split, block), 0);
    return side === 'training' ? order.slice(0, trained).sort() : order.slice(trained).sort();
  }

  /** Returns the windows of a pass; a single window has its blocks in stored order. */
  windows(pass: number): RowWindow[] {
    const blocks = counted(this.blocks);
    const order = this.isWhole
      ? blocks
      : shuffled(blocks, mixed(this.args.seed, DRAWS.blocks, pass), 0);
    return Array.from({ length: Math.ceil(this.blocks / this.perWindow) }, (_, i) => {
      const blocks = order.subarray(i * this.perWindow, (i + 1) * this.perWindow);
      const rows = blocks.reduce(
        (sum, block) => sum + this.blockAt(block).rows - this.heldOutIn(block),
        0,
      );
      return { blocks, rows };
    });
  }

  /** Returns the order of a window's rows, as indices into its concatenated blocks. */
  rowOrder(pass: number, window: number, rows: number): Uint32Array {
    return shuffled(counted(rows), mixed(this.args.seed, DRAWS.rows, pass, window), 0);
  }

  private heldOutIn(block: number): number {
    const { first, rows } = this.blockAt(block);
    return this.heldOutBefore(first + rows) - this.heldOutBefore(first);
  }

  private heldOutBefore(row: number): number {
    const { rows, heldOut } = this.args;
    // Computed exactly: after rounding, a block could have one more than it has rows.
    return Number((BigInt(row) * BigInt(heldOut)) / BigInt(rows));
  }
}

/**
 * Returns how many rows a block has, for windows of a given size.
 *
 * @param most the most rows to read in one piece
 */
export const blockRowsFor = (windowRows: number, most: number): number =>
  Math.max(1, Math.min(most, Math.floor(windowRows / LEAST_BLOCKS)));

const counted = (length: number) => Uint32Array.from({ length }, (_, i) => i);

/** Combines integers into one seed: MurmurHash3 of their 32 bits each. */
function mixed(...numbers: number[]): number {
  let hash = 0;
  for (const number of numbers) {
    const scrambled = Math.imul(rotated(Math.imul(number, 0xcc9e2d51), 15), 0x1b873593);
    hash = (Math.imul(rotated(hash ^ scrambled, 13), 5) + 0xe6546b64) | 0;
  }
  hash ^= 4 * numbers.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const rotated = (bits: number, by: number) => (bits << by) | (bits >>> (32 - by));
