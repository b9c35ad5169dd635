import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import type * as Tf from '@tensorflow/tfjs';
import { gzipSync, zipSync } from 'fflate';
import type { Page } from 'playwright-core';
import type * as GatedSae from '../../src/index';
import type { ArrayJSON, Expected } from '../io/keras/fixture';
import { type Answer, inPage } from './chromium.mts';

// By `require`, as the fixture's module looks for its folder.
const require = createRequire(import.meta.url);
const { apart, arraysOf, bytesOf, expectedOf, FIXTURES, NEWEST } =
  require('../io/keras/fixture') as typeof import('../io/keras/fixture');
const tfInNode = require('@tensorflow/tfjs') as typeof Tf;
const library = require('../../src') as typeof GatedSae;
const { bytesSource } =
  require('../../src/io/bytes/source') as typeof import('../../src/io/bytes/source');
const { readMember, zipMembers } =
  require('../../src/io/zip/read') as typeof import('../../src/io/zip/read');

const MODULES = '/node_modules/@tensorflow';
/** What most pages load. */
const SCRIPTS = [
  `${MODULES}/tfjs/dist/tf.min.js`,
  `${MODULES}/tfjs-backend-wasm/dist/tf-backend-wasm.min.js`,
];
/** tf.min.js itself needs 'unsafe-eval'. */
const WITHOUT_EVAL = [`${MODULES}/tfjs/dist/tf.es2017.min.js`];
const FOLDER = '/test/io/keras/fixtures/keras-3.15';
const TRAINED = join(NEWEST, 'gsae_trained.keras');

/** What Keras computes from a trained dictionary, and after two steps more. */
interface Trained extends Expected {
  resume: { batches: ArrayJSON[]; arrays_after: Record<string, ArrayJSON> };
}
const trained = expectedOf(TRAINED) as Trained;

type Helpers = ReturnType<typeof helpers>;
type Globals = {
  tf: typeof Tf & { wasm?: { setWasmPaths(path: string): void } };
  gatedSAE: typeof GatedSae;
  help: Helpers;
};

/** Opens a page with the scripts, on a backend, and hands it to `use`. */
async function inLibrary(
  use: (page: Page, complaints: string[]) => Promise<void>,
  {
    backend = 'cpu',
    policy = '',
    answer,
  }: { backend?: string; policy?: string; answer?: Answer } = {},
): Promise<void> {
  const headers: Record<string, string> =
    policy === '' ? {} : { 'content-security-policy': policy };
  await inPage(
    async (page, complaints) => {
      const scripts = policy === '' ? SCRIPTS : WITHOUT_EVAL;
      for (const url of [...scripts, '/dist/gated-sae-tfjs.iife.js']) {
        await page.addScriptTag({ url });
      }
      await page.evaluateHandle(helpers);
      await page.evaluate(async (name) => {
        const { tf } = globalThis as unknown as Globals;
        tf.wasm?.setWasmPaths('/node_modules/@tensorflow/tfjs-backend-wasm/dist/');
        await tf.setBackend(name);
        await tf.ready();
      }, backend);
      await use(page, complaints);
    },
    headers,
    answer,
  );
}

