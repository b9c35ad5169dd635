/** The galleries in a page: the same SVG and PNG as in Node, in whatever way the library came. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { build } from 'vite';
import type * as GatedSae from '../../src/index';
import { type Answer, inPage } from './chromium.mts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const require = createRequire(import.meta.url);
const { hostileReport } = require('../viz/hostileReport');
const { pythonReport } = require('../parity/pythonReport');
const TFJS = '/node_modules/@tensorflow/tfjs/dist/tf.min.js';
const BUNDLE = '/dist/gated-sae-tfjs.iife.js';
const PNG_SCRIPTS = [1, 2, 3, 4, 5].map((n) => `/dist/gated-sae-tfjs.png-${n}.js`);
/** What a careful page allows; PNGs need WebAssembly. */
const STRICT = {
  'content-security-policy':
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; img-src data:",
};

type Library = typeof GatedSae;
interface Drawn {
  svg: string;
  /** SHA-256 of the PNGs at scales 1 and 1.5. */
  png: string[];
}
/** Every figure of the test, by any copy of the library. */
const REPORTS = { fashion: pythonReport('fashion'), hostile: hostileReport() };
const CALLS = [
  ['drawDecoderGallery', 'fashion', { topN: 12 }],
  ['drawFeatureGallery', 'fashion', { topFeatures: 3 }],
  ['drawDecoderGallery', 'hostile', {}],
  ['drawFeatureGallery', 'hostile', { featureIdx: [0, 1, 2, 3, 4, 5, 6, 7, 8] }],
] as const;
type Task = { reports: typeof REPORTS; calls: typeof CALLS };
const TASK: Task = { reports: REPORTS, calls: CALLS };

/** Runs here and in pages. */
async function drawAll(library: Library, { reports, calls }: Task): Promise<Drawn[]> {
  const hex = async (bytes: Uint8Array) =>
    [...new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes)))]
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join('');
  const drawn: Drawn[] = [];
  for (const [draw, report, args] of calls) {
    const figure = library[draw](reports[report], args as object);
    const png = [await figure.toPNG(), await figure.toPNG({ scale: 1.5 })];
    drawn.push({ svg: figure.toSVG(), png: await Promise.all(png.map(hex)) });
  }
  return drawn;
}

