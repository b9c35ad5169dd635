import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { encode } from 'fast-png';
import type { Browser, Page } from 'playwright-core';
import { build, type PreviewServer, preview } from 'vite';
import type { StepRow } from '../../docs/demo/src/protocol';
import { launch, serve } from './chromium.mts';
import { Demo, type SavedFile, type Seen, violations } from './demoPage.mts';

const require = createRequire(import.meta.url);
require('@tensorflow/tfjs-backend-cpu');
const library = require('../../src') as typeof import('../../src');
const { npyBytes } = require('../node/npyFile') as typeof import('../node/npyFile');
const root = fileURLToPath(new URL('../..', import.meta.url));
const configFile = join(root, 'docs/demo/vite.config.mts');
const BUILT = '/docs/demo/dist/index.html';

let browser: Browser;
let server: PreviewServer;
/** Saved in the first test, opened in others. */
const saved = { keras: [] as SavedFile[], tfjs: [] as SavedFile[] };
/** The loss of the first step, from noise. */
let lossOfNoise: number;
/** What the page showed of the first picture when it saved. */
let seen: Seen;

before(async () => {
  await build({ configFile, logLevel: 'warn' });
  server = await preview({ configFile, preview: { port: 0, host: '127.0.0.1' }, logLevel: 'warn' });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.close();
});

const address = () => server.resolvedUrls?.local[0] as string;
const loss = (row: StepRow | undefined) => row?.losses['loss'] as number;
const AUX_WEIGHT = 0.1;

/** λ by which a step's loss has come about. */
function lambdaIn({ losses }: StepRow): number {
  const { loss: total, L_reconstruct: rebuilt, L_sparsity: sparsity, L_aux: aux } = losses;
  return (
    ((total as number) - (rebuilt as number) - AUX_WEIGHT * (aux as number)) / (sparsity as number)
  );
}

test('trains until the loss has halved, pauses, takes another λ at once, saves', async () => {
  const demo = await Demo.open(browser, address());
  const { page } = demo;
  assert.equal(await page.evaluate(() => crossOriginIsolated), true);
  await demo.train({ features: '256', epochs: '100' });
  await demo.until((rows) => rows.length > 20 && loss(rows.at(-1)) < loss(rows[0]) / 2);

  // The keyboard's focus has come from the button that went.
  await page.locator('#pause:focus').waitFor();
  await page.keyboard.press('Enter');
  await demo.phase('paused');
  const paused = (await demo.steps()).length;
  await demo.lambda('-0.5');
  const files = await demo.downloads('save-keras', 1);
  await page.waitForTimeout(500);
  assert.equal((await demo.steps()).length, paused, 'it has gone on in its pause');
  // What is saved in the pause is the model after exactly these steps.
  const inspected = await library.inspectKeras(files[0]?.buffer as Buffer);
  assert.equal(inspected.className, 'GatedSAE');
  assert.equal(inspected.optimizer?.steps, (await demo.steps()).at(-1)?.step);

  await page.click('#pause');
  const rows = await demo.until((some) => some.length > paused + 3);
  const before = rows[paused - 1] as StepRow;
  const first = rows[paused] as StepRow;
  assert.equal(before.sparsity.value, 0.05);
  assert.equal(first.sparsity.value, 0.32);
  assert.ok(Math.abs(lambdaIn(before) / 0.05 - 1) < 1e-2, `it was ${lambdaIn(before)}`);
  assert.ok(Math.abs(lambdaIn(first) / 0.32 - 1) < 1e-2, `it was ${lambdaIn(first)}`);
  await demo.lambda('-1');
  await demo.until((some) => some.at(-1)?.sparsity.value === 0.1);

  await page.click('#stop');
  await demo.phase('idle');
  await page.locator('#train:focus').waitFor();
  // The library's threads run in workers of the page's worker.
  const cores = await page.evaluate(() => navigator.hardwareConcurrency);
  await demo.says('status', cores > 1 ? /Stopped after .*, on \d+ threads\./ : /on one thread\./);
  const all = await demo.steps();
  lossOfNoise = loss(all[0]);
  assert.deepEqual(
    all.map(({ step }) => step),
    all.map((_, i) => i + 1),
  );
  assert.equal(await page.locator('.chart svg').count(), 6);
  assert.ok((await page.locator('#gallery .tile').count()) > 12);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await violations(page), []);
  }
  saved.keras = await demo.downloads('save-keras', 1);
  saved.tfjs = await demo.downloads('save-tfjs', 2);
  seen = await demo.look();
  assert.ok(seen.features.length > 3);
  const [dashboard] = await demo.downloads('save-dashboard', 1);
  assert.match(dashboard?.buffer.toString() as string, /Ankle boot/);
  await demo.close();
});