/** Runs in the page: what the functions of these tests share there. */
function helpers() {
  const { tf, gatedSAE } = globalThis as unknown as Globals;
  const toBase64 = (bytes: Uint8Array) => {
    let text = '';
    for (const byte of bytes) text += String.fromCharCode(byte);
    return btoa(text);
  };
  const numbers = (tensor: Tf.Tensor) =>
    toBase64(new Uint8Array(new Float32Array(tensor.dataSync()).buffer));
  const tensor = ({ base64, shape }: { base64: string; shape: number[] }) =>
    tf.tensor(
      new Float32Array(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)).buffer),
      shape,
    );
  /** A model as Node looks at it. */
  const seen = (model: Tf.LayersModel) => ({
    isGatedSAE: model instanceof gatedSAE.GatedSAE,
    weights: model.getWeights().map(numbers),
    optimizer: model.optimizer?.getClassName(),
    steps: model.optimizer?.iterations,
  });
  const dispose = (model: Tf.LayersModel) => {
    model.optimizer?.dispose();
    model.dispose();
  };
  /** What an attempt is refused with: the code, and the message. */
  const refusal = async (attempt: () => Promise<unknown>) => {
    try {
      await attempt();
      return 'nothing';
    } catch (error) {
      if (error instanceof gatedSAE.SAEError) return `${error.code} ${error.message}`;
      return `not an SAEError: ${error}`;
    }
  };
  /** Lets the browser come back to its senses: what Playwright itself calls may use eval. */
  const afterwards = () => new Promise((resolve) => setTimeout(resolve));
  const chosen = () => [...(document.querySelector('input')?.files ?? [])];
  const help = { chosen, toBase64, numbers, tensor, seen, dispose, refusal, afterwards };
  Object.assign(globalThis, { help });
  return help;
}

const floats = (base64: string): Float32Array => {
  const bytes = Uint8Array.from(Buffer.from(base64, 'base64'));
  return new Float32Array(bytes.buffer);
};

/** The weights proper, in the order of `getWeights`. */
const weightsIn = (arrays: Record<string, ArrayJSON>): string[] =>
  [0, 1, 2, 3, 4, 5].map((i) => (arrays[`vars/${i}`] as ArrayJSON).base64);

/** The trained fixture, bit for bit. */
function assertTrained(model: ReturnType<Helpers['seen']>, { arrays }: Expected = trained): void {
  assert.ok(model.isGatedSAE);
  assert.deepEqual(model.weights, weightsIn(arrays));
  assert.equal(model.optimizer, 'KerasAdam');
  assert.equal(model.steps, 6);
}

/** An archive that holds the same arrays, bit for bit. */
async function assertSameArrays(
  archive: Uint8Array,
  { arrays }: Expected = trained,
): Promise<void> {
  const found = await arraysOf(archive);
  assert.deepEqual([...found.keys()].sort(), Object.keys(arrays).sort());
  for (const [path, array] of Object.entries(arrays)) {
    const [dtype, bytes] = found.get(path) as [string, Uint8Array];
    assert.equal(dtype, array.dtype, path);
    assert.equal(Buffer.compare(bytes, bytesOf(array)), 0, path);
  }
}