let here: Drawn[];
let folder: string;
before(async () => {
  here = await drawAll(await import(join(root, 'dist', 'index.mjs')), TASK);
  const cache = join(root, '.cache');
  mkdirSync(cache, { recursive: true });
  folder = mkdtempSync(join(cache, 'figure-'));
  await bundle();
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** What `drawAll` came to in the page, where `library` is. */
const drawnIn = (page: Page, library: string) =>
  page.evaluate<Drawn[]>(`(${drawAll})(globalThis.${library}, ${JSON.stringify(TASK)})`);

const requested = (page: Page): string[] => {
  const paths: string[] = [];
  page.on('request', (request) => paths.push(new URL(request.url()).pathname));
  return paths;
};

test('Node: the same as an ES module, by require, and as accepted', async () => {
  assert.deepEqual(await drawAll(require('../../dist/index.cjs'), TASK), here);
  const { drawFeatureGallery } = (await import(join(root, 'dist', 'index.mjs'))) as Library;
  const [, , , hostile] = CALLS;
  const png = await drawFeatureGallery(REPORTS.hostile, hostile[2] as object).toPNG();
  const accepted = readFileSync(join(root, 'test', 'viz', 'golden', 'feature-hostile.png'));
  assert.equal(
    createHash('sha256').update(png).digest('hex'),
    createHash('sha256').update(accepted).digest('hex'),
  );
});

test('by script tag: the same SVG and PNG; what draws PNGs comes when it is needed', async () => {
  await inPage(async (page, complaints) => {
    const paths = requested(page);
    for (const path of [TFJS, BUNDLE]) await page.addScriptTag({ url: path });
    const svg = await page.evaluate(
      ([reports]) => {
        const { gatedSAE } = globalThis as unknown as { gatedSAE: Library };
        return gatedSAE.drawDecoderGallery(reports.fashion, { topN: 12 }).toSVG();
      },
      [REPORTS] as const,
    );
    assert.equal(svg, here[0]?.svg);
    const ofPng = () => paths.filter((path) => path.includes('png')).sort();
    assert.deepEqual(ofPng(), []);
    assert.deepEqual(await drawnIn(page, 'gatedSAE'), here);
    assert.deepEqual(ofPng(), PNG_SCRIPTS);
    assert.deepEqual(complaints, []);
  });
});

/** A page's program that a bundler has made of the package. */
async function bundle(): Promise<void> {
  const entry = join(folder, 'page.js');
  writeFileSync(entry, "import * as library from 'gated-sae-tfjs'; globalThis.library = library;");
  await build({
    root: folder,
    base: './',
    logLevel: 'error',
    configFile: false,
    resolve: { alias: { 'gated-sae-tfjs': join(root, 'dist', 'index.mjs') } },
    build: {
      target: 'es2022',
      outDir: 'built',
      minify: false,
      modulePreload: false,
      rollupOptions: { input: entry, output: { entryFileNames: 'page.js' } },
    },
  });
}

async function openBundle(page: Page): Promise<void> {
  await page.addScriptTag({
    url: `/${folder.slice(root.length)}/built/page.js`,
    type: 'module',
  });
  await page.waitForFunction('"library" in globalThis');
}

test('by a bundler: the same, and what draws PNGs is in files of its own, none larger than bundlers like', async () => {
  await inPage(async (page, complaints) => {
    const paths = requested(page);
    const rasterizers = () => paths.filter((path) => /rasterizer|png-\d/.test(path)).length;
    await openBundle(page);
    assert.equal(rasterizers(), 0);
    assert.deepEqual(await drawnIn(page, 'library'), here);
    assert.equal(rasterizers(), 1 + PNG_SCRIPTS.length);
    assert.deepEqual(complaints, []);
  }, STRICT);
});

test('where a policy forbids WebAssembly: the SVG, and an error that says so', async () => {
  const policy = "default-src 'none'; script-src 'self'; img-src data:";
  await inPage(
    async (page) => {
      await openBundle(page);
      const seen = await page.evaluate(
        async ([reports]) => {
          const { library } = globalThis as unknown as { library: Library };
          const figure = library.drawDecoderGallery(reports.fashion, { topN: 12 });
          const error = await figure.toPNG().catch(({ message }) => message);
          return { svg: figure.toSVG(), error };
        },
        [REPORTS] as const,
      );
      assert.equal(seen.svg, here[0]?.svg);
      assert.match(seen.error, /^SAE_MISSING Figure\.toPNG: expected WebAssembly; .*wasm-unsafe/);
    },
    { 'content-security-policy': policy },
  );
});

test('in a worker, whose script loads the bundle alone', async () => {
  const script = (files: string[]) => `
    importScripts(${files.map((file) => JSON.stringify(file)).join()});
    const drawAll = ${drawAll.toString()};
    globalThis.__name = (f) => f;
    onmessage = ({ data }) =>
      drawAll(gatedSAE, data).then(postMessage, ({ message }) => postMessage(message));`;
  const answer: Answer = (path, _, response) => {
    if (path !== '/worker.js') return false;
    response.writeHead(200, { 'content-type': 'text/javascript' }).end(script([TFJS, BUNDLE]));
    return true;
  };
  await inPage(
    async (page) => {
      const run = (file: string) =>
        page.evaluate(
          ([name, task]) =>
            new Promise((resolve, reject) => {
              const worker = new Worker(name);
              worker.onmessage = ({ data }) => resolve(data);
              worker.onerror = (event) => reject(new Error(event.message));
              worker.postMessage(task);
            }),
          [file, TASK] as const,
        );
      assert.deepEqual(await run('/worker.js'), here);
    },
    {},
    answer,
  );
});

test('mount shows a figure in a page of a strict policy, and hostile names run nothing', async () => {
  await inPage(async (page, complaints) => {
    const dialogs: string[] = [];
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message());
      void dialog.dismiss();
    });
    await openBundle(page);
    const seen = await page.evaluate(
      async ([reports]) => {
        const { library } = globalThis as unknown as { library: Library };
        const figure = library.drawFeatureGallery(reports.hostile);
        document.body.innerHTML = '<div id="old"><p>before</p></div>';
        const place = document.getElementById('old') as HTMLElement;
        place.style.width = '400px';
        const nothing: unknown = figure.mount(place);
        figure.mount(place); // takes the place of the first
        const images = [...place.querySelectorAll('image')];
        await Promise.all(
          images.map(async (image) => {
            const own = new Image();
            own.src = image.getAttribute('href') as string;
            await own.decode();
          }),
        );
        const errors: string[] = [];
        for (const wrong of [null, undefined, '#old', {}]) {
          try {
            figure.mount(wrong as unknown as Element);
          } catch (error) {
            errors.push((error as Error).message);
          }
        }
        const [svg] = place.children;
        const box = (svg as Element).getBoundingClientRect();
        return {
          nothing: nothing === undefined,
          children: [...place.children].map((child) => child.tagName),
          namespace: svg?.namespaceURI,
          named: svg?.querySelector(':scope > title')?.textContent,
          elements: [...new Set([...place.querySelectorAll('*')].map((e) => e.localName))].sort(),
          images: images.length,
          text: place.textContent ?? '',
          shape: [box.width, box.height / box.width],
          ratio: figure.height / figure.width,
          errors,
        };
      },
      [REPORTS] as const,
    );
    assert.ok(seen.nothing);
    assert.deepEqual(seen.children, ['svg']);
    assert.equal(seen.namespace, 'http://www.w3.org/2000/svg');
    assert.equal(seen.named, 'Decoder Directions + Top-Activating Images');
    const allowed = ['desc', 'g', 'image', 'rect', 'svg', 'text', 'title'];
    assert.deepEqual(seen.elements, allowed);
    assert.equal(seen.images, 8 + 7 * 5 + 1 + 1); // directions, examples, and the colour key
    assert.ok(seen.text.includes('<img src=x onerror=alert(1)>'));
    assert.ok(seen.text.includes('</title></svg><script>alert(1)</script>'));
    assert.equal(seen.shape[0], 400);
    assert.ok(Math.abs((seen.shape[1] as number) - seen.ratio) < 0.01);
    assert.equal(seen.errors.length, 4);
    for (const error of seen.errors) {
      assert.match(error, /^SAE_OPTION Figure\.mount: expected an element of the page/);
    }
    assert.deepEqual(dialogs, []);
    assert.deepEqual(complaints, []);
  }, STRICT);
});