test('a saved .keras file, by its button: the same features, equally active', async () => {
  const demo = await Demo.open(browser, address());
  await demo.choose(saved.keras);
  assert.deepEqual(await demo.look(), seen);
  await demo.close();
});

test('saved tfjs files, dropped: the same; features can be turned, switched and added', async () => {
  const demo = await Demo.open(browser, address());
  const { page } = demo;
  await demo.drop(saved.tfjs);
  await demo.says('status', /Opened/);
  assert.deepEqual(await demo.look(), seen);

  const card = page.locator(`[data-feature="${seen.features[0]?.feature}"]`);
  const pictures = new Set([seen.rebuilt]);
  const changes: (() => Promise<unknown>)[] = [
    () => card.locator('[type=range]').fill('3'),
    () => card.locator('[type=checkbox]').uncheck(),
    () => page.fill('#add [name=feature]', unused()).then(() => page.click('#add button')),
  ];
  for (const change of changes) {
    await change();
    const { rebuilt, caption } = await demo.look();
    assert.match(caption, /^Steered: /);
    assert.ok(!pictures.has(rebuilt), 'the picture is as it was');
    pictures.add(rebuilt);
  }
  await page.click('#reset');
  assert.deepEqual(await demo.look(), seen);
  await demo.close();
});

/** The number of a feature that is not active on the first picture. */
function unused(): string {
  const used = new Set(seen.features.map(({ feature }) => feature));
  return [...Array(256).keys()].map(String).find((feature) => !used.has(feature)) as string;
}

test('draws by mouse and by keyboard, and takes the drawing apart', async () => {
  const demo = await Demo.open(browser, address());
  const { page } = demo;
  await demo.choose(saved.keras);
  await page.click('#clear');
  const empty = await demo.look();
  const canvas = page.locator('#drawing');
  await canvas.scrollIntoViewIfNeeded();
  const { x, y, width } = (await canvas.boundingBox()) as { x: number; y: number; width: number };
  await page.mouse.move(x + 0.3 * width, y + 0.3 * width);
  await page.mouse.down();
  await page.mouse.move(x + 0.7 * width, y + 0.7 * width, { steps: 5 });
  await page.mouse.up();
  const drawn = await demo.look();
  assert.notDeepEqual(drawn, empty);
  assert.equal(await inkOn(page), true);
  await canvas.focus();
  for (const key of ['ArrowUp', 'ArrowUp', 'ArrowRight', ' ', 'ArrowRight', ' ']) {
    await page.keyboard.press(key);
  }
  assert.notDeepEqual(await demo.look(), drawn);
  await demo.says('drawing-caption', /Your drawing/);
  await page.click('#strip button >> nth=0');
  assert.deepEqual(await demo.look(), seen);
  await demo.close();
});

/** Whether the middle of the drawing is white. */
const inkOn = (page: Page) =>
  page.evaluate(() => {
    const canvas = document.querySelector('#drawing') as HTMLCanvasElement;
    const middle = canvas.getContext('2d')?.getImageData(14, 14, 1, 1).data;
    return (middle?.[0] ?? 0) > 200;
  });

