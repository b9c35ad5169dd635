import assert from 'node:assert/strict';
import { test } from 'node:test';
import type * as Tf from '@tensorflow/tfjs';
import type * as TfVis from '@tensorflow/tfjs-vis';
import type { Page } from 'playwright-core';
import type * as GatedSae from '../../src/index';
import { inPage } from './chromium.mts';

const SCRIPTS = [
  '/node_modules/@tensorflow/tfjs/dist/tf.min.js',
  '/node_modules/@tensorflow/tfjs-vis/dist/tfjs-vis.umd.min.js',
  '/dist/gated-sae-tfjs.iife.js',
];
const TRAINING = ['loss', 'L_reconstruct', 'L_sparsity'];
const METRICS = [...TRAINING, ...TRAINING.map((name) => `val_${name}`)];

type Globals = { tf: typeof Tf; tfvis: typeof TfVis; gatedSAE: typeof GatedSae };

/** Opens a page with tfjs, tfjs-vis and the library; the page must not complain of anything. */
async function withScripts(use: (page: Page) => Promise<void>): Promise<void> {
  await inPage(async (page, complaints) => {
    for (const path of SCRIPTS) await page.addScriptTag({ url: path });
    await use(page);
    assert.deepEqual(complaints, []);
  });
}

for (const backend of ['cpu', 'webgl']) {
  test(`beside tfvis.show.fitCallbacks on ${backend} the gallery changes and the curves appear`, () =>
    withScripts(async (page) => {
      const { pictures, leaked } = await page.evaluate(trainInSight, { backend, metrics: METRICS });
      // 3 epochs of 8 steps: at the start, after every fifth step, at the end.
      assert.equal(pictures.length, 1 + 4 + 1);
      assert.equal(new Set(pictures).size, pictures.length, 'every picture is another one');
      for (const picture of pictures) assert.match(picture, /^<svg.*Top 4 Decoder Directions/s);
      const { width, height } = await page.locator('#tfjs-visor-container svg').evaluate(sizeOf);
      assert.ok(width > 100 && height > 50, `the gallery is ${width} × ${height} large`);
      assertCharts(await page.evaluate(charts));
      assert.equal(leaked, 0);
    }));
}

test("tfjs-vis's callbacks alone, as a plain object", () =>
  withScripts(async (page) => {
    const { loss, leaked } = await page.evaluate(trainAlone, METRICS);
    assert.equal(loss.length, 3);
    assert.ok(Number(loss[2]) < Number(loss[0]), `the loss goes from ${loss[0]} to ${loss[2]}`);
    assertCharts(await page.evaluate(charts));
    assert.equal(leaked, 0);
  }));

test('a figure is shown on a surface of tfjs-vis', () =>
  withScripts(async (page) => {
    const { texts, bold, width, room, leaked } = await page.evaluate(mountOnSurface);
    assert.equal(texts[0], 'Decoder Directions + Top-Activating Images');
    assert.ok(
      texts.some((text) => text.includes('<b>e</b>')),
      `names are text: ${texts}`,
    );
    assert.equal(bold, 0);
    assert.ok(width > 100 && width <= room, `${width} pixels are in ${room}`);
    assert.equal(leaked, 0);
  }));

/** A curve of each metric by batch and by epoch; by epoch the validation's is in the same chart. */
function assertCharts(shown: { place: string; name: string; ink: number }[]): void {
  const names = ['onBatchEnd', 'onEpochEnd'].flatMap((place) =>
    TRAINING.map((name) => `${place} ${name}`),
  );
  assert.deepEqual(
    shown.map(({ place, name }) => `${place} ${name}`),
    names,
  );
  for (const { place, name, ink } of shown) {
    // A legend alone has 40.
    assert.ok(ink > 200, `${place} ${name} has ${ink} coloured pixels`);
  }
}

const sizeOf = (element: Element) => {
  const { width, height } = element.getBoundingClientRect();
  return { width, height };
};