test('a page of its own: opens from disk, asks for nothing, has no accessibility fault', async () => {
  const { drawFeatureGallery } = (await import(join(root, 'dist', 'index.mjs'))) as Library;
  const figure = drawFeatureGallery(REPORTS.hostile);
  const file = join(folder, 'figure.html');
  writeFileSync(file, figure.toHTML());
  await inPage(async (page, complaints) => {
    await page.context().setOffline(true);
    const paths = requested(page);
    await page.goto(`file://${file}`);
    const seen = await page.evaluate(() => {
      const svg = document.querySelector('svg') as SVGSVGElement;
      const box = svg.getBoundingClientRect();
      return {
        size: [box.width, box.height],
        left: box.left,
        right: document.documentElement.clientWidth - box.right,
        ground: getComputedStyle(document.body).backgroundColor,
        margin: getComputedStyle(document.body).margin,
        scripts: document.querySelectorAll('script, img, iframe').length,
      };
    });
    assert.deepEqual(seen.size, [figure.width, figure.height]);
    assert.ok(Math.abs(seen.left - seen.right) <= 1);
    assert.deepEqual([seen.ground, seen.margin, seen.scripts], ['rgb(17, 17, 17)', '0px', 0]);
    assert.deepEqual(
      paths.filter((path) => path !== file && !path.startsWith('image/')),
      [],
    );
    assert.deepEqual(complaints, []);
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() =>
      (globalThis as unknown as { axe: typeof axe }).axe.run(),
    );
    assert.deepEqual(
      violations.map(({ id }) => id).filter((id) => id !== 'page-has-heading-one'),
      [],
    );
    await page.setViewportSize({ width: 360, height: 640 });
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360);
  });
});
