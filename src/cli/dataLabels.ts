import { badFile, wrongCount, wrongShape } from '../errors';
import { openNpy } from '../io/npy/read';
import { count } from './wording';

/**
 * The classes of rows, by number, from a `.npy` file.
 *
 * @param rows how many rows the data has
 * @throws SAE_SHAPE, SAE_DATA or SAE_FILE for anything but an integer from 0 up for each row.
 */
export async function readLabels(path: string, rows: number): Promise<Int32Array> {
  const array = await openNpy(path);
  try {
    const { name, shape } = array;
    const [length = 0, ...others] = shape;
    // Keras's own data sets have them as [rows, 1].
    if (shape.length === 0 || others.some((width) => width !== 1)) {
      throw wrongShape(name, [rows], shape);
    }
    if (length !== rows) {
      throw wrongCount(name, `${count(rows)} labels, one for each row`, count(length));
    }
    const values = await array.read(0, rows);
    const labels = Int32Array.from(values);
    const wrong = labels.findIndex((label, row) => label < 0 || label !== values[row]);
    if (wrong >= 0) {
      const received = `${values[wrong]} in row ${wrong}`;
      throw badFile(name, 'integers from 0 up', received, 'Number the classes from 0.');
    }
    return labels;
  } finally {
    await array.close();
  }
}
