/** A page in which the hidden layers of other people's models are captured and spliced. */
import assert from 'node:assert/strict';
import type * as Tf from '@tensorflow/tfjs';
import type { Page } from 'playwright-core';
import type * as GatedSae from '../../src/index';
import { type Answer, inPage } from './chromium.mts';

export type Globals = {
  tf: typeof Tf & { wasm: { setWasmPaths(path: string): void } };
  gatedSAE: typeof GatedSae;
  hidden: ReturnType<typeof tools>;
};

const SCRIPTS = [
  '/node_modules/@tensorflow/tfjs/dist/tf.min.js',
  '/node_modules/@tensorflow/tfjs-backend-wasm/dist/tf-backend-wasm.min.js',
  '/dist/gated-sae-tfjs.iife.js',
];

/** What such a page is opened with. */
export interface HiddenPage {
  /** Addresses of more scripts. */
  scripts?: readonly string[];
  answer?: Answer;
  /** Of the browser's command line. */
  flags?: readonly string[];
}

/** Opens a page with tfjs on wasm, the library and {@link tools}; nothing may complain there. */
export const inHiddenPage = (
  use: (page: Page) => Promise<void>,
  { scripts = [], answer, flags }: HiddenPage = {},
): Promise<void> =>
  inPage(
    async (page, complaints) => {
      for (const url of [...SCRIPTS, ...scripts]) await page.addScriptTag({ url });
      await page.evaluate(tools);
      await page.evaluate(async () => {
        const { tf } = globalThis as unknown as Globals;
        tf.wasm.setWasmPaths('/node_modules/@tensorflow/tfjs-backend-wasm/dist/');
        await tf.setBackend('wasm');
        await tf.ready();
      });
      await use(page);
      assert.deepEqual(complaints, []);
    },
    {},
    answer,
    flags,
  );

