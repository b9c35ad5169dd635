import assert from 'node:assert/strict';
import { test } from 'node:test';
import type * as Tf from '@tensorflow/tfjs';
import type { Page } from 'playwright-core';
import type * as GatedSae from '../../src/index';
import { inPage } from './chromium.mts';

type Globals = { tf: typeof Tf; gatedSAE: typeof GatedSae; stores: ReturnType<typeof stores> };

/** Opens the scripts in a page: anew after each reload. */
async function open(page: Page): Promise<void> {
  await page.addScriptTag({ url: '/node_modules/@tensorflow/tfjs/dist/tf.min.js' });
  await page.addScriptTag({ url: '/dist/gated-sae-tfjs.iife.js' });
  await page.evaluate(stores);
  await page.evaluate(async () => {
    const { tf } = globalThis as unknown as Globals;
    await tf.setBackend('cpu');
    await tf.ready();
  });
}

/** Runs in the page: rows that say their number, in the page's own file system. */
function stores() {
  const { tf, gatedSAE } = globalThis as unknown as Globals;
  const warnings: string[] = [];
  console.warn = (...words: unknown[]) => void warnings.push(words.join(' '));
  const ROWS = 203;
  const WIDTH = 6;
  const BATCH = 16;
  const args = { shardRows: 40, about: { model: 'tiny', layer: 'hidden' } };

  const folder = async () =>
    (await navigator.storage.getDirectory()).getDirectoryHandle('store', { create: true });

  /** @param stopAt the batch for which the network never answers */
  function rows(asked: number[], stopAt = Number.POSITIVE_INFINITY) {
    const iteratorAt = (_: number, from: number) => {
      let batch = from;
      const next = async () => {
        if (batch === stopAt) await new Promise(() => {});
        const first = batch * BATCH;
        if (first >= ROWS) return { value: null, done: true };
        asked.push(batch++);
        const numbers = Int32Array.from(
          { length: Math.min(BATCH, ROWS - first) },
          (_, i) => first + i,
        );
        const values = [...numbers].map((n) => Array.from({ length: WIDTH }, (_, k) => n + k / 8));
        const origin = { examples: numbers, positions: numbers };
        return { value: { xs: tf.tensor2d(values), origin }, done: false };
      };
      return { next };
    };
    return { iterator: () => iteratorAt(0, 0), iteratorAt };
  }

  async function names(): Promise<string[]> {
    const found: string[] = [];
    for await (const name of (
      (await folder()) as unknown as { keys(): AsyncIterable<string> }
    ).keys()) {
      found.push(name);
    }
    return found.sort();
  }

  /** Begins to write, and stays where the network does not answer. */
  async function beginUntil(batch: number, shards: number): Promise<void> {
    gatedSAE.writeActivations(rows([], batch), await folder(), args);
    const manifest = async () => {
      const handle = await (await folder()).getFileHandle('activations.json');
      return JSON.parse(await (await handle.getFile()).text());
    };
    // A file cannot be read in the moment in which it is written anew.
    const isNamed = () =>
      manifest().then(
        (found) => found.shards.length === shards,
        () => false,
      );
    while (!(await isNamed())) await new Promise((later) => setTimeout(later, 10));
  }

  async function finish(more: object = {}) {
    const asked: number[] = [];
    const store = await gatedSAE.writeActivations(rows(asked), await folder(), {
      ...args,
      ...more,
    });
    await store.close();
    return { asked, rows: store.rows };
  }

  /** The rows of a pass by number, and whether each is what it was. */
  async function pass(openArgs: object = {}) {
    const store = await gatedSAE.openActivationStore(await folder(), {
      ...{ batchSize: 7, windowRows: 60, ...openArgs },
    });
    const numbers: number[] = [];
    let isSame = true;
    const iterator = store.iteratorAt(1, 0);
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      const { xs, origin } = next.value as { xs: Tf.Tensor2D; origin: GatedSae.RowOrigin };
      const values = await xs.array();
      xs.dispose();
      values.forEach((row, i) => {
        const number = row[0] as number;
        numbers.push(number);
        isSame &&= origin.positions[i] === number && row.every((v, k) => v === number + k / 8);
      });
    }
    await store.verify();
    await store.close();
    return { numbers, isSame, damaged: store.damaged.map(({ file }) => file) };
  }

  async function damage(name: string): Promise<void> {
    const file = await (await folder()).getFileHandle(name);
    const bytes = new Uint8Array(await (await file.getFile()).arrayBuffer());
    const at = bytes.length - 9;
    bytes[at] = (bytes[at] as number) ^ 1;
    const stream = await file.createWritable();
    await stream.write(bytes);
    await stream.close();
  }

  async function trained() {
    const store = await gatedSAE.openActivationStore(await folder(), { batchSize: 20 });
    const sae = new gatedSAE.TopKSAE({ inputDim: store.width, encodingDim: 12, k: 3 });
    sae.compile();
    await sae.fitDataset(store, { epochs: 2, verbose: 0 });
    await store.close();
    return { steps: sae.optimizer.iterations, metadata: gatedSAE.metadataOf(sae) };
  }

  const tools = { beginUntil, finish, pass, names, damage, trained, warnings };
  Object.assign(globalThis, { stores: tools });
  return tools;
}