/** Runs in the page: the charts that tfjs-vis has drawn, once they have come to rest. */
async function charts() {
  await new Promise((resolve) => setTimeout(resolve, 500));
  return [...document.querySelectorAll('#tfjs-visor-container canvas')].map((canvas) => {
    const { width, height } = canvas as HTMLCanvasElement;
    const context = (canvas as HTMLCanvasElement).getContext('2d') as CanvasRenderingContext2D;
    const { data } = context.getImageData(0, 0, width, height);
    let ink = 0;
    for (let i = 0; i < data.length; i += 4) {
      const colour = [...data.subarray(i, i + 3)];
      if (Number(data[i + 3]) > 0 && Math.max(...colour) - Math.min(...colour) > 60) ink++;
    }
    const [chart, place] = ['[data-name]', '[data-name^="on"]'].map(
      (selector) => canvas.closest<HTMLElement>(selector)?.dataset['name'] ?? '',
    );
    return { place: place ?? '', name: chart ?? '', ink };
  });
}

/** Runs in the page. */
async function trainInSight({ backend, metrics }: { backend: string; metrics: string[] }) {
  const { tf, tfvis, gatedSAE } = globalThis as unknown as Globals;
  await tf.setBackend(backend);
  const before = tf.memory().numTensors;
  const x = tf.randomUniform([80, 16], 0, 1, 'float32', 3);
  const sae = new gatedSAE.GatedSAE({ inputDim: 16, encodingDim: 32, seed: 1 });
  const optimizer = new gatedSAE.KerasAdam({ learningRate: 0.05 });
  sae.compile({ optimizer });

  const surface = (name: string) => tfvis.visor().surface({ name, tab: 'Training' });
  const { drawArea } = surface('Gallery');
  const pictures: string[] = [];
  const observer = new MutationObserver(() => pictures.push(drawArea.innerHTML));
  observer.observe(drawArea, { childList: true });
  const ours = gatedSAE.decoderGalleryCallback(sae, drawArea, x, {
    everySteps: 5,
    imageShape: [4, 4],
    topN: 4,
  });
  await sae.fit(x, {
    epochs: 3,
    batchSize: 8,
    validationSplit: 0.2,
    callbacks: [ours, tfvis.show.fitCallbacks(surface('Curves'), metrics)],
  });
  sae.dispose();
  optimizer.dispose();
  x.dispose();
  return { pictures, leaked: tf.memory().numTensors - before };
}

/** Runs in the page. */
async function trainAlone(metrics: string[]) {
  const { tf, tfvis, gatedSAE } = globalThis as unknown as Globals;
  await tf.setBackend('cpu');
  const before = tf.memory().numTensors;
  const x = tf.randomUniform([80, 16], 0, 1, 'float32', 3);
  const sae = new gatedSAE.ReluSAE({ inputDim: 16, encodingDim: 32, seed: 1 });
  const optimizer = new gatedSAE.KerasAdam({ learningRate: 0.05 });
  sae.compile({ optimizer });
  const { history } = await sae.fit(x, {
    epochs: 3,
    batchSize: 8,
    validationSplit: 0.2,
    callbacks: tfvis.show.fitCallbacks({ name: 'Curves', tab: 'Training' }, metrics),
  });
  sae.dispose();
  optimizer.dispose();
  x.dispose();
  return { loss: history['loss'] ?? [], leaked: tf.memory().numTensors - before };
}

/** Runs in the page. */
async function mountOnSurface() {
  const { tf, tfvis, gatedSAE } = globalThis as unknown as Globals;
  await tf.setBackend('cpu');
  const before = tf.memory().numTensors;
  const x = tf.randomUniform([40, 16], 0, 1, 'float32', 3);
  const sae = new gatedSAE.GatedSAE({ inputDim: 16, encodingDim: 32, seed: 1 });
  const labels = Array.from({ length: 40 }, (_, row) => row % 2);
  const codes = await sae.encodeSparse(x);
  const args = { topFeatures: 3, imageShape: [4, 4] } as const;
  const names = ['<b>e</b>', 'odd'];
  const figure = await gatedSAE.plotFeatureGallery(sae, codes, x, labels, names, args);
  const { drawArea } = tfvis.visor().surface({ name: 'Features', tab: 'Dictionary' });
  figure.mount(drawArea);
  sae.dispose();
  x.dispose();
  const svg = drawArea.querySelector('svg');
  return {
    texts: [...drawArea.querySelectorAll('text')].map((text) => text.textContent ?? ''),
    bold: drawArea.querySelectorAll('b').length,
    width: svg?.getBoundingClientRect().width ?? 0,
    room: drawArea.getBoundingClientRect().width,
    leaked: tf.memory().numTensors - before,
  };
}
