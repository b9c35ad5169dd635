import fs from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs';
import { openActivationStore, writeActivations } from '../../src';
import { heldMemory } from '../heldMemory';
import { newFolder } from '../stores/rows';

jest.setTimeout(120_000);

const BATCHES = 10_000;
const ROWS = 8;
const WIDTH = 256;
/** All batches together have 80 MB: of what grew with them a tenth would be seen. */
const MOST_BYTES = (BATCHES * ROWS * WIDTH * 4) / 10;

test('memory stays as it is over 10,000 batches, written and read', async () => {
  const folder = await newFolder();
  const marks: number[] = [];
  const tensors: number[] = [];
  const mark = async () => {
    marks.push(await heldMemory());
    tensors.push(tf.memory().numTensors);
  };
  const grown = () => Math.max(...marks.slice(1)) - (marks[0] as number);
  const isMarked = (batch: number) => batch % 2000 === 1999;
  const values = new Float32Array(ROWS * WIDTH).fill(1);
  const origin = { examples: new Int32Array(ROWS), positions: new Int32Array(ROWS) };
  const rows = {
    iterator: () => {
      let batch = 0;
      const next = async () => {
        if (isMarked(batch)) await mark();
        if (batch++ === BATCHES) return { value: null, done: true };
        return { value: { xs: tf.tensor2d(values, [ROWS, WIDTH]), origin }, done: false };
      };
      return { next };
    },
  };
  try {
    const args = { shardRows: 2000, maxNormMultiple: 10 };
    await (await writeActivations(rows, folder, args)).close();
    expect(marks).toHaveLength(5);
    expect(grown()).toBeLessThan(MOST_BYTES);
    expect(new Set(tensors).size).toBe(1);

    marks.length = 0;
    const store = await openActivationStore(folder, { batchSize: ROWS, windowRows: 2000 });
    expect(store.size).toBe(BATCHES);
    const iterator = store.iterator();
    for (let batch = 0; batch < BATCHES; batch++) {
      const { value } = await iterator.next();
      (value as { xs: tf.Tensor }).xs.dispose();
      if (isMarked(batch)) await mark();
    }
    expect(marks).toHaveLength(5);
    expect(grown()).toBeLessThan(MOST_BYTES);
    expect(new Set(tensors).size).toBe(1);
    await store.close();
  } finally {
    await fs.rm(folder, { recursive: true, force: true });
  }
});
