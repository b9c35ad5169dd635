import fs from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {
  checkpoint,
  GatedSAE,
  metadataOf,
  openActivationStore,
  ReluSAE,
  resume,
  setMetadata,
  trainTogether,
  type WriteProgress,
  writeActivations,
} from '../../src';
import {
  type Asked,
  filesIn,
  newFolder,
  numberedRows,
  numbersIn,
  range,
  rising,
  spoil,
  valuesOf,
  WIDTH,
} from './rows';

let root: string;
beforeEach(async () => {
  root = await newFolder();
});
afterEach(() => fs.rm(root, { recursive: true, force: true }));
const at = (name: string) => join(root, name);
const manifestOf = async (name: string) =>
  JSON.parse(await fs.readFile(join(at(name), 'activations.json'), 'utf8'));

const ABOUT = { model: 'tiny', layer: 'blocks.1.hook_resid_pre', data: 'numbers' };
const SHARDS = { shardRows: 40, about: ABOUT };

describe('a store', () => {
  test('has every row in each pass, with where it is from, in an order that follows from seed and pass', async () => {
    const store = await writeActivations(numberedRows(203, 16), at('a'), SHARDS);
    expect(store).toMatchObject({ rows: 203, width: WIDTH, about: ABOUT, isComplete: true });
    await store.close();
    expect((await fs.readdir(at('a'))).sort()).toEqual([
      'activations.json',
      ...range(6).map((i) => `shard-0000${i}.safetensors`),
    ]);
    for (const windowRows of [64, 1000]) {
      const args = { batchSize: 7, seed: 3, windowRows };
      const [one, other] = [
        await openActivationStore(at('a'), args),
        await openActivationStore(at('a'), args),
      ];
      expect(one.size).toBe(29);
      const passes = [];
      for (const pass of [0, 1, 2]) passes.push(await numbersIn(one.iteratorAt(pass, 0)));
      for (const pass of passes) expect(rising(pass.flat())).toEqual(range(203));
      expect(new Set(passes.map(String)).size).toBe(3);
      expect(await numbersIn(other.iteratorAt(2, 11))).toEqual(passes[2]?.slice(11));
      const different = await openActivationStore(at('a'), { ...args, seed: 4 });
      expect(await numbersIn(different.iterator())).not.toEqual(passes[0]);
      for (const opened of [one, other, different]) await opened.close();
    }
  });

  test('holds rows out, which no pass has', async () => {
    await (await writeActivations(numberedRows(200, 16), at('a'), SHARDS)).close();
    const store = await openActivationStore(at('a'), { batchSize: 9, heldOut: 20, windowRows: 50 });
    const held = (await numbersIn(store.heldOut?.iterator() as never)).flat();
    expect(held).toHaveLength(20);
    expect(held).toEqual(rising(held));
    const trained = (await numbersIn(store.iteratorAt(1, 0))).flat();
    expect(rising([...held, ...trained])).toEqual(range(200));
    await store.close();
  });

  test('that is closed gives no rows, and opens no file again', async () => {
    await (await writeActivations(numberedRows(200, 16), at('a'), SHARDS)).close();
    const store = await openActivationStore(at('a'), { batchSize: 9, windowRows: 50 });
    await numbersIn(store.iterator()); // and the next pass is read ahead
    await store.close();
    await expect(numbersIn(store.iteratorAt(3, 0))).toBeRefused('SAE_STATE', at('a'));
  });

  test('without origins has bare batches', async () => {
    const store = await writeActivations(numberedRows(50, 16, { origin: false }), at('a'));
    expect((await numbersIn(store.iterator(), false)).flat()).toHaveLength(50);
    await store.close();
  });

  test('knows its mean and norm, of whichever shards', async () => {
    const all = range(203).map((row) => valuesOf(row));
    const mean = range(WIDTH).map(
      (k) => all.reduce((sum, row) => sum + (row[k] as number), 0) / 203,
    );
    const norm = all.reduce((sum, row) => sum + Math.hypot(...row), 0) / 203;
    for (const shardRows of [7, 40, 1000]) {
      const store = await writeActivations(numberedRows(203, 16), at(`${shardRows}`), {
        shardRows,
      });
      for (const [k, value] of store.mean.entries()) {
        expect(value).toBeCloseTo(mean[k] as number, 4);
      }
      expect(store.norm).toBeCloseTo(norm, 9);
      await store.close();
    }
  });

  test('of float16 is half as large, rounds to the nearest, and refuses what does not fit', async () => {
    const store = await writeActivations(numberedRows(203, 16), at('a'), {
      ...{ ...SHARDS, dtype: 'float16' },
    });
    // Eighths up to 256 are exact.
    expect(rising((await numbersIn(store.iterator())).flat())).toEqual(range(203));
    await store.close();
    const large = { iterator: () => oneBatch([[1], [2], [-65520]]) };
    await expect(writeActivations(large, at('b'), { dtype: 'float16' })).toBeRefused(
      'SAE_DATA',
      'writeActivations, batch 0',
      'expected values of at most 65504, the largest float16; received -65520 in row 2. ',
    );
  });

  test('goes into a dictionary’s training and its checkpoints, which end with the same bits', async () => {
    await (await writeActivations(normals(40), at('a'), SHARDS)).close();
    const open = () => openActivationStore(at('a'), { batchSize: 16, seed: 5, windowRows: 200 });
    const fitted = async (sae: GatedSAE, args: object) => {
      const store = await open();
      await sae.fitDataset(store, { epochs: 3, verbose: 0, ...args });
      await store.close();
      const weights = await Promise.all(sae.getWeights().map((weight) => weight.data()));
      sae.dispose();
      return weights;
    };
    const made = () => {
      const sae = new GatedSAE({ inputDim: WIDTH, encodingDim: 12, seed: 1 });
      sae.compile();
      return sae;
    };
    const whole = await fitted(made(), {});
    const cut = made();
    const save = checkpoint({ to: at('runs'), everySteps: 10 });
    const stop = {
      onBatchEnd: async () => {
        if (cut.optimizer.iterations === 55) cut.stopTraining = true;
      },
    };
    await fitted(cut, { callbacks: [save, stop] });
    const { model, place } = await resume(at('runs'));
    expect(place.epoch).toBe(1);
    expect(await fitted(model as GatedSAE, { resumeAt: place })).toEqual(whole);
  });
});

