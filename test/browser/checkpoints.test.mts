import assert from 'node:assert/strict';
import { test } from 'node:test';
import type * as Tf from '@tensorflow/tfjs';
import type { Page } from 'playwright-core';
import type * as GatedSae from '../../src/index';
import { inPage } from './chromium.mts';

type Globals = { tf: typeof Tf; gatedSAE: typeof GatedSae; training: ReturnType<typeof training> };

/** Places for checkpoints: the page's own file system, and a database. */
const PLACES = ['runs/first', 'indexeddb://runs/first'];

/** Opens the scripts in a page: anew after each reload. */
async function open(page: Page): Promise<void> {
  await page.addScriptTag({ url: '/node_modules/@tensorflow/tfjs/dist/tf.min.js' });
  await page.addScriptTag({ url: '/dist/gated-sae-tfjs.iife.js' });
  await page.evaluate(training);
  await page.evaluate(async () => {
    const { tf } = globalThis as unknown as Globals;
    await tf.setBackend('cpu');
    await tf.ready();
  });
}

/** Runs in the page: one training, that may be cut off and goes on. */
function training() {
  const { tf, gatedSAE } = globalThis as unknown as Globals;
  const warnings: string[] = [];
  console.warn = (...words: unknown[]) => void warnings.push(words.join(' '));
  const DATABASE = 'indexeddb://';

  const data = () => tf.randomNormal([64, 6], 0, 1, 'float32', 3) as Tf.Tensor2D;
  function begun() {
    const sae = new gatedSAE.GatedSAE({ inputDim: 6, encodingDim: 24, seed: 1 });
    const schedule = { peakLr: 0.05, warmupSteps: 3, totalSteps: 32 };
    const learningRate = new gatedSAE.WarmupCosineDecay(schedule);
    sae.compile({ optimizer: new gatedSAE.KerasAdam({ learningRate }) });
    return sae;
  }
  const args = { batchSize: 8, epochs: 4, verbose: 0, validationSplit: 0.1 } as const;

  /** Weights, moments and the count of steps, to the last bit. */
  async function stateOf(model: Tf.LayersModel) {
    const kept = (await model.optimizer.getWeights()).map(({ tensor }) => tensor);
    const all = [...model.getWeights(), ...kept];
    return all.map((weight) => [...new Uint32Array(weight.dataSync().slice().buffer)]);
  }

  /** The training without a break. */
  async function unbroken() {
    const sae = begun();
    const { history } = await sae.fit(data(), { ...args, seed: 5 });
    return { state: await stateOf(sae), loss: history['val_loss']?.at(-1) };
  }

  /** Begins, and never comes back: at that step, with all written, it waits for its page to go. */
  function beginUntil(to: string, step: number, more: { keep?: number } = {}): Promise<void> {
    const sae = begun();
    const newest = `step-${String(step - (step % 3)).padStart(10, '0')}`;
    // Checkpoints are written while training goes on.
    const place = navigator.storage === undefined ? DATABASE + to : to;
    const prefix = place.startsWith(DATABASE) ? `${place.slice(DATABASE.length)}/step` : 'step';
    const isWritten = async () => {
      const found = (await names(place)).filter((name) => name.startsWith(prefix));
      return found.length === (more.keep ?? 2) && found.at(-1)?.includes(newest);
    };
    return new Promise((resolve, reject) => {
      const onBatchEnd = async () => {
        if (sae.optimizer.iterations < step) return;
        while (!(await isWritten())) await new Promise((later) => setTimeout(later, 10));
        resolve();
        await new Promise(() => {});
      };
      const save = gatedSAE.checkpoint({ to, everySteps: 3, ...more });
      sae.fit(data(), { ...args, seed: 5, callbacks: [save, { onBatchEnd }] }).catch(reject);
    });
  }

  /** Goes on where it was cut off, to the end. */
  async function goOn(to: string, more: object = {}) {
    const { model, place } = await gatedSAE.resume(to);
    const callbacks = gatedSAE.checkpoint({ to, everySteps: 3, ...more });
    const { history } = await model.fit(data(), { ...args, callbacks, resumeAt: place });
    const at = { step: place.step, epoch: place.epoch, batch: place.batch };
    return { at, state: await stateOf(model), loss: history['val_loss']?.at(-1), warnings };
  }

  async function folderOf(to: string) {
    let folder = await navigator.storage.getDirectory();
    for (const part of to.split('/')) folder = await folder.getDirectoryHandle(part);
    return folder;
  }
  const table = (mode: IDBTransactionMode) =>
    new Promise<IDBObjectStore>((resolve, reject) => {
      const request = indexedDB.open('gated-sae-tfjs');
      request.onsuccess = () =>
        resolve(request.result.transaction('checkpoints', mode).objectStore('checkpoints'));
      request.onerror = () => reject(request.error);
    });
  const answer = <T,>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });

  /** What is in a place, by what the browser itself says. */
  async function names(to: string): Promise<string[]> {
    if (to.startsWith(DATABASE)) {
      return (await answer((await table('readonly')).getAllKeys())).map(String).sort();
    }
    const found: string[] = [];
    const folder = (await folderOf(to)) as unknown as { keys(): AsyncIterable<string> };
    for await (const name of folder.keys()) found.push(name);
    return found.sort();
  }

  /** Damages a checkpoint as half a write would, or a bad disk. */
  async function damage(to: string, name: string, how: 'half' | 'a bit'): Promise<void> {
    const spoil = async (blob: Blob) => {
      const bytes = new Uint8Array(await blob.arrayBuffer());
      if (how === 'half') return bytes.slice(0, bytes.length / 2);
      const at = bytes.length >> 1;
      bytes[at] = (bytes[at] as number) ^ 4;
      return bytes;
    };
    if (to.startsWith(DATABASE)) {
      const blob = (await answer((await table('readonly')).get(name))) as Blob;
      const bytes = await spoil(blob);
      await answer((await table('readwrite')).put(new Blob([bytes]), name));
      return;
    }
    const file = await (await folderOf(to)).getFileHandle(name);
    const bytes = await spoil(await file.getFile());
    const stream = await file.createWritable();
    await stream.write(bytes);
    await stream.close();
  }

  const tools = { unbroken, beginUntil, goOn, names, damage, stateOf, begun, data, args };
  Object.assign(globalThis, { training: tools });
  return tools;
}