/** What the page downloads while `act` runs there. */
async function downloaded(page: Page, act: () => Promise<unknown>) {
  const [download] = await Promise.all([page.waitForEvent('download'), act()]);
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

for (const backend of ['cpu', 'wasm', 'webgl']) {
  test(`a .keras file by its address on ${backend}: the same weights, predictions, next steps`, async () => {
    const limit = 1e-5;
    await inLibrary(
      async (page, complaints) => {
        const url = `${FOLDER}/gsae_trained.keras`;
        const { inputs, outputs, resume } = trained;
        const result = await page.evaluate(loadAndTrain, { url, inputs, batches: resume.batches });
        assert.deepEqual(complaints, []);
        assert.equal(result.backend, backend);
        assertTrained(result.loaded);
        const [theirs] = outputs.map(({ base64 }) => floats(base64));
        const predicted = apart(floats(result.predicted), theirs as Float32Array);
        assert.ok(predicted <= limit, `predictions are ${predicted} apart from Keras's`);
        assert.equal(result.after.steps, 8);
        const after = weightsIn(resume.arrays_after);
        result.after.weights.forEach((ours, i) => {
          const difference = apart(floats(ours), floats(after[i] as string));
          assert.ok(difference <= limit, `weight ${i} is ${difference} apart after two steps`);
          assert.notEqual(ours, result.loaded.weights[i]);
        });
        assert.equal(result.leaked, 0);
      },
      { backend },
    );
  });
}

/** Runs in the page. */
async function loadAndTrain({
  url,
  inputs,
  batches,
}: {
  url: string;
  inputs: ArrayJSON[];
  batches: ArrayJSON[];
}) {
  const { tf, gatedSAE, help } = globalThis as unknown as Globals;
  const before = tf.memory().numTensors;
  const model = await tf.loadLayersModel(gatedSAE.kerasArchive(url));
  const loaded = help.seen(model);
  const [x] = inputs.map(help.tensor);
  const outputs = model.predict(x as Tf.Tensor) as Tf.Tensor;
  const predicted = help.numbers(outputs);
  const rows = batches.map(help.tensor);
  const data = tf.concat(rows);
  await model.fit(data, data, { batchSize: 4, epochs: 1, shuffle: false });
  const after = help.seen(model);
  tf.dispose([x, outputs, data, rows]);
  help.dispose(model);
  const leaked = tf.memory().numTensors - before;
  return { backend: tf.getBackend(), loaded, predicted, after, leaked };
}

test('from a file that was chosen, a Blob, a buffer, a URL and the address of a Blob', async () => {
  await inLibrary(async (page, complaints) => {
    const damaged = join(FIXTURES, 'hostile', 'truncated_60pct.keras');
    await choose(page, [TRAINED, damaged]);
    const { models, inspected, refused } = await page.evaluate(loadChosen);
    assert.deepEqual(complaints, []);
    assert.equal(models.length, 7);
    for (const model of models) assertTrained(model);
    assert.deepEqual(inspected, { file: 'gsae_trained.keras', steps: 6 });
    assert.match(refused, /^SAE_FILE SAE_FILE truncated_60pct\.keras: /);
  });
});

/** Chooses files as a person does. */
async function choose(page: Page, files: string[]): Promise<void> {
  await page.evaluate(() => {
    const input = document.createElement('input');
    input.type = 'file';
    input.multiple = true;
    document.body.append(input);
  });
  await page.locator('input').setInputFiles(files);
}

/** Runs in the page. */
async function loadChosen() {
  const { tf, gatedSAE, help } = globalThis as unknown as Globals;
  const [file, damaged] = help.chosen() as [File, File];
  const buffer = await file.arrayBuffer();
  const blob = new Blob([buffer]);
  const padded = new Uint8Array(buffer.byteLength + 20);
  padded.set(new Uint8Array(buffer), 10);
  const models: ReturnType<Helpers['seen']>[] = [];
  for (const source of [
    file,
    blob,
    buffer,
    padded.subarray(10, -10),
    new DataView(buffer),
    URL.createObjectURL(blob),
    new URL(`data:application/octet-stream;base64,${help.toBase64(new Uint8Array(buffer))}`),
  ]) {
    const model = await tf.loadLayersModel(gatedSAE.kerasArchive(source));
    models.push(help.seen(model));
    help.dispose(model);
  }
  const { file: name, optimizer } = await gatedSAE.inspectKeras(file);
  const refused = await help.refusal(() => tf.loadLayersModel(gatedSAE.kerasArchive(damaged)));
  return { models, inspected: { file: name, steps: optimizer?.steps }, refused };
}

test('saving makes a download of that name, which holds the same arrays', async () => {
  await inLibrary(async (page, complaints) => {
    const { name, bytes } = await downloaded(page, () => page.evaluate(saveLoaded, 'out.keras'));
    assert.deepEqual(complaints, []);
    assert.equal(name, 'out.keras');
    await assertSameArrays(bytes);
  });
});

/** Runs in the page. */
async function saveLoaded(path: string) {
  const { tf, gatedSAE, help } = globalThis as unknown as Globals;
  await help.afterwards();
  const url = '/test/io/keras/fixtures/keras-3.15/gsae_trained.keras';
  const model = await tf.loadLayersModel(gatedSAE.kerasArchive(url));
  await model.save(gatedSAE.kerasArchive(path));
  help.dispose(model);
}

test('loads and saves where a policy forbids eval and WebAssembly', async () => {
  const policy = "default-src 'self'; script-src 'self'";
  const { answer } = fileServer({ 'deflated.keras': await deflated() });
  await inLibrary(
    async (page, complaints) => {
      await page.evaluate(noteViolations);
      await choose(page, [TRAINED]);
      const saved = await downloaded(page, () => page.evaluate(saveLoaded, 'models/out.keras'));
      assert.equal(saved.name, 'out.keras');
      await assertSameArrays(saved.bytes);
      const { models, className } = await page.evaluate(loadAndInspect);
      assert.equal(models.length, 2);
      for (const model of models) assertTrained(model);
      assert.equal(className, 'GatedSAE');
      assert.deepEqual(complaints, []);
      const violations = () => page.evaluate(() => (globalThis as unknown as Noted).violations);
      assert.deepEqual(await violations(), []);
      assert.deepEqual(await page.evaluate(tryForbidden), ['EvalError', 'CompileError']);
      assert.deepEqual(await violations(), ['eval', 'wasm-eval']);
    },
    { policy, answer },
  );
});

type Noted = { violations: string[] };

/** Runs in the page: has what the policy forbids noted down, be the attempt's error caught or not. */
function noteViolations() {
  const violations: string[] = [];
  Object.assign(globalThis, { violations });
  document.addEventListener('securitypolicyviolation', ({ blockedURI }) => {
    violations.push(blockedURI);
  });
}

/** Runs in the page. */
async function loadAndInspect() {
  const { tf, gatedSAE, help } = globalThis as unknown as Globals;
  await help.afterwards();
  const [file] = help.chosen() as [File];
  const models: ReturnType<Helpers['seen']>[] = [];
  for (const source of [file, '/parts/deflated.keras']) {
    const model = await tf.loadLayersModel(gatedSAE.kerasArchive(source));
    models.push(help.seen(model));
    help.dispose(model);
  }
  return { models, className: (await gatedSAE.inspectKeras(file)).className };
}

/** Runs in the page: how attempts at what that policy forbids end. */
async function tryForbidden() {
  await (globalThis as unknown as Globals).help.afterwards();
  const attempts = [
    async () => new Function('return 1'),
    () => WebAssembly.compile(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)),
  ];
  return Promise.all(
    attempts.map((attempt) =>
      attempt().then(
        () => 'let through',
        (error: Error) => error.name,
      ),
    ),
  );
}

