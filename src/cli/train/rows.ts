import { HeldOutRows } from '../../activations/heldOutRows';
import { blockRowsIn } from '../../activations/rowSizes';
import type { RowDataset } from '../../activations/rows';
import { type RowSource, readRows } from '../../activations/storedRows';
import { WindowRows } from '../../activations/windowRows';
import { badFile, emptyData, wrongOption, wrongRows } from '../../errors';
import type { RowArray } from '../../io/arrays/rowArray';
import { crc32 } from '../../io/bytes/crc32';
import { count } from '../wording';
import { type Settings, trainedRows } from './settings';

/** Rows measured at a time. */
const BATCH = 500;
/** The number of rows whose checksum identifies the data. */
const SIGNING_ROWS = 64;
/** The most rows to measure: more would tell little more about a dictionary. */
const MOST_MEASURED = 10_000;
const DEFAULT_SHARE = 0.1;

/**
 * Determines which of an array's axes count rows: all but the last, so that a row is the last axis;
 * but only the first if each place of it is an image of bytes, or if a row is said to be that wide.
 *
 * @param width the number of values in a row, if the user gave it
 * @throws SAE_SHAPE if the array has no such rows, SAE_DATA if it is empty.
 */
export function rowsOf(array: RowArray, width: number | undefined): RowSource {
  const { name, shape, dtype } = array;
  const inFirst = product(shape.slice(1));
  const areImages = dtype === 'u1' && shape.length > 2;
  const wanted = width ?? (areImages ? inFirst : shape.at(-1));
  if (shape.length < 2 || wanted === 0) throw wrongRows(name, width ?? null, shape);
  const axes = shape.at(-1) === wanted ? shape.length - 1 : 1;
  if (axes === 1 && inFirst !== wanted) throw wrongRows(name, wanted as number, shape);
  const rows = product(shape.slice(0, axes));
  if (rows === 0) throw emptyData(name, `an array [${shape.join(', ')}]`);
  return { array, width: wanted as number, rows, axes };
}

/**
 * Returns how many of the rows are held out.
 *
 * @param given a share of them below 1, or their number; a tenth by default, 10,000 at most
 * @throws SAE_OPTION if no rows would be left.
 */
export function heldOutOf(rows: number, given: number | undefined): number {
  if (given === undefined) return Math.min(MOST_MEASURED, Math.floor(DEFAULT_SHARE * rows));
  if (given === 0) return 0;
  const held = given < 1 ? Math.max(1, Math.round(given * rows)) : given;
  if (held < rows) return held;
  const expected = `fewer than the ${count(rows)} rows that there are`;
  throw wrongOption('--validation', expected, given, 'Give a share, as 0.1, or fewer rows.');
}

/** Returns a checksum of rows from all over the data. */
export async function signatureOf(source: RowSource): Promise<string> {
  let crc = crc32(new Uint8Array(new Float64Array([source.rows, source.width]).buffer));
  const rows = Math.min(source.rows, SIGNING_ROWS);
  for (let i = 0; i < rows; i++) {
    const row = Math.floor((i * (source.rows - 1)) / Math.max(1, rows - 1));
    const values = await readRows(source, row, 1);
    crc = crc32(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), crc);
  }
  return crc.toString(16).padStart(8, '0');
}

/** @throws SAE_FILE if a run began with other rows. */
export function assertSameRows(
  saved: Settings,
  now: Pick<Settings, 'rows' | 'inputDim' | 'rowsCrc32'>,
) {
  const { rows, inputDim, rowsCrc32 } = saved;
  if (rows === now.rows && inputDim === now.inputDim && rowsCrc32 === now.rowsCrc32) return;
  const told = (of: typeof now) => `${count(of.rows)} rows of ${of.inputDim} values`;
  const isAlike = told(saved) === told(now);
  throw badFile(
    'DATA',
    `${told(saved)}, with which the run was begun`,
    isAlike ? 'as many with other values' : told(now),
    'Give the same DATA in the same order, or begin another run with another --out.',
  );
}

/** The rows to train on, and those to measure on afterwards. */
export interface SplitRows {
  readonly training: WindowRows;
  /** The held-out rows, or some of the training rows if none are held out. */
  readonly measured: RowDataset;
  readonly measuredRows: number;
}

/**
 * Returns the rows of a run, split and in order, as determined by its settings.
 *
 * @throws SAE_OPTION for fewer rows than a batch has.
 */
export function splitRows(source: RowSource, settings: Settings): SplitRows {
  const { batchSize, seed, epochs, shuffleRows: windowRows, validation } = settings;
  const trained = trainedRows(settings);
  if (trained < batchSize) {
    const expected = `at most ${count(trained)}, the rows that there are to train on`;
    throw wrongOption('--batch-size', expected, batchSize, 'Give a smaller one, or more rows.');
  }
  const blockRows = blockRowsIn(source.width, windowRows);
  const plan = { windowRows, blockRows, seed, heldOut: validation };
  const training = new WindowRows({ ...plan, source, batchSize, passes: epochs });
  const measuredRows = validation > 0 ? validation : Math.min(MOST_MEASURED, source.rows);
  const measured = new HeldOutRows(source, { ...plan, heldOut: measuredRows }, BATCH);
  return { training, measured, measuredRows };
}

const product = (lengths: readonly number[]) => lengths.reduce((a, b) => a * b, 1);
