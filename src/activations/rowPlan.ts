import { shuffled } from './shuffle';

/** What an order of rows follows from: nothing else decides it. */
export interface PlanArgs {
  /** All rows that there are. */
  readonly rows: number;
  /** How many of them training never sees. */
  readonly heldOut: number;
  /** Rows that are in memory, and are mixed, at a time. */
  readonly windowRows: number;
  /** Rows that lie beside each other and are read in one piece. */
  readonly blockRows: number;
  /** An integer from 0 to 2³² − 1. */
  readonly seed: number;
}

/** Some blocks whose rows are mixed with each other. */
export interface RowWindow {
  /** Its blocks by number, in the order in which they are read. */
  readonly blocks: Uint32Array;
  /** Rows of them that are trained on. */
  readonly rows: number;
}

/** What is drawn: each from a stream of its own. */
const DRAWS = { split: 1, blocks: 2, rows: 3 };
/** Windows are of so many blocks, where there are as many: fewer would mix less. */
const LEAST_BLOCKS = 16;

/**
 * The order in which training goes through rows that do not fit into memory.
 *
 * Rows that lie beside each other are a block. In each pass the blocks come in another random order;
 * some of them together are a window, which fits into memory, and the window's rows come in a random
 * order. So a batch has rows of many places, and each pass other ones; where all rows fit into one
 * window, every order of the rows is as likely. Which rows are held out is drawn block by block, so
 * that every part of the data has its share. All of it follows from the arguments and the pass alone,
 * and any place in a pass is found without going through what lies before it.
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

  /** Whether all rows are one window. */
  get isWhole(): boolean {
    return this.perWindow === this.blocks;
  }

  /** Rows of a pass. */
  get trainingRows(): number {
    return this.args.rows - this.args.heldOut;
  }

  /** The most rows that a window has. */
  get mostInWindow(): number {
    return Math.min(this.args.rows, this.perWindow * this.args.blockRows);
  }

  /** Where a block begins, and how many rows it has. */
  blockAt(block: number): { first: number; rows: number } {
    const { rows, blockRows } = this.args;
    const first = block * blockRows;
    return { first, rows: Math.min(blockRows, rows - first) };
  }

  /** The rows of a block by their numbers within it, rising: those that are trained on, or the others. */
  rowsIn(block: number, side: 'training' | 'heldOut'): Uint32Array {
    const { rows } = this.blockAt(block);
    const trained = rows - this.heldOutIn(block);
    const order = shuffled(counted(rows), mixed(this.args.seed, DRAWS.split, block), 0);
    return side === 'training' ? order.slice(0, trained).sort() : order.slice(trained).sort();
  }

  /** The windows of a pass; where there is only one, its blocks lie as they are stored. */
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

  /** The order of a window's rows: their places where its blocks lie one after another. */
  rowOrder(pass: number, window: number, rows: number): Uint32Array {
    return shuffled(counted(rows), mixed(this.args.seed, DRAWS.rows, pass, window), 0);
  }

  private heldOutIn(block: number): number {
    const { first, rows } = this.blockAt(block);
    return this.heldOutBefore(first + rows) - this.heldOutBefore(first);
  }

  private heldOutBefore(row: number): number {
    const { rows, heldOut } = this.args;
    // Exactly: rounded, a block could have one more than it has rows.
    return Number((BigInt(row) * BigInt(heldOut)) / BigInt(rows));
  }
}

/**
 * How many rows a block has, for windows of a size.
 *
 * @param most what is read in one piece at most
 */
export const blockRowsFor = (windowRows: number, most: number): number =>
  Math.max(1, Math.min(most, Math.floor(windowRows / LEAST_BLOCKS)));

const counted = (length: number) => Uint32Array.from({ length }, (_, i) => i);

/** Some integers as one seed: MurmurHash3 of their 32 bits each. */
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
