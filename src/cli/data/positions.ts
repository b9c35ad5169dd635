import { badFile, wrongCount } from '../../errors';
import { readLabels } from '../../io/npy/labels';
import { count } from '../wording';
import { readJson, readLines } from './text';

/**
 * Reads the class of each row's position, such as `first`, `padding` and `other`: from a `.json`
 * list, or nested lists in the shape of the rows; from a `.txt` with one line per row; or from a
 * `.npy` file of numbers, which then serve as names.
 *
 * @param leading the axes of the data that count rows: `[rows]`, or `[documents, tokens]`
 * @throws SAE_FILE, SAE_SHAPE or SAE_DATA for anything but one entry per row.
 */
export async function readPositions(path: string, leading: readonly number[]): Promise<string[]> {
  const rows = leading.reduce((product, axis) => product * axis, 1);
  const positions = await positionsIn(path, leading);
  if (positions.length === rows) return positions;
  throw wrongCount(path, `${count(rows)} positions, one for each row`, count(positions.length));
}

async function positionsIn(path: string, leading: readonly number[]): Promise<string[]> {
  if (/\.txt$/i.test(path)) return readLines(path);
  if (!/\.json$/i.test(path)) return Array.from(await readLabels(path, leading), String);
  const expected = 'a list of words, one for each row';
  const listed = await readJson(path, expected);
  const flat: unknown[] = Array.isArray(listed) ? listed.flat(leading.length) : [listed];
  if (flat.every((position): position is string => typeof position === 'string')) return flat;
  throw badFile(path, expected, 'other JSON', 'Write ["first", "other", "padding"].');
}
