import type { Tensor2D } from '@tensorflow/tfjs-core';
import { ByteRows, type ByteRowsArgs } from '../../src/activations/byteRows';

const WIDTH = 3;
/** Row i is i, i + 1, i + 2. */
const bytes = Uint8Array.from(
  { length: 10 * WIDTH },
  (_, i) => Math.floor(i / WIDTH) + (i % WIDTH),
);
const args = (more: Partial<ByteRowsArgs> = {}): ByteRowsArgs => ({
  bytes,
  width: WIDTH,
  order: Uint32Array.of(7, 0, 9, 2, 5),
  batchSize: 2,
  ...more,
});

/** All batches of one pass, as arrays. */
async function pass(data: ByteRows): Promise<number[][][]> {
  const batches: number[][][] = [];
  const iterator = data.iterator();
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    const batch: Tensor2D = next.value;
    expect(batch.dtype).toBe('float32');
    batches.push(await batch.array());
    batch.dispose();
  }
  return batches;
}

const row = (i: number) => [i, i + 1, i + 2].map((byte) => Math.fround(byte / 255));

test('gives the rows in their order, the last batch with what is left', async () => {
  const data = new ByteRows(args());
  expect(data.size).toBe(3);
  expect(await pass(data)).toEqual([[row(7), row(0)], [row(9), row(2)], [row(5)]]);
});

test('gives the same in every pass', async () => {
  const data = new ByteRows(args());
  expect(await pass(data)).toEqual(await pass(data));
});

test('goes from 0 to 1', async () => {
  const data = new ByteRows({
    bytes: Uint8Array.of(0, 51, 255),
    width: 3,
    order: Uint32Array.of(0),
    batchSize: 1,
  });
  expect(await pass(data)).toEqual([[[0, Math.fround(0.2), 1]]]);
});

test('can begin in the middle', async () => {
  const whole = await pass(new ByteRows(args()));
  const rest = new ByteRows(args({ startBatch: 1 }));
  expect(rest.size).toBe(2);
  expect(await pass(rest)).toEqual(whole.slice(1));
});

test('has nothing left behind its end', async () => {
  const data = new ByteRows(args({ startBatch: 3 }));
  expect(data.size).toBe(0);
  expect(await pass(data)).toEqual([]);
});