const inTraining = (use: (page: Page) => Promise<void>) =>
  inPage(async (page, complaints) => {
    await open(page);
    await use(page);
    assert.deepEqual(complaints, []);
  });

/** The page loads anew: what it had in its memory is gone, and what it was doing. */
async function reload(page: Page): Promise<void> {
  await page.reload();
  await open(page);
}

const unbroken = (page: Page) =>
  page.evaluate(() => (globalThis as unknown as Globals).training.unbroken());
const beginUntil = (page: Page, to: string, step: number, more = {}) =>
  page.evaluate(
    ([to, step, more]) => (globalThis as unknown as Globals).training.beginUntil(to, step, more),
    [to, step, more] as const,
  );
const goOn = (page: Page, to: string, more = {}) =>
  page.evaluate(([to, more]) => (globalThis as unknown as Globals).training.goOn(to, more), [
    to,
    more,
  ] as const);
const names = (page: Page, to: string) =>
  page.evaluate((to) => (globalThis as unknown as Globals).training.names(to), to);
const damage = (page: Page, to: string, name: string, how: 'half' | 'a bit') =>
  page.evaluate(
    ([to, name, how]) => (globalThis as unknown as Globals).training.damage(to, name, how),
    [to, name, how] as const,
  );
const stepsOf = (found: readonly string[]) =>
  found.map((name) => Number(/step-(\d{10})-[0-9a-f]{8}\.checkpoint$/.exec(name)?.[1]));