/** Runs in the page: what all of its tests do. */
function tools() {
  const { tf, gatedSAE } = globalThis as unknown as Globals;
  type Predict = (model: GatedSae.HostModel) => Promise<Tf.Tensor>;

  const largest = (t: Tf.Tensor) => tf.tidy(() => tf.max(tf.abs(t)).dataSync()[0] as number);
  const apart = (a: Tf.Tensor, b: Tf.Tensor) => {
    const difference = tf.sub(a, b);
    const found = largest(difference);
    difference.dispose();
    return found;
  };

  /** A dictionary that gives back what it is given, of values of both signs. */
  function identity(width: number): GatedSae.SAEModel {
    const shape = { inputDim: width, encodingDim: 2 * width, centred: false };
    const sae = new gatedSAE.ReluSAE(shape);
    tf.tidy(() => {
      const eye = tf.eye(width);
      const both = tf.concat([eye, tf.neg(eye)], 1);
      sae.setWeights([both, tf.zeros([2 * width]), tf.transpose(both), tf.zeros([width])]);
    });
    return sae;
  }

  /** A folder of the page's own file system. */
  const folder = async (name: string) =>
    (await navigator.storage.getDirectory()).getDirectoryHandle(name, { create: true });

  /** How far the rows of a store, which come in any order, are from those of a tensor `[rows, width]`. */
  async function storeApart(store: GatedSae.ActivationStore, of: Tf.Tensor, perExample: number) {
    const expected = await of.data();
    let rows = 0;
    let most = 0;
    const iterator = store.iterator();
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      const { xs, origin } = next.value as { xs: Tf.Tensor2D; origin: GatedSae.RowOrigin };
      const values = await xs.data();
      xs.dispose();
      values.forEach((value, i) => {
        const row = Math.floor(i / store.width);
        const at =
          (origin.examples[row] as number) * perExample + (origin.positions[row] as number);
        const known = expected[at * store.width + (i % store.width)] as number;
        most = Math.max(most, Math.abs(value - known));
      });
      rows += origin.examples.length;
    }
    return { rows, most };
  }

  /**
   * Writes a layer's rows to a store, and trains a dictionary of them without the model.
   *
   * @param own what the model itself has at the layer `[examples, ..., width]`
   * @param args examples of a batch in the model; rows in a batch of training, which divide all of them; and
   * the dictionary, a Gated SAE by default
   */
  async function trained(
    model: GatedSae.HostModel,
    layer: string,
    x: Tf.Tensor,
    own: Tf.Tensor,
    args: {
      batchSize: number;
      rowsPerBatch: number;
      epochs: number;
      learningRate: number;
      sae?: GatedSae.SAEModel;
    },
  ) {
    const rows = gatedSAE.captureActivations(model, layer, x, { batchSize: args.batchSize });
    const about = { model: 'a package', layer };
    const written = await gatedSAE.writeActivations(rows, await folder('store'), { about });
    await written.close();
    const store = await gatedSAE.openActivationStore(await folder('store'), {
      ...{ batchSize: args.rowsPerBatch, seed: 1 },
    });
    const perExample = own.size / store.width / (own.shape[0] as number);
    const stored = await storeApart(store, own, perExample);
    const shape = { inputDim: store.width, encodingDim: 2 * store.width, seed: 1 };
    const sae = args.sae ?? new gatedSAE.GatedSAE(shape);
    await sae.initDecoderBias(store.sample());
    sae.compile({ optimizer: new gatedSAE.KerasAdam({ learningRate: args.learningRate }) });
    const { history } = await sae.fitDataset(store, { epochs: args.epochs, verbose: 0 });
    await store.close();
    const { hookName } = gatedSAE.metadataOf(sae);
    return { sae, stored, losses: history['loss'] as number[], hookName };
  }

  /** How far a model's output is from its own with a dictionary in it, in each mode. */
  async function spliced(
    model: GatedSae.HostModel,
    layer: string,
    sae: GatedSae.SAEModel,
    predict: Predict,
  ) {
    const plain = await predict(model);
    const perfect = identity(sae.inputDim);
    const of = async (args: GatedSae.SpliceArgs, dictionary = sae) => {
      const changed = gatedSAE.spliceSAE(model as Tf.LayersModel, layer, dictionary, args);
      const output = await predict(changed as unknown as GatedSae.HostModel);
      const found = apart(plain, output);
      output.dispose();
      if (changed instanceof tf.LayersModel) changed.dispose();
      return found;
    };
    const result = {
      largest: largest(plain),
      identity: await of({}, perfect),
      error: await of({ error: true }),
      changed: {
        reconstruct: await of({}),
        ablate: await of({ mode: 'ablate', error: false }),
        clamp: await of({ mode: 'clamp', features: [0, 1], value: 50 }),
        scale: await of({ mode: 'scale', value: 3 }),
        add: await of({ mode: 'add', features: [0], value: 50 }),
      },
    };
    plain.dispose();
    perfect.dispose();
    return result;
  }

  /** What `use` gives, and how many tensors it has left. */
  async function counted<Result>(use: () => Promise<Result>) {
    const before = tf.memory().numTensors;
    const result = await use();
    return { ...result, leaked: tf.memory().numTensors - before };
  }

  const hidden = { largest, apart, identity, folder, trained, spliced, counted };
  Object.assign(globalThis, { hidden });
  return hidden;
}

type Trained = Omit<Awaited<ReturnType<Globals['hidden']['trained']>>, 'sae'>;
type Spliced = Awaited<ReturnType<Globals['hidden']['spliced']>>;

/** The store holds the model's own activations bit for bit, and training on it comes to something. */
export function assertTrained({ stored, losses, hookName }: Trained, rows: number, layer: string) {
  assert.deepEqual(stored, { rows, most: 0 });
  assert.equal(hookName, layer);
  assert.ok(losses.every(Number.isFinite));
  assert.ok((losses.at(-1) as number) < (losses[0] as number), `losses ${losses}`);
}

/** What gives back all changes nothing, and every mode of one that does not changes something. */
export function assertSpliced({ largest, identity, error, changed }: Spliced) {
  assert.ok(identity <= 1e-6 * Math.max(1, largest), `${identity} of ${largest}`);
  assert.equal(error, 0);
  for (const [mode, change] of Object.entries(changed)) {
    assert.ok(change > 0 && Number.isFinite(change), `${mode}: ${change}`);
  }
}
