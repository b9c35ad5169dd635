import { blockRowsFor } from './rowPlan';

const FLOAT_BYTES = 4;
/** What a window of rows takes; two of them are held. */
const WINDOW_BYTES = 2 ** 28;
/** What is read in one piece. */
const BLOCK_BYTES = 2 ** 22;

/** How many rows of a width fit into the memory that training takes for them. */
export const windowRowsFor = (width: number): number =>
  Math.max(1, Math.floor(WINDOW_BYTES / (FLOAT_BYTES * width)));

/** How many rows of a width are read in one piece, for windows of a size. */
export const blockRowsIn = (width: number, windowRows: number): number =>
  blockRowsFor(windowRows, Math.max(1, Math.floor(BLOCK_BYTES / (FLOAT_BYTES * width))));