test('inspecting a large file reads no weights from a server that knows ranges', async () => {
  const large = await largeArchive();
  const { answer, sent } = fileServer({ 'large.keras': large });
  await inLibrary(
    async (page, complaints) => {
      const inspect = (url: string) => page.evaluate(inspectIn, url);
      const parts = await inspect('/parts/large.keras?token=secret');
      const inspected = sent();
      assert.deepEqual(complaints, []);
      assert.ok(inspected.requests <= 4, `${inspected.requests} requests`);
      const share = inspected.bytes / large.length;
      assert.ok(share < 0.05, `${inspected.bytes} of ${large.length} bytes were sent`);
      assert.equal(parts.file, '/parts/large.keras');
      assert.deepEqual(parts.optimizer, {
        className: 'Adam',
        steps: 1,
        arrays: 14,
        // Two moments of each weight, the steps and the learning rate.
        bytes: 8 * parts.parameters + 8 + 4,
      });
      assert.equal(parts.parameters, 2 * 256 * 2048 + 3 * 2048 + 256);
      assert.equal(parts.bytes, large.length);

      const loaded = await page.evaluate(loadIn, '/parts/large.keras');
      const streamed = sent();
      assert.deepEqual(loaded, { width: 256, steps: 1 });
      assert.ok(streamed.requests <= 12, `${streamed.requests} requests`);
      assert.ok(streamed.bytes <= 1.05 * large.length, `${streamed.bytes} bytes were sent`);

      const whole = await inspect('/whole/large.keras');
      assert.deepEqual(whole, { ...parts, file: '/whole/large.keras' });
      assert.deepEqual(sent(), { requests: 1, bytes: large.length });
      assert.deepEqual(complaints, []);
    },
    { answer },
  );
});