test('refuses what is damaged, hostile or something else, by name, and stays usable', async () => {
  const demo = await Demo.open(browser, address());
  const { page } = demo;
  await demo.choose(saved.keras);
  const file = (name: string, buffer: Buffer): SavedFile => ({ name, mimeType: '', buffer });
  const [keras] = saved.keras as [SavedFile];
  const [json, weights] = saved.tfjs as [SavedFile, SavedFile];
  const other = { inputDim: 64, encodingDim: 8 };
  const narrow = Buffer.from(await library.encodeKeras(new library.GatedSAE(other)));
  const changed = (change: (model: Record<string, unknown>) => void) => {
    const model = JSON.parse(json.buffer.toString());
    change(model.modelTopology);
    return file('model.json', Buffer.from(JSON.stringify(model)));
  };
  const vast = changed(({ config }) => Object.assign(config as object, { encoding_dim: 2 ** 40 }));
  const hostile = '<img src=x onerror="document.title=1">';
  const named = changed(({ config }) => Object.assign(config as object, { name: hostile }));
  const cases: [SavedFile[], RegExp][] = [
    [[file('half.keras', keras.buffer.subarray(0, 9000))], /SAE_FILE half\.keras: expected/],
    [
      [file(`${hostile}.keras`, Buffer.from('no'))],
      /SAE_FILE <img src=x onerror="document\.title=1">\.keras/,
    ],
    [[file('narrow.keras', narrow)], /SAE_SHAPE narrow\.keras: .* 784 values; .* 64 values/],
    [[json], /SAE_FILE model\.json: .* without "model\.weights\.bin"/],
    [[file('model.json', Buffer.from('{"a"')), weights], /SAE_FILE model\.json: .* not JSON/],
    [[json, file(weights.name, weights.buffer.subarray(0, 4000))], /SAE_FILE model\.json/],
    [[named, weights], /SAE_OPTION .*<img src=x/],
    [[vast, weights], /SAE_(FILE|OPTION)/],
    [
      [changed((model) => Object.assign(model, { class_name: 'Sequential' })), weights],
      /SAE_UNSUP/,
    ],
    [[file('notes.txt', Buffer.from('hello'))], /SAE_FILE the files: .* notes\.txt/],
    [[json, file(weights.name, Buffer.alloc(weights.buffer.length, 255))], /SAE_NOT_FINITE model/],
    [[keras, keras], /SAE_FILE the files: .* 2 \.keras files/],
  ];
  for (const [files, message] of cases) {
    await demo.drop(files);
    await demo.says('alert-text', message);
    await page.click('#alert-close');
  }
  assert.equal(await page.locator('img:not(.intro)').count(), 0);
  assert.equal(await page.title(), 'Watch a dictionary learn · gated-sae-tfjs');
  assert.deepEqual(await demo.look(), seen);
  await demo.close();
});

test('a tile opens its feature, by mouse and by keyboard, and the feature leads to pictures', async () => {
  const demo = await Demo.open(browser, address());
  const { page } = demo;
  await demo.choose(saved.keras);
  const tile = page.locator('.tile').first();
  const number = `#${await tile.getAttribute('data-tile')}`;
  const sheet = page.locator('#feature');
  await tile.focus();
  await page.keyboard.press('Enter');
  await sheet.waitFor();
  assert.equal(await page.textContent('#feature-title'), `Feature ${number}`);
  await demo.says('feature-facts', /It fires on \d+\.\d\s% of 1,000 pictures/);
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press('Escape');
  await sheet.waitFor({ state: 'hidden' });
  await page.locator(`.tile[data-tile="${number.slice(1)}"]:focus`).waitFor();

  // The strongest picture has the feature, as strong as the sheet says.
  await tile.click();
  const picture = page.locator('#feature-pictures button').first();
  const label = (await picture.getAttribute('aria-label')) as string;
  const strength = /strength (\S+):/.exec(label)?.[1];
  await picture.click();
  await sheet.waitFor({ state: 'hidden' });
  await demo.says('drawing-caption', new RegExp(`^${label.split(',')[0]}$`));
  const there = (await demo.look()).features.find(({ feature }) => `#${feature}` === number);
  assert.equal(there?.strength, strength);

  // A card's picture opens its feature too, and from there it can be added to any picture.
  await page.click('#clear');
  await demo.settled();
  const firing = (await demo.look()).features.map(({ feature }) => String(feature));
  const tiles = await page.locator('.tile').all();
  const numbers = await Promise.all(tiles.map((one) => one.getAttribute('data-tile')));
  const off = numbers.find((one) => one !== null && !firing.includes(one)) as string;
  await page.locator(`.tile[data-tile="${off}"]`).click();
  await page.click('#feature-add');
  const added = (await demo.look()).features.find(({ feature }) => String(feature) === off);
  assert.match(added?.strength as string, /^added: /);
  await page.locator(`[data-feature="${off}"] .opener`).click();
  await sheet.waitFor();
  await page.click('#feature-close');
  await demo.close();
});