const inStores = (use: (page: Page) => Promise<void>) =>
  inPage(async (page, complaints) => {
    await open(page);
    await use(page);
    assert.deepEqual(complaints, []);
  });
const rising = (numbers: number[]) => [...numbers].sort((a, b) => a - b);
const range = (length: number) => Array.from({ length }, (_, i) => i);
const SHARDS = range(6).map((i) => `shard-0000${i}.safetensors`);

test('a store in the page’s own file system goes on after a reload, and is trained on', () =>
  inStores(async (page) => {
    await page.evaluate(() => (globalThis as unknown as Globals).stores.beginUntil(8, 3));
    await page.reload();
    await open(page);
    const names = () => page.evaluate(() => (globalThis as unknown as Globals).stores.names());
    assert.deepEqual(await names(), ['activations.json', ...SHARDS.slice(0, 3)]);
    const ended = await page.evaluate(() => (globalThis as unknown as Globals).stores.finish());
    assert.deepEqual(ended, { asked: range(6).map((i) => 7 + i), rows: 203 });
    assert.deepEqual(await names(), ['activations.json', ...SHARDS]);
    const { numbers, isSame } = await page.evaluate(() =>
      (globalThis as unknown as Globals).stores.pass(),
    );
    assert.deepEqual(rising(numbers), range(203));
    assert.notDeepEqual(numbers, range(203));
    assert.ok(isSame);
    assert.deepEqual(
      await page.evaluate(() => (globalThis as unknown as Globals).stores.trained()),
      { steps: 20, metadata: { modelName: 'tiny', hookName: 'hidden' } },
    );
  }));

test('of float16, and with a damaged shard, which is named and left out', () =>
  inStores(async (page) => {
    const found = await page.evaluate(async () => {
      const { stores } = globalThis as unknown as Globals;
      await stores.finish({ dtype: 'float16' });
      const whole = await stores.pass();
      await stores.damage('shard-00003.safetensors');
      const said = await stores.pass().catch((error: Error) => error.message);
      return { whole, said, rest: await stores.pass({ skipDamaged: true, batchSize: 1 }) };
    });
    assert.deepEqual(rising(found.whole.numbers), range(203));
    assert.ok(found.whole.isSame);
    assert.match(
      String(found.said),
      /^SAE_FILE store\/shard-00003\.safetensors: expected the rows/,
    );
    assert.deepEqual(found.rest.damaged, ['shard-00003.safetensors']);
    assert.deepEqual(
      rising(found.rest.numbers),
      range(203).filter((n) => n < 120 || n >= 160),
    );
    assert.ok(found.rest.isSame);
  }));
