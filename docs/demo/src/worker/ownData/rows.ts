import { readRows, rowAxes } from '../../../../../src/activations/storedRows';
import { openCsv } from '../../../../../src/io/arrays/csv/read';
import { joinedArrays } from '../../../../../src/io/arrays/joined';
import type { RowArray } from '../../../../../src/io/arrays/rowArray';
import { openNpy } from '../../../../../src/io/npy/read';
import { PIXELS } from '../../images';
import { otherRows, otherValues } from '../refusals';
import { MOST, type OwnPictures } from './ownPictures';

/** Rows that are read at a time. */
const BLOCK = 500;
/** The largest value of pictures as bytes, and as shares. */
const [BYTE, SHARE] = [255, 1];

/**
 * Reads rows of PIXELS values from `.csv` and `.npy` files, by the library's own readers. A column more,
 * before them, is the class of each, as such tables have it.
 *
 * @throws SAEError for rows of another width, and for values that are neither 0 to 1 nor 0 to 255.
 */
export async function readRowFiles(files: readonly File[]): Promise<OwnPictures> {
  const openers = files.map((file) => () => {
    return /\.npy$/i.test(file.name) ? openNpy(file) : openCsv(file);
  });
  const [only] = openers;
  const array =
    openers.length === 1 && only ? await only() : await joinedArrays('the files', openers);
  try {
    return await read(array);
  } finally {
    await array.close();
  }
}

async function read(array: RowArray): Promise<OwnPictures> {
  const { name, shape } = array;
  const hasLabels = shape.length === 2 && shape[1] === PIXELS + 1;
  const width = hasLabels ? PIXELS + 1 : PIXELS;
  const [leading, values] = rowAxes(shape, width);
  if (values.length === 0) throw otherRows(name, shape);
  const rows = Math.min(
    MOST,
    leading.reduce((product, axis) => product * axis, 1),
  );
  const source = { array, width, rows, axes: leading.length };
  const blocks = Array.from({ length: Math.ceil(rows / BLOCK) }, (_, i) => i * BLOCK);
  const block = (first: number) => readRows(source, first, Math.min(BLOCK, rows - first));
  const skip = width - PIXELS;
  let largest = 0;
  for (const first of blocks) {
    const read = await block(first);
    read.forEach((value, i) => {
      if (i % width < skip) return;
      if (value < 0 || value > BYTE) throw otherValues(name, value);
      largest = Math.max(largest, value);
    });
  }
  const scale = largest <= SHARE ? BYTE : 1;
  const pixels = new Uint8Array(rows * PIXELS);
  const labels = new Uint8Array(hasLabels ? rows : 0);
  for (const first of blocks) {
    const read = await block(first);
    for (let row = 0; row * width < read.length; row++) {
      if (hasLabels) labels[first + row] = read[row * width] as number;
      for (let i = 0; i < PIXELS; i++) {
        const value = read[row * width + skip + i] as number;
        pixels[(first + row) * PIXELS + i] = Math.round(value * scale);
      }
    }
  }
  return { pixels, labels };
}