test('trains two dictionaries side by side towards one L0, which may change meanwhile', async () => {
  const demo = await Demo.open(browser, address());
  const { page } = demo;
  const two = { architecture: 'gated', rival: 'topk', sparsity: 'l0' } as const;
  await demo.train({ features: '256', epochs: '8', ...two });
  await demo.until((rows) => rows.length > 30);
  await page.fill('#l0', '4'); // 2⁴
  await demo.says('status', /Trained 752 steps/, 180);
  const rows = await demo.steps();
  for (const dictionary of [0, 1]) {
    const own = rows.filter((row) => row.dictionary === dictionary);
    assert.deepEqual(
      own.map(({ step }) => step),
      own.map((_, i) => i + 1),
    );
    assert.equal(own.length, 752);
    assert.deepEqual(own.at(-1)?.sparsity, { by: 'l0', value: 16 });
    const { l0 } = (await demo.surveys(dictionary)).at(-1) as { l0: number };
    assert.ok(Math.abs(l0 / 16 - 1) < 0.3, `L0 of ${dictionary} is ${l0}`);
  }
  const explained = page.locator('.chart').filter({ hasText: 'Variance explained' });
  assert.match(await explained.innerText(), /GatedSAE \d.*TopKSAE \d/s);
  assert.equal(await page.locator('#gallery .tiles').count(), 2);
  const gated = await demo.look();
  await demo.says('rival-caption', /From the other dictionary: \d.* explained/);
  assert.deepEqual(await violations(page), []);

  // The other one takes the picture apart, and is saved.
  await page.click('#which button >> nth=1');
  await demo.says('model-name', /^TopKSAE/);
  const topk = await demo.look();
  assert.notDeepEqual(topk.features, gated.features);
  const [file] = await demo.downloads('save-keras', 1);
  assert.equal((await library.inspectKeras(file?.buffer as Buffer)).className, 'TopKSAE');
  // A tile opens its own dictionary's feature.
  await page.locator('#gallery .tiles >> nth=0').locator('.tile').first().click();
  await page.locator('#feature').waitFor();
  await demo.says('model-name', /^GatedSAE/);
  await page.keyboard.press('Escape');
  assert.deepEqual((await demo.look()).features, gated.features);
  await demo.close();
});

test('goes on training the dictionary that was opened', async () => {
  const demo = await Demo.open(browser, address());
  const { page } = demo;
  await demo.choose(saved.keras);
  assert.equal(await page.locator('[name=goOn]').isChecked(), true);
  await page.selectOption('[name=sparsity]', 'lambda');
  await page.fill('[name=epochs]', '2');
  await page.getByRole('button', { name: 'Train further' }).click();
  await demo.says('status', /Trained 188 steps/);
  const rows = await demo.steps();
  assert.ok(loss(rows[0]) < lossOfNoise / 2, `it begins at ${loss(rows[0])}, not ${lossOfNoise}`);
  const [opened, ...later] = await demo.surveys(0);
  assert.equal(opened?.step, 0);
  assert.ok((later.at(-1)?.explained as number) > (opened?.explained as number));
  await demo.says('model-name', /^GatedSAE .*: 256 features/);
  // What came of it is what is there: it can be looked at, saved, and trained further again.
  assert.notDeepEqual(await demo.look(), seen);
  const [file] = await demo.downloads('save-keras', 1);
  assert.equal((await library.inspectKeras(file?.buffer as Buffer)).optimizer?.steps, 188);
  assert.equal(await page.locator('[name=goOn]').isChecked(), true);
  await demo.close();
});