test("another site's files, as far as it lets pages read parts of them", async () => {
  const { answer, sent } = fileServer({ 'large.keras': await largeArchive() });
  await inLibrary(
    async (page) => {
      const site = page.url().replace('127.0.0.1', 'localhost');
      const { bytes } = await page.evaluate(inspectIn, `${site}parts-for-all/large.keras`);
      assert.ok(sent().bytes < 0.05 * bytes);
      // Two do not let pages ask for parts, one not see which part came. Of what is compressed pages
      // see the length, and not that it is.
      for (const how of ['whole-for-all', 'whole-zipped-for-all', 'hidden-for-all']) {
        const address = `${site}${how}/large.keras`;
        const { file, className, bytes: size } = await page.evaluate(inspectIn, address);
        assert.deepEqual(
          { file, className, size },
          { file: address, className: 'GatedSAE', size: bytes },
        );
        assert.ok(sent().bytes >= (how.includes('zipped') ? 1 : bytes));
      }
      const refused = await page.evaluate(refusalsOf, [`${site}whole/large.keras`]);
      assert.match(refused.join('\n'), /^(SAE_FILE SAE_FILE http:.*large\.keras: .*\n?){2}$/);
    },
    { answer },
  );
});

/** Runs in the page. */
function inspectIn(url: string) {
  return (globalThis as unknown as Globals).gatedSAE.inspectKeras(url);
}

/** Runs in the page. */
async function loadIn(url: string) {
  const { tf, gatedSAE, help } = globalThis as unknown as Globals;
  const model = await tf.loadLayersModel(gatedSAE.kerasArchive(url));
  const steps = model.optimizer.iterations;
  const [width] = (model.getWeights()[0] as Tf.Tensor).shape;
  help.dispose(model);
  return { width, steps };
}

test('a file whose parts are shorter than they say is asked for whole, once', async () => {
  const { answer, sent } = fileServer({ 'sae.keras': await readFile(TRAINED) });
  await inLibrary(
    async (page) => {
      const names = await page.evaluate(async (address) => {
        const { tf, gatedSAE } = globalThis as unknown as Globals;
        const model = await tf.loadLayersModel(gatedSAE.kerasArchive(address));
        return model.weights.map(({ originalName }) => originalName);
      }, '/shorter-parts/sae.keras');
      assert.equal(names.length, 6);
      assert.equal(sent().requests, 2);
    },
    { answer },
  );
});

test('a file that is missing, breaks off or is hostile is refused by its name', async () => {
  const fixture = await readFile(TRAINED);
  const hostile = readdirSync(join(FIXTURES, 'hostile'));
  const { answer } = fileServer({ 'sae.keras': fixture });
  await inLibrary(
    async (page) => {
      const broken = [
        '/nothing/there.keras',
        '/breaking/sae.keras',
        '/breaking-parts/sae.keras',
        '/dist/gated-sae-tfjs.iife.js',
      ];
      const expected = [
        'received status 404 Not Found. Check the address.',
        'received a connection that failed. Check the address and the network.',
        'received a connection that failed. Check the address and the network.',
        'received ',
      ];
      const refused = await page.evaluate(refusalsOf, broken);
      assert.equal(refused.length, 2 * broken.length);
      refused.forEach((message, i) => {
        const which = Math.floor(i / 2);
        assert.ok(message.startsWith(`SAE_FILE SAE_FILE ${broken[which]}: expected `), message);
        assert.ok(message.includes(expected[which] as string), message);
      });
      const addresses = hostile.map((name) => `/test/io/keras/fixtures/hostile/${name}`);
      const loads = (await page.evaluate(refusalsOf, addresses)).filter((_, i) => i % 2 === 0);
      loads.forEach((message, i) => {
        const code = /^lambda/.test(hostile[i] as string) ? 'SAE_UNSUPPORTED' : 'SAE_FILE';
        assert.ok(message.startsWith(`${code} ${code} ${addresses[i]}: `), message);
      });
      const { numTensors } = await page.evaluate(() =>
        (globalThis as unknown as Globals).tf.memory(),
      );
      assert.equal(numTensors, 0);
    },
    { answer },
  );
});

