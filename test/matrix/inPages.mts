import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { type Answer, ISOLATED, inPage } from '../browser/chromium.mts';
import { root } from '../package/packed.mts';
import { cell } from './cell.mts';
import type { Project } from './project.mts';

const run = promisify(execFile);
const vite = join(root, 'node_modules/vite/bin/vite.js');
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript' };
/** Where in the test's server the project's files are. */
const PROJECT = '/project/';

/** Runs in the page; what `globalThis.story` is, the project's files tell. */
const story = (address: string | undefined): Promise<Record<string, unknown>> =>
  (globalThis as unknown as { story(address?: string): Promise<Record<string, unknown>> }).story(
    address,
  );

/** Pages that Vite has built, and one of script tags, in a real browser. */
export function inPages(column: string, project: () => Project): void {
  cell('Vite: build', column, async () => {
    const pages = ['index.html', 'encode.html'];
    const folder = join(project().folder, 'page');
    await run(process.execPath, [vite, 'build', '--base', './', '--config', 'vite.config.mjs'], {
      cwd: folder,
    });
    for (const page of pages) await readFile(join(folder, 'dist', page));
  });

  cell('Vite: a page and its worker train, a PNG is drawn', column, async () => {
    await inProject(project(), async (page) => {
      await page.goto(new URL(`${PROJECT}page/dist/index.html`, page.url()).href);
      const { loss, step, png, inWorker } = await page.evaluate(story, undefined);
      assert.ok(Number.isFinite(loss));
      assert.equal(step, 'sparse');
      assert.equal(String.fromCharCode(...(png as number[])), 'PNG');
      const { loss: itsLoss, ...taken } = inWorker as Record<string, unknown>;
      assert.ok(Number.isFinite(itsLoss));
      assert.deepEqual(taken, { step: 'sparse', threads: 2, kernels: 'relaxed' });
    });
  });

  cell('Vite: a page opens a dictionary and encodes', column, async () => {
    await inProject(project(), async (page, asked) => {
      await page.goto(new URL(`${PROJECT}page/dist/encode.html`, page.url()).href);
      const model = `${PROJECT}saved/model.json`;
      const { className, shape, sum } = await page.evaluate(story, model);
      assert.equal(className, 'GatedSAE');
      assert.deepEqual(shape, [3, 128]);
      assert.ok(Number(sum) > 0);
      assert.deepEqual(
        asked.filter((path) => /rasterizer|png-|program/.test(path)),
        [],
      );
    });
  });

  cell('script tags: train, draw a PNG', column, async () => {
    await inProject(project(), async (page) => {
      const about = await readFile(project().installed('package.json'), 'utf8');
      const { unpkg, jsdelivr } = JSON.parse(about) as { unpkg: string; jsdelivr: string };
      assert.equal(unpkg, jsdelivr);
      const modules = `${PROJECT}node_modules/`;
      await page.addScriptTag({ url: `${modules}@tensorflow/tfjs/dist/tf.min.js` });
      await page.addScriptTag({
        url: new URL(unpkg, new URL(`${modules}gated-sae-tfjs/`, page.url())).href,
      });
      const { loss, png } = await page.evaluate(byScriptTags);
      assert.ok(Number.isFinite(loss));
      assert.equal(png, 'PNG');
    });
  });
}

/** Runs in the page. */
async function byScriptTags() {
  // biome-ignore lint/suspicious/noExplicitAny: what the scripts make global; the result is checked
  const { tf, gatedSAE } = globalThis as any;
  await tf.setBackend('cpu');
  const sae = new gatedSAE.GatedSAE({ inputDim: 16, encodingDim: 64 });
  sae.compile();
  const x = tf.randomUniform([64, 16]);
  const [loss] = (await sae.trainOnBatch(x)) as number[];
  const args = { imageShape: [4, 4] };
  const figure = await gatedSAE.plotDecoderGallery(sae, sae.encode(x), args);
  const bytes = (await figure.toPNG()) as Uint8Array;
  return { loss, png: String.fromCharCode(...bytes.slice(1, 4)) };
}

/** A page, isolated, whose server also has the project's files; it may not complain of anything. */
async function inProject(
  { folder }: Project,
  use: (page: Page, asked: readonly string[]) => Promise<void>,
): Promise<void> {
  const asked: string[] = [];
  const answer: Answer = (path, _request, response) => {
    if (path === '/favicon.ico') response.writeHead(204).end();
    else if (path.startsWith(PROJECT)) {
      asked.push(path);
      const file = join(folder, normalize(path.slice(PROJECT.length)));
      const type = TYPES[extname(file)] ?? 'application/octet-stream';
      readFile(file).then(
        (body) => response.writeHead(200, { 'content-type': type, ...ISOLATED }).end(body),
        () => response.writeHead(404).end(),
      );
    } else return false;
    return true;
  };
  const complained = async (page: Page, complaints: string[]) => {
    await use(page, asked);
    assert.deepEqual(complaints, []);
  };
  await inPage(complained, ISOLATED, answer);
}