/** Rows of 784 bytes, each another: bars of its own place and width. */
const bars = (rows: number) =>
  Array.from({ length: rows }, (_, row) =>
    Array.from({ length: 784 }, (_, i) => (((i % 28) + row) % 7 < 1 + (row % 3) ? 200 : row % 20)),
  );

const named = (name: string, content: string | Uint8Array): SavedFile => ({
  name,
  mimeType: '',
  buffer: Buffer.from(content),
});

test("trains on somebody's own rows and pictures, and sends them nowhere", async () => {
  const demo = await Demo.open(browser, address());
  const { page } = demo;
  const asked: string[] = [];
  page.on('request', (request) => asked.push(`${request.method()} ${request.url()}`));
  const table = bars(40).map((row, i) => [i % 4, ...row].join(','));
  await demo.drop([named('mine.csv', [header(), ...table].join('\n'))]);
  await demo.says('data-name', /^Your own pictures: 36 to train on, 4 that training never sees/);
  assert.equal(await page.locator('#strip button').count(), 4);
  assert.equal(await page.getAttribute('#strip button >> nth=1', 'title'), 'Class 2'); // row 10
  await demo.train({ features: '256', epochs: '30', architecture: 'topk', sparsity: 'l0' });
  await demo.says('status', /Trained 30 steps/);
  const surveys = await demo.surveys(0);
  assert.ok((surveys.at(-1)?.explained as number) > 0.5, JSON.stringify(surveys));
  assert.ok((await demo.look()).features.length > 3);
  await page.locator('.tile').first().click();
  await demo.says('feature-facts', /of 4 pictures that training never sees/);
  await page.keyboard.press('Escape');
  assert.match(
    (await demo.downloads('save-dashboard', 1))[0]?.buffer.toString() as string,
    /<html/,
  );

  // The dictionary that is there looks at other pictures at once.
  const images = bars(20).map((row, i) => {
    const data = Uint8Array.from({ length: 2 * 784 }, (_, at) => row[at % 784] as number);
    return named(`${i}.png`, encode({ width: 28, height: 56, channels: 1, data }));
  });
  await demo.drop(images);
  await demo.says('data-name', /^Your own pictures: 18 to train on, 2 that/);
  assert.equal(await page.getAttribute('#strip button >> nth=1', 'title'), 'Picture 1');
  assert.ok((await demo.look()).features.length > 3);
  const shares = bars(30)
    .flat()
    .map((byte) => byte / 255);
  await demo.drop([named('mine.npy', npyBytes(Float32Array.from(shares), [30, 28, 28]))]);
  await demo.says('data-name', /^Your own pictures: 27 to train on, 3 that/);

  const refused: [SavedFile[], RegExp][] = [
    [[named('thin.csv', '1,2\n3,4')], /SAE_SHAPE thin\.csv: .* 784 values.* \[2, 2\]/],
    [[named('few.csv', table.slice(0, 5).join('\n'))], /SAE_DATA few\.csv: expected 20 pictures/],
    [[named('cold.csv', table.join('\n').replaceAll(',200', ',-1'))], /SAE_DATA cold\.csv: .* -1/],
    [[named('words.csv', 'a,b\nc,d')], /SAE_\w+ words\.csv/],
    [
      [named('half.npy', npyBytes(Float32Array.from(shares), [30, 784]).subarray(0, 999))],
      /SAE_FILE half/,
    ],
    [[named('no.png', 'hello')], /SAE_FILE no\.png: expected a picture/],
    [[...images, named('mine.csv', table.join('\n'))], /SAE_FILE the files: .* both/],
  ];
  for (const [files, message] of refused) {
    await demo.drop(files);
    await demo.says('alert-text', message);
    await page.click('#alert-close');
  }
  await demo.says('data-name', /^Your own pictures: 27 to train on/);
  const { origin } = new URL(address());
  assert.deepEqual(
    asked.filter((one) => !one.startsWith(`GET ${origin}/`) && !one.startsWith('GET blob:')),
    [],
  );
  await demo.close();
});