/** Runs in the page: what loading and what inspecting each address is refused with. */
async function refusalsOf(urls: string[]) {
  const { tf, gatedSAE, help } = globalThis as unknown as Globals;
  const refusals: string[] = [];
  for (const url of urls) {
    refusals.push(await help.refusal(() => tf.loadLayersModel(gatedSAE.kerasArchive(url))));
    refusals.push(await help.refusal(() => gatedSAE.inspectKeras(url)));
  }
  return refusals;
}

test('bytes in the page and back, and weights into models that are there', async () => {
  await inLibrary(async (page, complaints) => {
    const result = await page.evaluate(roundTrip, FOLDER);
    assert.deepEqual(complaints, []);
    for (const model of [result.decoded, result.filled]) assertTrained(model);
    await assertSameArrays(Buffer.from(result.bytes, 'base64'));
    const weights = expectedOf(join(NEWEST, 'gsae_trained_weights.weights.h5'));
    assertTrained(result.fromWeights, weights);
    const [original, ...others] = result.after;
    for (const after of others) assert.deepEqual(after, original);
    assert.notDeepEqual(original, result.decoded.weights);
    assert.deepEqual(result.plain.decoded, result.plain.original);
    assert.match(result.unfit.refusal, /^SAE_SHAPE /);
    assert.deepEqual(result.unfit.after, result.unfit.before);
    assert.equal(result.leaked, 0);
  });
});

/** Runs in the page. */
async function roundTrip(folder: string) {
  const { tf, gatedSAE, help } = globalThis as unknown as Globals;
  const { decodeKeras, encodeKeras, loadKerasWeights } = gatedSAE;
  const before = tf.memory().numTensors;
  const original = await tf.loadLayersModel(gatedSAE.kerasArchive(`${folder}/gsae_trained.keras`));
  const bytes = await encodeKeras(original);
  const decoded = await decodeKeras(bytes);
  const weighed = { lambdaSparse: 0.002, auxWeight: 0.05, clipNorm: 1 };
  const filled = new gatedSAE.GatedSAE({ inputDim: 4, encodingDim: 6, ...weighed });
  const learningRate = new gatedSAE.WarmupCosineDecay({
    peakLr: 0.009999999776482582,
    warmupSteps: 2,
    totalSteps: 20,
  });
  filled.compile({ optimizer: new gatedSAE.KerasAdam({ learningRate, beta1: 0 }) });
  await loadKerasWeights(filled, bytes);
  const models = [original, decoded, filled] as GatedSae.GatedSAE[];
  const [, ...seen] = models.map(help.seen);

  const x = tf.randomNormal([8, 4], 0, 1, 'float32', 3) as Tf.Tensor2D;
  for (const model of models) await model.trainOnBatch(x);
  const after = models.map((model) => model.getWeights().map(help.numbers));
  await loadKerasWeights(filled, `${folder}/gsae_trained_weights.weights.h5`);
  const fromWeights = help.seen(filled);

  const sequential = tf.sequential({
    layers: [
      tf.layers.dense({ units: 3, inputShape: [4], activation: 'relu' }),
      tf.layers.dense({ units: 2 }),
    ],
  });
  const again = await decodeKeras(await encodeKeras(sequential));
  const wider = new gatedSAE.GatedSAE({ inputDim: 4, encodingDim: 8, seed: 1 });
  const untouched = wider.getWeights().map(help.numbers);
  const unfit = await help.refusal(() => loadKerasWeights(wider, bytes));
  const stillThere = wider.getWeights().map(help.numbers);
  const plain = {
    original: sequential.getWeights().map(help.numbers),
    decoded: again.getWeights().map(help.numbers),
  };
  for (const model of [...models, sequential, again, wider]) help.dispose(model);
  x.dispose();
  return {
    bytes: help.toBase64(bytes),
    decoded: seen[0] as ReturnType<Helpers['seen']>,
    filled: seen[1] as ReturnType<Helpers['seen']>,
    fromWeights,
    after,
    plain,
    unfit: { refusal: unfit, before: untouched, after: stillThere },
    leaked: tf.memory().numTensors - before,
  };
}

