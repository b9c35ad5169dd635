import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { RowDataset, RowIterator, RowOrigin } from '../../src';

export const WIDTH = 6;
const POSITIONS = 5;

/** A folder of its own for a test. */
export const newFolder = (): Promise<string> => fs.mkdtemp(join(tmpdir(), 'gated-sae-store-'));

/** The values of a row, which its number tells. */
export const valuesOf = (row: number, width = WIDTH): number[] =>
  Array.from({ length: width }, (_, k) => Math.fround(row + k / 8));

/** What a source of batches has been asked for. */
export interface Asked {
  /** Batches that were made. */
  made: number;
  /** Where passes began. */
  readonly at: number[];
}

/**
 * Rows that say their own number, as batches of a network: with where they are from.
 *
 * @param failAt the batch at which the network fails
 */
export function numberedRows(
  rows: number,
  batchSize: number,
  more: { origin?: boolean; seeks?: boolean; failAt?: number; asked?: Asked } = {},
): RowDataset {
  const { origin = true, seeks = false, failAt, asked = { made: 0, at: [] } } = more;
  const iteratorAt = (_: number, batch: number): RowIterator => {
    let first = batch * batchSize;
    asked.at.push(batch);
    return {
      next: async () => {
        if (first >= rows) return { value: null, done: true };
        if (first / batchSize === failAt) throw new Error('the network fails');
        const count = Math.min(batchSize, rows - first);
        asked.made++;
        const numbers = Array.from({ length: count }, (_, i) => first + i);
        first += count;
        const xs = tf.tensor2d(numbers.map((row) => valuesOf(row)));
        const value = origin ? { xs, origin: originOf(numbers) } : xs;
        return { value, done: false };
      },
    };
  };
  return { iterator: () => iteratorAt(0, 0), ...(seeks && { iteratorAt }) };
}

/** Where such rows are from: examples of five positions each, from a number on that float32 does not hold. */
export const FIRST_EXAMPLE = 2 ** 30 + 1;
export const originOf = (rows: readonly number[]): RowOrigin => ({
  examples: Int32Array.from(rows, (row) => FIRST_EXAMPLE + Math.floor(row / POSITIONS)),
  positions: Int32Array.from(rows, (row) => row % POSITIONS),
});

/** The numbers of the rows of each batch of a pass, each row held against what its number says. */
export async function numbersIn(
  pass: RowIterator | Promise<RowIterator>,
  hasOrigin = true,
): Promise<number[][]> {
  const iterator = await pass;
  const batches: number[][] = [];
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    const { xs, origin } = (hasOrigin ? next.value : { xs: next.value }) as {
      xs: tf.Tensor2D;
      origin?: RowOrigin;
    };
    const rows = (await xs.array()) as number[][];
    xs.dispose();
    const numbers = rows.map((row) => Math.round(row[0] as number));
    expect(rows).toEqual(numbers.map((number) => valuesOf(number)));
    if (hasOrigin) expect(origin).toEqual(originOf(numbers));
    batches.push(numbers);
  }
  return batches;
}

export const rising = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b);
export const range = (length: number): number[] => Array.from({ length }, (_, i) => i);

/** The bytes of all files in a folder, by their names. */
export async function filesIn(folder: string): Promise<Record<string, string>> {
  const names = (await fs.readdir(folder)).sort();
  const contents = names.map(async (name) =>
    (await fs.readFile(join(folder, name))).toString('hex'),
  );
  return Object.fromEntries(
    await Promise.all(names.map(async (name, i) => [name, await (contents[i] as Promise<string>)])),
  );
}

/** Turns a bit of a file. */
export async function spoil(file: string, at: number): Promise<void> {
  const bytes = await fs.readFile(file);
  const place = at < 0 ? bytes.length + at : at;
  bytes[place] = (bytes[place] as number) ^ 4;
  await fs.writeFile(file, bytes);
}
