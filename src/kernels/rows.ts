// Rows of a matrix as they lie in the kernels' memory: each at an offset of its own, in floats.

/** Rows that are transposed together: they fill two cache lines of each column, and fit the cache. */
const BLOCK = 32;

/** `[rows, width]`, one row after another. */
export function readRows(memory: Float32Array, offsets: Uint32Array, width: number): Float32Array {
  const values = new Float32Array(offsets.length * width);
  offsets.forEach((offset, row) => {
    values.set(memory.subarray(offset, offset + width), row * width);
  });
  return values;
}

/** The transpose of {@link readRows}: `[width, rows]`. */
export function readColumns(
  memory: Float32Array,
  offsets: Uint32Array,
  width: number,
): Float32Array {
  const rows = offsets.length;
  const values = new Float32Array(rows * width);
  for (let from = 0; from < rows; from += BLOCK) {
    const count = Math.min(BLOCK, rows - from);
    const block = readRows(memory, offsets.subarray(from, from + count), width);
    for (let column = 0; column < width; column++) {
      const to = column * rows + from;
      for (let row = 0; row < count; row++) {
        values[to + row] = block[row * width + column] as number;
      }
    }
  }
  return values;
}

export function writeRows(
  memory: Float32Array,
  offsets: Uint32Array,
  width: number,
  values: Float32Array,
): void {
  offsets.forEach((offset, row) => {
    memory.set(values.subarray(row * width, (row + 1) * width), offset);
  });
}

/** The transpose of {@link writeRows}. */
export function writeColumns(
  memory: Float32Array,
  offsets: Uint32Array,
  width: number,
  values: Float32Array,
): void {
  const rows = offsets.length;
  for (let from = 0; from < rows; from += BLOCK) {
    const to = Math.min(from + BLOCK, rows);
    for (let column = 0; column < width; column++) {
      for (let row = from; row < to; row++) {
        memory[(offsets[row] as number) + column] = values[column * rows + row] as number;
      }
    }
  }
}

/** Columns of a block of the skip connection. */
export const BLOCK_COLUMNS = 16;

/** Where a number of `[rows, columns]` lies that is stored by blocks of columns, in floats. */
function inBlocks(offsets: Uint32Array, i: number, columns: number): number {
  const column = i % columns;
  const block = offsets[Math.floor(column / BLOCK_COLUMNS)] as number;
  return block + ((i - column) / columns) * BLOCK_COLUMNS + (column % BLOCK_COLUMNS);
}

/** `[rows, columns]` that is stored by blocks of 16 columns, each at an offset of its own. */
export function readBlocks(
  memory: Float32Array,
  offsets: Uint32Array,
  rows: number,
  columns: number,
): Float32Array {
  return new Float32Array(rows * columns).map(
    (_, i) => memory[inBlocks(offsets, i, columns)] as number,
  );
}

export function writeBlocks(
  memory: Float32Array,
  offsets: Uint32Array,
  columns: number,
  values: Float32Array,
): void {
  values.forEach((value, i) => {
    memory[inBlocks(offsets, i, columns)] = value;
  });
}