/** A server's part of a test: `/HOW/NAME`, where HOW is one of its cases. */
function fileServer(files: Record<string, Uint8Array>) {
  let traffic = { requests: 0, bytes: 0 };
  const answer: Answer = (path, request, response) => {
    const [, how = '', name = ''] = path.split('/');
    const file = files[name];
    if (file === undefined) return false;
    const size = file.length;
    const headers: Record<string, string> = { etag: '"1"' };
    if (how.endsWith('-for-all')) headers['access-control-allow-origin'] = '*';
    if (how === 'parts-for-all') headers['access-control-expose-headers'] = 'content-range';
    if (request.method === 'OPTIONS') {
      if (!how.startsWith('whole')) headers['access-control-allow-headers'] = 'range';
      response.writeHead(204, headers).end();
      return true;
    }
    const send = (plain: Uint8Array) => {
      const isZipped = how.includes('zipped');
      const body = isZipped ? gzipSync(plain) : plain;
      if (isZipped) headers['content-encoding'] = 'gzip';
      traffic.requests += 1;
      traffic.bytes += body.length;
      headers['content-length'] = String(body.length);
      response.writeHead(headers['content-range'] === undefined ? 200 : 206, headers);
      if (!how.startsWith('breaking')) response.end(body);
      else response.write(body.subarray(0, body.length / 2), () => response.destroy());
    };
    const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    if (/^(whole|breaking$)/.test(how) || last === '') {
      send(file);
      return true;
    }
    const from = first === '' ? Math.max(0, size - Number(last)) : Number(first);
    const to = first === '' ? size : Math.min(Number(last) + 1, size);
    headers['content-range'] = `bytes ${from}-${to - 1}/${size}`;
    send(file.subarray(from, how === 'shorter-parts' ? to - 1 : to));
    return true;
  };
  /** What was sent since the last time. */
  const sent = () => {
    const since = traffic;
    traffic = { requests: 0, bytes: 0 };
    return since;
  };
  return { answer, sent };
}

let large: Promise<Uint8Array> | undefined;

/** A dictionary of some MB and its optimizer's state. */
function largeArchive(): Promise<Uint8Array> {
  large ??= (async () => {
    const sae = new library.GatedSAE({ inputDim: 256, encodingDim: 2048, seed: 1 });
    sae.compile({ optimizer: new library.KerasAdam() });
    const x = tfInNode.randomNormal([4, 256], 0, 1, 'float32', 1) as Tf.Tensor2D;
    await sae.trainOnBatch(x);
    const bytes = await library.encodeKeras(sae);
    tfInNode.dispose([x, ...sae.getWeights()]);
    return bytes;
  })();
  return large;
}

/** The trained fixture with its files compressed, as Keras leaves them not but other tools do. */
async function deflated(): Promise<Uint8Array> {
  const source = bytesSource(await readFile(TRAINED));
  const files: Record<string, Uint8Array> = {};
  for (const member of await zipMembers(source)) {
    files[member.name] = await readMember(source, member, source.size);
  }
  return zipSync(files);
}
