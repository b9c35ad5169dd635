import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { csvLogger, GatedSAE } from '../../src';

const root = mkdtempSync(join(tmpdir(), 'gated-sae-csv-'));
afterAll(() => rmSync(root, { recursive: true }));

/** A test with rows, and a model that is ready to train on them. */
const withModel = (use: (sae: GatedSAE, x: tf.Tensor2D) => Promise<void>) => async () => {
  const x = tf.randomNormal<tf.Rank.R2>([12, 6], 0, 1, 'float32', 1);
  const sae = new GatedSAE({ inputDim: 6, encodingDim: 10, seed: 1 });
  sae.compile();
  await use(sae, x);
  x.dispose();
  sae.dispose();
};

const args = { epochs: 2, batchSize: 4, verbose: 0 as const };
const table = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));

test(
  'a line for each epoch has every log with every digit, in the file and as text',
  withModel(async (sae, x) => {
    const to = join(root, 'new', 'log.csv');
    const log = csvLogger({ to });
    const { history } = await sae.fit(x, { ...args, validationData: x, callbacks: log });
    expect(readFileSync(to, 'utf8')).toBe(log.text);
    const [header, ...rows] = table(log.text) as [string[], ...string[][]];
    expect(header.slice(0, 2)).toEqual(['epoch', 'step']);
    expect([...header.slice(2)].sort()).toEqual(Object.keys(history).sort());
    expect(rows.map(([epoch, step]) => [epoch, step])).toEqual([
      ['1', '3'],
      ['2', '6'],
    ]);
    header.slice(2).forEach((name, i) => {
      expect(rows.map((row) => Number(row[i + 2]))).toEqual(history[name]);
    });
  }),
);

test(
  'without a file the table is text, also among other callbacks',
  withModel(async (sae, x) => {
    const log = csvLogger();
    await sae.fit(x, { ...args, callbacks: [{ onEpochEnd: async () => {} }, log] as never });
    expect(table(log.text)).toHaveLength(3);
  }),
);

test(
  'training that goes on goes on in the file; what a crash has left behind is removed',
  withModel(async (sae, x) => {
    const to = join(root, 'resumed.csv');
    await sae.fit(x, { ...args, callbacks: csvLogger({ to }) });
    const before = readFileSync(to, 'utf8');
    const columns = table(before)[0] as string[];
    appendFileSync(to, `${columns.map((_, i) => (i < 2 ? [3, 9][i] : 0)).join(',')}\n4,12,0.5`);
    await sae.fit(x, { ...args, epochs: 4, initialEpoch: 2, callbacks: csvLogger({ to }) });
    const after = readFileSync(to, 'utf8');
    expect(after.startsWith(before)).toBe(true);
    expect(table(after).map(([epoch, step]) => `${epoch} ${step}`)).toEqual([
      ...['epoch step', '1 3', '2 6', '3 9', '4 12'],
    ]);
  }),
);

test(
  'a header that was cut off is written anew',
  withModel(async (sae, x) => {
    const to = join(root, 'cut.csv');
    writeFileSync(to, 'epoch,step,lo');
    const log = csvLogger({ to });
    await sae.fit(x, { ...args, callbacks: log });
    expect(readFileSync(to, 'utf8')).toBe(log.text);
  }),
);

test(
  'a new model begins a new table',
  withModel(async (sae, x) => {
    const to = join(root, 'anew.csv');
    await sae.fit(x, { ...args, callbacks: csvLogger({ to }) });
    const other = new GatedSAE({ inputDim: 6, encodingDim: 10, seed: 2 });
    other.compile();
    await other.fit(x, { ...args, validationData: x, callbacks: csvLogger({ to }) });
    other.dispose();
    expect(table(readFileSync(to, 'utf8'))).toHaveLength(3);
  }),
);

test(
  'other columns, another file and another folder are refused',
  withModel(async (sae, x) => {
    const to = join(root, 'columns.csv');
    await sae.fit(x, { ...args, callbacks: csvLogger({ to }) });
    const log = csvLogger({ to });
    log.setModel(sae);
    await log.onTrainBegin();
    await expect(log.onEpochEnd(2, { loss: 1, val_loss: 1 })).rejects.toThrow(
      /SAE_FILE .*columns.csv: expected logs of the columns epoch, step, .*; received val_loss too\. Go on with the same metrics/,
    );
    writeFileSync(join(root, 'notes.txt'), 'dear diary\n');
    await expect(
      sae.fit(x, { ...args, callbacks: csvLogger({ to: join(root, 'notes.txt') }) }),
    ).rejects.toThrow(/SAE_FILE .*expected a table of csvLogger; received a file that begins with/);
    expect(readFileSync(join(root, 'notes.txt'), 'utf8')).toBe('dear diary\n');
    await expect(
      sae.fit(x, { ...args, callbacks: csvLogger({ to: join(root, 'notes.txt', 'log.csv') }) }),
    ).rejects.toThrow(/SAE_FILE/);
    writeFileSync(join(root, 'word.txt'), 'secret');
    await expect(
      sae.fit(x, { ...args, callbacks: csvLogger({ to: join(root, 'word.txt') }) }),
    ).rejects.toThrow(/SAE_FILE .*received a file that begins with "secret"/);
    expect(() => csvLogger({ too: 'x' } as never)).toThrow(/SAE_OPTION csvLogger/);
  }),
);