for (const to of PLACES) {
  test(`a page that is loaded anew goes on bit for bit from ${to}`, () =>
    inTraining(async (page) => {
      const whole = await unbroken(page);
      await beginUntil(page, to, 11);
      await reload(page);
      assert.deepEqual(stepsOf(await names(page, to)), [6, 9]);
      const first = await goOn(page, to);
      assert.deepEqual(first.at, { step: 9, epoch: 1, batch: 1 });
      assert.deepEqual(first.state, whole.state);
      assert.equal(first.loss, whole.loss);
      assert.deepEqual(first.warnings, []);
      assert.deepEqual(stepsOf(await names(page, to)), [30, 32]);
    }));

  test(`what is torn or damaged in ${to} is passed over`, () =>
    inTraining(async (page) => {
      const whole = await unbroken(page);
      await beginUntil(page, to, 11, { keep: 3 });
      await reload(page);
      const [, older, newest] = await names(page, to);
      await damage(page, to, newest as string, 'half');
      await damage(page, to, older as string, 'a bit');
      await reload(page);
      const { at, state, warnings } = await goOn(page, to, { keep: 3 });
      assert.deepEqual(at, { step: 3, epoch: 0, batch: 3 });
      assert.deepEqual(state, whole.state);
      assert.equal(warnings.length, 2);
      for (const said of warnings) assert.match(said, /passed over a checkpoint\. SAE_FILE/);
      assert.deepEqual(stepsOf(await names(page, to)), [27, 30, 32]);
    }));

  test(`the best epoch stays in ${to}, and comes back`, () =>
    inTraining(async (page) => {
      const found = await page.evaluate(async (to) => {
        const { gatedSAE, training } = globalThis as unknown as Globals;
        const { begun, data, args, stateOf } = training;
        const sae = begun();
        const values = [3, 1, 2, 4];
        const perEpoch: Awaited<ReturnType<typeof stateOf>>[] = [];
        const score = {
          onEpochEnd: async (epoch: number, logs?: object) => {
            Object.assign(logs ?? {}, { score: values[epoch] });
            perEpoch.push(await stateOf(sae));
          },
        };
        const best = { monitor: 'score', restore: true };
        const save = gatedSAE.checkpoint({ to, everySteps: 3, keep: 1, best });
        await sae.fit(data(), { ...args, seed: 5, callbacks: [score, save] });
        const { model } = await gatedSAE.resume(to, { best: 'score' });
        const newest = await gatedSAE.resume(to);
        return {
          ...{ perEpoch, restored: await stateOf(sae), best: await stateOf(model) },
          newest: await stateOf(newest.model),
        };
      }, to);
      const weights = (state: number[][] | undefined) => state?.slice(0, 5);
      assert.deepEqual(weights(found.restored), weights(found.perEpoch[1]));
      assert.deepEqual(found.best, found.perEpoch[1]);
      assert.deepEqual(found.newest, found.perEpoch[3]);
      assert.deepEqual(stepsOf(await names(page, to)), [16, 32]);
    }));
}

test('a place of its own for each name, and one that another training has is left alone', () =>
  inTraining(async (page) => {
    for (const to of PLACES) {
      await beginUntil(page, to, 4);
      const said = await page.evaluate(async (to) => {
        const { training } = globalThis as unknown as Globals;
        await training.beginUntil(`${to}-other`, 4);
        return training.beginUntil(to, 4).then(
          () => 'nothing',
          (error: Error) => error.message,
        );
      }, to);
      assert.match(
        said,
        /^SAE_FILE .*expected a place without the checkpoints of another training/,
      );
    }
  }));

test('a page that is no secure context has no file system of its own: IndexedDB takes its place', () =>
  inTraining(async (page) => {
    const found = await page.evaluate(async () => {
      const { training } = globalThis as unknown as Globals;
      Object.defineProperty(navigator, 'storage', { value: undefined });
      await training.beginUntil('somewhere', 4);
      return training.names('indexeddb://somewhere');
    });
    assert.match(found[0] as string, /^somewhere\/step-/);
  }));
