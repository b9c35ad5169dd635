import { badFile } from './files';
import { SAEError } from './saeError';
import { show } from './words';

/** What to do about a store whose manifest is damaged. */
export const GET_STORE_AGAIN = 'Copy the store again, or write it anew.';

/** A shard of a store of activations that is missing, damaged or a different one. */
export const badShard = (shard: string, expected: string, received: string): SAEError =>
  badFile(
    shard,
    expected,
    received,
    'Copy it again, or open the store with skipDamaged: true, which leaves that shard out.',
  );

/** A folder without a store. */
export const noStore = (folder: string): SAEError =>
  badFile(
    folder,
    'a store of activations',
    'a folder without activations.json',
    'Give the folder that writeActivations wrote to.',
  );

/** A store that is read after its `close`. */
export const closedStore = (folder: string): SAEError =>
  new SAEError(
    'SAE_STATE',
    folder,
    'expected a store that is open; received one that is closed. Await what reads it before close, or open it anew.',
  );

/** A store in the place where another one is to be written. */
export function otherStore(
  folder: string,
  what: string,
  expected: unknown,
  received: unknown,
): SAEError {
  const text = (value: unknown) => `a store whose ${what} is ${show(value)}`;
  return badFile(
    folder,
    `no store yet, or ${text(expected)}`,
    text(received),
    'Choose another folder, or remove that one.',
  );
}

/** Rows of another network, or another place in it, than a dictionary is made for. */
export function otherRows(
  where: string,
  what: string,
  expected: string,
  received: string,
): SAEError {
  return new SAEError(
    'SAE_DATA',
    where,
    `expected rows of the ${what} ${show(expected)}, which the dictionary is made for; received rows of ${show(received)}. Give the rows that it is made for, or train it on these all the same with force: true.`,
  );
}

/** An origin of rows in another form than one number per row. */
export function wrongOrigin(where: string, rows: number, received: string): SAEError {
  return new SAEError(
    'SAE_DATA',
    where,
    `expected origin: { examples, positions }, an Int32Array of ${rows} numbers each, of every batch or of none; received ${received}. Give one number for each row.`,
  );
}

/** A value that float16 cannot hold. */
export function beyondFloat16(where: string, row: number, value: number): SAEError {
  return new SAEError(
    'SAE_DATA',
    where,
    `expected values of at most 65504, the largest float16; received ${value} in row ${row}. Store them as dtype: 'float32', or leave such rows out with maxNormMultiple.`,
  );
}