/** Batches of random rows. */
function normals(batches: number) {
  return {
    iterator: () => {
      let batch = 0;
      const next = async () =>
        batch < batches
          ? { value: tf.randomNormal([16, WIDTH], 0, 1, 'float32', ++batch), done: false }
          : { value: null, done: true };
      return { next };
    },
  };
}

function oneBatch(rows: number[][], more: object = {}) {
  let isDone = false;
  const next = async () => {
    if (isDone) return { value: null, done: true };
    isDone = true;
    const xs = tf.tensor2d(rows);
    return { value: { xs, ...more }, done: false };
  };
  return { next };
}

describe('a writer', () => {
  test('that was cut off goes on, and ends with the same bytes', async () => {
    await (await writeActivations(numberedRows(203, 16), at('whole'), SHARDS)).close();
    for (const seeks of [false, true]) {
      const name = `cut-${seeks}`;
      const failing = numberedRows(203, 16, { failAt: 8 });
      await expect(writeActivations(failing, at(name), SHARDS)).rejects.toThrow(
        'the network fails',
      );
      expect(await manifestOf(name)).toMatchObject({ complete: false, rows: 120 });
      const asked: Asked = { made: 0, at: [] };
      const store = await writeActivations(
        numberedRows(203, 16, { seeks, asked }),
        at(name),
        SHARDS,
      );
      await store.close();
      expect(await filesIn(at(name))).toEqual(await filesIn(at('whole')));
      // Row 120 is in batch 7 of 13.
      expect(asked).toEqual(seeks ? { made: 6, at: [7] } : { made: 13, at: [0] });
    }
  });

  test('goes on where it has left rows out, too', async () => {
    const args = { ...SHARDS, skipFirst: true, maxNormMultiple: 1.5 };
    const whole = await writeActivations(numberedRows(203, 16), at('whole'), args);
    expect(whole.leftOut).toBeGreaterThan(41);
    expect(whole.leftOut + whole.rows).toBe(203);
    await whole.close();
    const failing = numberedRows(203, 16, { failAt: 8 });
    await expect(writeActivations(failing, at('cut'), args)).rejects.toThrow('the network fails');
    await (await writeActivations(numberedRows(203, 16), at('cut'), args)).close();
    expect(await filesIn(at('cut'))).toEqual(await filesIn(at('whole')));
  });

  test('of a store that is complete reads nothing', async () => {
    await (await writeActivations(numberedRows(203, 16), at('a'), SHARDS)).close();
    const asked: Asked = { made: 0, at: [] };
    const store = await writeActivations(numberedRows(203, 16, { asked }), at('a'), SHARDS);
    expect(store.rows).toBe(203);
    expect(asked).toEqual({ made: 0, at: [] });
    await store.close();
  });

  test.each([
    ['about', { ...SHARDS, about: { ...ABOUT, layer: 'another' } }],
    ['dtype', { ...SHARDS, dtype: 'float16' as const }],
    ['filter', { ...SHARDS, skipFirst: true }],
  ])('refuses the place of a store of another %s', async (what, args) => {
    await (await writeActivations(numberedRows(203, 16), at('a'), SHARDS)).close();
    const before = await filesIn(at('a'));
    const attempt = writeActivations(numberedRows(203, 16), at('a'), args);
    await expect(attempt).toBeRefused(
      'SAE_FILE',
      at('a'),
      `expected no store yet, or a store whose ${what} is `,
    );
    expect(await filesIn(at('a'))).toEqual(before);
  });

  test('leaves an incomplete store readable, and says that it is', async () => {
    const failing = numberedRows(203, 16, { failAt: 8 });
    await expect(writeActivations(failing, at('a'), SHARDS)).rejects.toThrow('the network fails');
    const warn = jest.spyOn(console, 'warn').mockImplementation();
    const store = await openActivationStore(at('a'), { batchSize: 10 });
    expect(warn.mock.calls.flat().join()).toMatch(/was not written to its end: it has 120 rows/);
    warn.mockRestore();
    expect(store.isComplete).toBe(false);
    expect(rising((await numbersIn(store.iterator())).flat())).toEqual(range(120));
    await store.close();
  });

  test('leaves out first positions, and rows far longer than the median of their batch', async () => {
    const asked: WriteProgress[] = [];
    const rows = {
      iterator: () =>
        oneBatch([[1], [2], [3], [30], [31]], {
          origin: {
            examples: Int32Array.of(0, 0, 0, 0, 1),
            positions: Int32Array.of(0, 1, 2, 3, 0),
          },
        }),
    };
    const args = {
      skipFirst: true,
      maxNormMultiple: 10,
      onProgress: (p: WriteProgress) => asked.push(p),
    };
    const store = await writeActivations(rows, at('a'), args);
    // The median is 3: 30 is 10 times that, and no more.
    expect(asked).toEqual([{ rows: 3, leftOut: 2, shards: 0 }]);
    const { value } = await store.iterator().next();
    const { xs, origin } = value as { xs: tf.Tensor; origin: { positions: Int32Array } };
    expect(rising([...(await xs.data())])).toEqual([2, 3, 30]);
    expect(rising([...origin.positions])).toEqual([1, 2, 3]);
    xs.dispose();
    await store.close();
  });

  test.each<[string, number[][], object, string, string]>([
    [
      'NaN',
      [
        [1, 2],
        [1, Number.NaN],
      ],
      {},
      'SAE_NOT_FINITE',
      'writeActivations, batch 0, row 1',
    ],
    [
      'an origin of other rows',
      [[1], [2]],
      { origin: { examples: new Int32Array(1), positions: new Int32Array(1) } },
      'SAE_DATA',
      'writeActivations, batch 0',
    ],
    ['no rows', [], {}, 'SAE_DATA', 'writeActivations'],
  ])('refuses %s', async (_, rows, more, code, where) => {
    const dataset = {
      iterator: () =>
        rows.length > 0
          ? oneBatch(rows, more)
          : { next: async () => ({ value: null, done: true }) },
    };
    const before = tf.memory().numTensors;
    await expect(writeActivations(dataset, at('a'))).toBeRefused(code as 'SAE_DATA', where);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('refuses a source that ends before it has come to where it was', async () => {
    const failing = numberedRows(203, 16, { failAt: 8 });
    await expect(writeActivations(failing, at('a'), SHARDS)).rejects.toThrow();
    const attempt = writeActivations(numberedRows(40, 16), at('a'), SHARDS);
    await expect(attempt).toBeRefused('SAE_DATA', 'writeActivations');
    expect(await manifestOf('a')).toMatchObject({ rows: 120, complete: false });
  });
});

describe('a shard that is', () => {
  const shard = (i: number) => join(at('a'), `shard-0000${i}.safetensors`);
  beforeEach(async () => {
    await (await writeActivations(numberedRows(203, 16), at('a'), SHARDS)).close();
  });
  const DAMAGES: [string, () => Promise<unknown>, boolean][] = [
    ['missing', () => fs.rm(shard(2)), true],
    ['torn', async () => fs.truncate(shard(2), (await fs.stat(shard(2))).size - 8), true],
    ['another one', () => fs.copyFile(shard(5), shard(2)), true],
    ['another one of the same size', () => fs.copyFile(shard(1), shard(2)), false],
    ['no safetensors', () => fs.writeFile(shard(2), 'nothing'), true],
    ['wrong in a bit of a row', () => spoil(shard(2), 700), false],
    ['wrong in a bit of an origin', () => spoil(shard(2), -3), false],
  ];

  test.each(DAMAGES)('%s is named, and the others stay', async (_, damage, isSeenAtOnce) => {
    await damage();
    const warn = jest.spyOn(console, 'warn').mockImplementation();
    if (isSeenAtOnce) await expect(openActivationStore(at('a'))).toBeRefused('SAE_FILE', shard(2));
    else {
      for (const windowRows of [64, 1000]) {
        const store = await openActivationStore(at('a'), { batchSize: 7, windowRows });
        const attempt = async () => {
          const iterator = store.iterator();
          for (let i = 0; i < store.size; i++) {
            const { value } = await iterator.next();
            tf.dispose((value as { xs: tf.Tensor }).xs);
          }
        };
        await expect(attempt()).toBeRefused('SAE_FILE', shard(2));
        await expect(store.verify()).toBeRefused('SAE_FILE', shard(2));
        await store.close();
      }
    }
    const store = await openActivationStore(at('a'), { skipDamaged: true, batchSize: 1 });
    expect(store.damaged.map(({ file }) => file)).toEqual(['shard-00002.safetensors']);
    const found = rising((await numbersIn(store.iterator())).flat());
    expect(found).toEqual(range(203).filter((row) => row < 80 || row >= 120));
    expect(warn.mock.calls.flat().join()).toContain(shard(2));
    warn.mockRestore();
    await store.close();
  });

  test('whole passes verify', async () => {
    const store = await openActivationStore(at('a'));
    await store.verify();
    await store.close();
  });
});

test.each([
  ['no JSON', () => 'nothing'],
  ['another file', () => '{}'],
  ['a later version', (text: string) => text.replace('"version": 1', '"version": 2')],
  ['a shard elsewhere', (text: string) => text.replace('shard-00000', '../shard-00000')],
  ['fewer rows than it says', (text: string) => text.replace('"rows": 203', '"rows": 204')],
  ['a mean of another width', (text: string) => text.replace('"mean": [', '"mean": [0,')],
  ['no checksum', (text: string) => text.replace(/"rows": "[0-9a-f]{8}"/, '"rows": 5')],
])('a manifest that is %s is refused', async (_, change) => {
  await (await writeActivations(numberedRows(203, 16), at('a'), SHARDS)).close();
  const file = join(at('a'), 'activations.json');
  const text = await fs.readFile(file, 'utf8');
  await fs.writeFile(file, change(text));
  expect(change(text)).not.toBe(text);
  await expect(openActivationStore(at('a'))).toBeRefused('SAE_FILE', file);
});

test('a folder without a store', async () => {
  await expect(openActivationStore(root)).toBeRefused('SAE_FILE', root);
  await expect(openActivationStore(at('none'))).toBeRefused('SAE_FILE', at('none'));
});

describe('what rows are of', () => {
  const dictionary = (name = 'one') => {
    const sae = new ReluSAE({ inputDim: WIDTH, encodingDim: 8, name });
    sae.compile();
    return sae;
  };
  const quiet = { epochs: 1, verbose: 0 } as const;

  test('goes into a dictionary that is trained on them, alone or with others', async () => {
    const store = await writeActivations(numberedRows(64, 16), at('a'), {
      about: { ...ABOUT, contextSize: 128, prependBos: true, tokens: 5 },
    });
    const saes = ['one', 'two', 'three'].map(dictionary) as [ReluSAE, ReluSAE, ReluSAE];
    const [one, ...others] = saes;
    await one.fitDataset(store, quiet);
    await trainTogether(others, store, quiet);
    for (const sae of saes) {
      expect(metadataOf(sae)).toEqual({
        ...{ modelName: 'tiny', hookName: 'blocks.1.hook_resid_pre', datasetPath: 'numbers' },
        ...{ contextSize: 128, prependBos: true, other: { tokens: 5 } },
      });
    }
    for (const sae of saes) sae.dispose();
    await store.close();
  });

  test.each([
    ['model', { modelName: 'large', hookName: 'blocks.1.hook_resid_pre' }],
    ['layer', { modelName: 'tiny', hookName: 'blocks.2.hook_resid_pre' }],
    ['layer', { hfHookName: 'model.layers.2' }],
  ])('is refused where the dictionary is of another %s, but for force', async (what, metadata) => {
    const store = await writeActivations(numberedRows(64, 16), at('a'), SHARDS);
    const sae = dictionary();
    setMetadata(sae, metadata);
    await expect(sae.fitDataset(store, quiet)).toBeRefused(
      'SAE_DATA',
      'ReluSAE.fitDataset',
      `expected rows of the ${what} `,
    );
    expect(sae.optimizer.iterations).toBe(0);
    await sae.fitDataset(store, { ...quiet, force: true });
    expect(metadataOf(sae)).toEqual(metadata);
    sae.dispose();
    await store.close();
  });

  test('is kept where the dictionary says the same and more', async () => {
    const store = await writeActivations(numberedRows(64, 16), at('a'), SHARDS);
    const sae = dictionary();
    const known = { hfHookName: 'model.layers.0', hookName: ABOUT.layer, l0: 12 };
    setMetadata(sae, known);
    await sae.fitDataset(store, quiet);
    expect(metadataOf(sae)).toMatchObject({ ...known, modelName: 'tiny' });
    sae.dispose();
    await store.close();
  });
});
