import type { Tensor2D } from '@tensorflow/tfjs-core';
import { HeldOutRows } from '../../src/activations/heldOutRows';
import { blockRowsFor, RowPlan } from '../../src/activations/rowPlan';
import type { RowDataset, RowIterator } from '../../src/activations/rows';
import { WindowRows, type WindowRowsArgs } from '../../src/activations/windowRows';

const WIDTH = 3;

/** Rows whose values are their number, and how many of them have been read so far. */
function numbered(rows: number) {
  const read: [first: number, count: number][] = [];
  const array = {
    name: 'numbers',
    dtype: 'f4',
    read: async (first: number, count: number) => {
      read.push([first, count]);
      await new Promise((resolve) => setTimeout(resolve));
      return Float32Array.from({ length: count * WIDTH }, (_, i) => first + Math.floor(i / WIDTH));
    },
  };
  return { source: { array, width: WIDTH, rows, axes: 1 }, read };
}

const PLAN = { heldOut: 10, windowRows: 40, blockRows: 7, seed: 5 };
const over = (rows: number, more: Partial<WindowRowsArgs> = {}) =>
  new WindowRows({ ...PLAN, source: numbered(rows).source, batchSize: 8, passes: 3, ...more });

async function rest(iterator: RowIterator): Promise<number[][]> {
  const batches: number[][] = [];
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    const batch = next.value as Tensor2D;
    const rows = (await batch.array()) as number[][];
    batch.dispose();
    for (const row of rows) expect(row).toEqual(Array(WIDTH).fill(row[0]));
    batches.push(rows.map((row) => row[0] as number));
  }
  return batches;
}
const all = async (dataset: RowDataset) => rest(await dataset.iterator());
const range = (length: number) => Array.from({ length }, (_, i) => i);
const rising = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);

test.each([
  ['of many windows', 108, {}],
  ['of one window', 108, { windowRows: 1000 }],
  ['of blocks of one row', 108, { windowRows: 5, blockRows: 1 }],
  ['of one block', 108, { windowRows: 200, blockRows: 200 }],
])(
  'a pass %s has each row that is not held out once, and the others are held out',
  async (_, rows, more) => {
    const { source } = numbered(rows);
    const held = (await all(new HeldOutRows(source, { ...PLAN, ...more }, 4))).flat();
    // What is left over of whole batches: none.
    const trained = (await all(over(rows, { ...more, batchSize: 7 }))).flat();
    expect(held).toEqual(rising(held));
    expect(held).toHaveLength(10);
    expect(rising([...held, ...trained])).toEqual(range(rows));
  },
);

test('rows are held out everywhere, not here and there', async () => {
  const { source } = numbered(1000);
  const plan = { ...PLAN, heldOut: 100, blockRows: 50 };
  const held = (await all(new HeldOutRows(source, plan, 30))).flat();
  for (let block = 0; block < 20; block++) {
    expect(held.filter((row) => Math.floor(row / 50) === block)).toHaveLength(5);
  }
});

test.each([
  ['many windows', {}],
  ['one window', { windowRows: 1000 }],
])('each pass of %s has another order, and the same one again', async (_, more) => {
  const [first, second] = [over(108, more), over(108, more)];
  const passes: number[][][] = [];
  for (const pass of [0, 1, 2]) passes.push(await rest(first.iteratorAt(pass, 0)));
  expect(new Set(passes.map(String)).size).toBe(3);
  for (const pass of [2, 0]) expect(await rest(second.iteratorAt(pass, 0))).toEqual(passes[pass]);
  expect(await all(over(108, { ...more, seed: 6 }))).not.toEqual(passes[0]);
});

test.each([
  ['many windows', {}],
  ['one window', { windowRows: 1000 }],
])('a pass of %s goes on from any batch as if it had been there', async (_, more) => {
  const batches = await rest(over(108, more).iteratorAt(1, 0));
  expect(batches).toHaveLength(12);
  for (let batch = 0; batch <= batches.length; batch++) {
    expect(await rest(over(108, more).iteratorAt(1, batch))).toEqual(batches.slice(batch));
  }
});

