import { badFile, wrongCount, wrongLabels } from '../../errors';
import { openNpy } from './read';

/**
 * Reads the classes of rows, by number, from a `.npy` file.
 *
 * @param leading the axes of the data that count rows: `[rows]`, or `[documents, tokens]`
 * @throws SAE_SHAPE, SAE_DATA or SAE_FILE for anything but an integer from 0 up for each row.
 */
export async function readLabels(path: string, leading: readonly number[]): Promise<Int32Array> {
  const rows = product(leading);
  const array = await openNpy(path);
  try {
    const { name, shape } = array;
    const length = product(shape);
    // Keras's own datasets have them as [rows, 1].
    const isLine = shape.length > 0 && shape[0] === length;
    const isLikeRows = leading.every((axis, i) => axis === shape[i]);
    if (!isLine && !(isLikeRows && length === rows)) throw wrongLabels(name, leading, shape);
    if (length !== rows) {
      throw wrongCount(name, `${count(rows)} labels, one for each row`, count(length));
    }
    const values = await array.read(0, rows, shape.length);
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

const count = (value: number) => value.toLocaleString('en-US');
const product = (axes: readonly number[]) => axes.reduce((a, b) => a * b, 1);