/** The first line of a table of pictures. */
const header = () => ['label', ...Array.from({ length: 784 }, (_, i) => `pixel${i}`)].join(',');

test('opens a dictionary of SAELens, and one that is not of pictures by no means', async () => {
  const demo = await Demo.open(browser, address());
  const files = async (inputDim: number) => {
    const folder = await mkdtemp(join(tmpdir(), 'sae-'));
    try {
      const sae = new library.TopKSAE({ inputDim, encodingDim: 32, k: 4, seed: 1 });
      await library.saveSAE(sae, folder);
      const names = (await readdir(folder)).filter((name) => /json|safetensors/.test(name));
      return Promise.all(
        names.map(async (name) => named(name, await readFile(join(folder, name)))),
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  };
  await demo.drop(await files(784));
  await demo.says('status', /Opened a dictionary of 32 features/);
  await demo.says('model-name', /^TopKSAE/);
  assert.ok((await demo.look()).features.length > 0);
  await demo.drop(await files(64));
  await demo.says('alert-text', /SAE_SHAPE .*sae_weights\.safetensors.* 64 values/);
  await demo.says('model-name', /32 features/);
  await demo.close();
});

test('curves say what they are, and their values where somebody points, also by keys', async () => {
  const demo = await Demo.open(browser, address());
  const { page } = demo;
  await demo.train({ features: '256', epochs: '1' });
  await demo.says('status', /Trained 94 steps/);
  const chart = page.locator('.chart').filter({ hasText: 'Loss and its terms' });
  await demo.until((rows) => rows.length === 94);
  await chart.locator('.figures', { hasText: 'loss' }).waitFor();
  assert.match(await chart.innerText(), /What training makes small/);
  const plot = chart.locator('.plot');
  await plot.focus();
  await page.keyboard.press('Home');
  const read = async () => (await chart.locator('.figures').innerText()).replace(/\s+/g, ' ');
  const [first] = await demo.steps();
  assert.match(await read(), new RegExp(`^Step 1: loss ${Number(loss(first).toPrecision(3))} `));
  await page.keyboard.press('ArrowRight');
  assert.match(await read(), /^Step [34]: loss/);
  await plot.evaluate((part) => (part as HTMLElement).blur());
  assert.match(await read(), /^loss /);
  const { x, y, width } = (await plot.boundingBox()) as { x: number; y: number; width: number };
  await page.mouse.move(x + width / 2, y + 40);
  assert.match(await read(), /^Step [45]\d: loss/);
  await chart.locator('.rule').waitFor();
  await page.mouse.move(0, 0);
  await chart.locator('.rule').waitFor({ state: 'hidden' });
  await demo.close();
});

test('what moves is beside what moves it, on a phone too', async () => {
  const demo = await Demo.open(browser, address());
  const { page } = demo;
  await page.setViewportSize({ width: 390, height: 844 });
  await demo.train({ features: '256', epochs: '200' });
  const tile = page.locator('.tile').first();
  await tile.waitFor();
  for (const id of ['#lambda', '#pause', '#stop', '#progress', '.tile >> nth=0']) {
    const [top, bottom] = await edges(page, id);
    assert.ok(top >= 0 && bottom <= 844, `${id} is at ${top} to ${bottom}`);
  }
  // The slider stays in sight as the curves come.
  await page.locator('.plot').last().scrollIntoViewIfNeeded();
  const [top, bottom] = await edges(page, '#lambda');
  assert.ok(top >= 0 && bottom <= 844, `λ is at ${top} to ${bottom}`);
  await page.click('#stop');
  await demo.phase('idle');
  await demo.look();
  const [, picture] = await edges(page, '#rebuilt');
  const [slider] = await edges(page, '.feature [type=range] >> nth=0');
  assert.ok(slider - picture < 200, `the slider is ${slider - picture} px below the picture`);
  await page.locator('.feature').last().scrollIntoViewIfNeeded();
  const [above, below] = await edges(page, '#rebuilt');
  assert.ok(above >= 0 && below <= 844, 'the picture has gone');
  await demo.close();
});

/** Where something begins and ends in the window, in pixels from above. */
async function edges(page: Page, selector: string): Promise<[top: number, bottom: number]> {
  const { y, height } = (await page.locator(selector).boundingBox()) as {
    y: number;
    height: number;
  };
  return [y, y + height];
}

test('a worker that is lost is told of, then and whenever somebody asks for it', async () => {
  const demo = await Demo.open(browser, address());
  const { page } = demo;
  await demo.train({ features: '256', epochs: '200' });
  await demo.until((some) => some.length > 2);
  await page.evaluate(() => {
    const [worker] = (globalThis as unknown as { workers: Worker[] }).workers;
    worker?.dispatchEvent(new ErrorEvent('error', { message: 'out of memory' }));
  });
  await demo.says('alert-text', /The worker has ended: out of memory\. Load this page again\./);
  await demo.says('status', /Training has ended with an error/);
  await demo.says('progress-text', /stopped$/);
  await page.click('#alert-close');
  await page.click('#save-keras');
  await demo.says('alert-text', /The worker has ended: out of memory/);
  await demo.close();
});

test('axe finds no fault, in light and dark, wide and narrow', async () => {
  for (const [scheme, width] of [
    ['light', 1280],
    ['dark', 360],
  ] as const) {
    const demo = await Demo.open(browser, address(), scheme);
    const { page } = demo;
    await page.setViewportSize({ width, height: 800 });
    assert.deepEqual(await violations(page), []);
    await demo.choose(saved.keras);
    await demo.drop([{ name: 'x.txt', mimeType: '', buffer: Buffer.from('x') }]);
    await demo.says('alert-text', /SAE_FILE/);
    await demo.look();
    assert.deepEqual(await violations(page), []);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.equal(overflow, 0, `the page is ${overflow} pixels wider than the window`);
    await demo.close();
  }
});

test('trains on one thread on a host that sends no headers, in any folder; ReluSAE too', async () => {
  const { url, close } = await serve();
  try {
    const demo = await Demo.open(browser, new URL(BUILT, url).href);
    assert.equal(await demo.page.evaluate(() => crossOriginIsolated), false);
    await demo.train({ features: '256', epochs: '1', architecture: 'relu' });
    await demo.says('status', /Trained 94 steps in .*, on one thread\./);
    const rows = await demo.steps();
    assert.ok(loss(rows.at(-1)) < loss(rows[0]) / 2);
    assert.ok((await demo.look()).features.length > 3);
    await demo.close();
  } finally {
    close();
  }
});

test('npm run demo serves it, says where, and ends by Ctrl-C', async () => {
  const demo = spawn('npm', ['run', 'demo'], { cwd: root, detached: true });
  let written = '';
  demo.stdout.on('data', (data) => {
    written += data;
  });
  // Under CI Vite writes in colours, though nobody sees them.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are control characters
  const said = () => written.replace(/\u001b\[\d+m/g, '');
  const ended = once(demo, 'exit');
  const group = -(demo.pid as number);
  try {
    while (!/Local: +http/.test(said())) {
      await Promise.race([once(demo.stdout, 'data'), ended]);
      assert.equal(demo.exitCode, null, said());
    }
    const [url] = said().match(/http:\S+/) as [string];
    const page = await Demo.open(browser, url);
    assert.equal(await page.page.evaluate(() => crossOriginIsolated), true);
    await page.says('environment', /tfjs backend: wasm/);
    await page.close();
    process.kill(group, 'SIGINT'); // as a terminal does, to all of them
    await ended;
    await gone(group);
  } finally {
    if (demo.exitCode === null && demo.signalCode === null) process.kill(group, 'SIGKILL');
  }
});

/** Waits until no process of a group is left. */
async function gone(group: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      process.kill(group, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('something that npm run demo has started goes on');
}