test('a batch has rows of everywhere', async () => {
  const plan = { heldOut: 0, windowRows: 512, blockRows: 32, batchSize: 64 };
  for (const batch of await all(over(4096, plan))) {
    const blocks = new Set(batch.map((row) => Math.floor(row / 32)));
    expect(blocks.size).toBeGreaterThan(10);
    expect(Math.max(...batch) - Math.min(...batch)).toBeGreaterThan(2048);
  }
});

test('rows of one window are read once for all passes', async () => {
  const { source, read } = numbered(100);
  const rows = over(100, { source, windowRows: 100 });
  await rest(rows.iteratorAt(0, 0));
  const before = read.length;
  await rest(rows.iteratorAt(1, 0));
  await all(rows.sample());
  expect(read).toHaveLength(before);
  expect(read.reduce((sum, [, count]) => sum + count, 0)).toBe(100);
});

test('the next window is read while this one is trained on, and the next pass’s first one too', async () => {
  const { source, read } = numbered(120);
  const plan = { heldOut: 0, windowRows: 40, blockRows: 10, batchSize: 10, passes: 2 };
  const rows = over(120, { ...plan, source });
  const settle = async () => {
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve));
    return read.length;
  };
  const iterator = rows.iteratorAt(0, 0);
  const seen: number[] = [];
  for (let batch = 0; batch < 12; batch++) {
    ((await iterator.next()).value as Tensor2D).dispose();
    seen.push(await settle());
  }
  // Four blocks of this window at once; of the next one as much as of this one is done.
  expect(seen).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
});

test('nothing is read beyond the last pass', async () => {
  const { source, read } = numbered(120);
  const plan = { heldOut: 0, windowRows: 40, blockRows: 10, batchSize: 10, passes: 2 };
  const rows = over(120, { ...plan, source });
  await rest(rows.iteratorAt(0, 0));
  await rest(rows.iteratorAt(1, 0));
  expect(read).toHaveLength(24);
});

test('what cannot be read ends the pass where it is needed', async () => {
  const { source } = numbered(120);
  const { array } = source;
  const broken = {
    ...array,
    read: async (first: number, count: number) => {
      const values = await array.read(first, count);
      if (first === 70) values[7] = Number.NaN;
      return values;
    },
  };
  const rows = over(120, { source: { ...source, array: broken }, blockRows: 10 });
  await expect(rest(rows.iteratorAt(0, 0))).rejects.toThrow(
    'SAE_NOT_FINITE numbers, row 72: expected finite values; received NaN',
  );
});

test('the sample is of the first window, and its rows are not read again', async () => {
  const { source, read } = numbered(120);
  const rows = over(120, { source, heldOut: 0, blockRows: 10 });
  const sample = (await all(rows.sample())).flat();
  expect(sample).toHaveLength(40);
  expect(read).toHaveLength(4);
  const [first = []] = await rest(rows.iteratorAt(0, 0));
  expect(first.every((row) => sample.includes(row))).toBe(true);
});

test('a window is of sixteen blocks at least, where there are as many rows', () => {
  expect(blockRowsFor(1600, 5000)).toBe(100);
  expect(blockRowsFor(1_600_000, 5000)).toBe(5000);
  expect(blockRowsFor(3, 5000)).toBe(1);
});

test('as many rows are held out as are to be, of whatever number', () => {
  for (const rows of [7, 97, 600, 1009]) {
    for (const heldOut of [0, 1, 3, rows - 1, rows]) {
      const plan = new RowPlan({ rows, heldOut, windowRows: 16, blockRows: 5, seed: 1 });
      const held = range(plan.blocks).flatMap((block) => [...plan.rowsIn(block, 'heldOut')]);
      const trained = range(plan.blocks).flatMap((block) => [...plan.rowsIn(block, 'training')]);
      expect([held.length, trained.length]).toEqual([heldOut, rows - heldOut]);
    }
  }
});
