import { blockRowsFor } from './rowPlan';

const FLOAT_BYTES = 4;
/** The size of a window of rows in bytes; two of them are held. */
const WINDOW_BYTES = 2 ** 28;
/** The number of bytes read in one piece. */
const BLOCK_BYTES = 2 ** 22;

/** Returns how many rows of a width fit in the memory that training uses for them. */
export const windowRowsFor = (width: number): number =>
  Math.max(1, Math.floor(WINDOW_BYTES / (FLOAT_BYTES * width)));

/** Returns how many rows of a width are read in one piece, for windows of a given size. */
export const blockRowsIn = (width: number, windowRows: number): number =>
  blockRowsFor(windowRows, Math.max(1, Math.floor(BLOCK_BYTES / (FLOAT_BYTES * width))));
