import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import type * as Tf from '@tensorflow/tfjs';
import type * as GatedSae from '../../src/index';
import { inPage } from './chromium.mts';

const SCRIPTS = [
  '/node_modules/@tensorflow/tfjs/dist/tf.min.js',
  '/node_modules/@tensorflow/tfjs-backend-wasm/dist/tf-backend-wasm.min.js',
  '/dist/gated-sae-tfjs.iife.js',
];

type Globals = {
  tf: typeof Tf & { wasm?: { setWasmPaths(path: string): void } };
  gatedSAE: typeof GatedSae;
};

const need = createRequire(import.meta.url);

for (const backend of ['cpu', 'wasm', 'webgl']) {
  test(`a feature report and a gallery in a page on ${backend} are those of Node`, async () => {
    Object.assign(globalThis, {
      tf: need('@tensorflow/tfjs'),
      gatedSAE: need('../../dist/index.cjs'),
    });
    const here = await reportAndGallery('cpu');
    await inPage(async (page, complaints) => {
      for (const path of SCRIPTS) await page.addScriptTag({ url: path });
      const there = await page.evaluate(reportAndGallery, backend);
      assert.deepEqual(complaints, []);
      assert.equal(there.leaked, 0);
      assert.match(there.svg, /F#\d/);
      if (backend !== 'webgl') {
        assert.equal(there.svg, here.svg);
        // Cosines are the backend's own. Codes are of the kernels' two builds, which round apart.
        assertAlike(withoutCosines(there.report), withoutCosines(here.report), 'report');
      }
      assert.deepEqual(there.report.rows, here.report.rows);
      there.report.features.forEach((entry, i) => {
        const other = here.report.features[i] as typeof entry;
        assert.equal(entry.decoder?.values, other.decoder?.values);
        assert.ok(Math.abs(entry.mean - other.mean) < 1e-4, `${entry.mean} for ${other.mean}`);
        const cosines = entry.neighbours.map(({ cosine }, k) =>
          Math.abs(cosine - (other.neighbours[k]?.cosine ?? Number.NaN)),
        );
        assert.ok(Math.max(...cosines) < 1e-4, `cosines ${cosines}`);
      });
    });
  });
}

const withoutCosines = ({ features, ...rest }: GatedSae.FeatureReport) => ({
  ...rest,
  features: features.map(({ neighbours: _, ...entry }) => entry),
});

/** All the same, but numbers to rounding. */
function assertAlike(value: unknown, expected: unknown, place: string): void {
  if (typeof value === 'number' && typeof expected === 'number') {
    const apart = Math.abs(value - expected);
    assert.ok(apart <= 1e-5 * Math.max(1, Math.abs(expected)), `${place}: ${value}, ${expected}`);
  } else if (value !== null && typeof value === 'object') {
    assert.deepEqual(Object.keys(value), Object.keys(expected as object), place);
    for (const [key, of] of Object.entries(value)) {
      assertAlike(of, (expected as Record<string, unknown>)[key], `${place}.${key}`);
    }
  } else {
    assert.equal(value, expected, place);
  }
}

/** Runs in the page, and here. */
async function reportAndGallery(backend: string) {
  const { tf, gatedSAE } = globalThis as unknown as Globals;
  tf.wasm?.setWasmPaths('/node_modules/@tensorflow/tfjs-backend-wasm/dist/');
  await tf.setBackend(backend);
  await tf.ready();
  const before = tf.memory().numTensors;
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.fround((state >>> 8) / 2 ** 24);
  };
  const model = new gatedSAE.GatedSAE({ inputDim: 12, encodingDim: 40, name: 'sae' });
  tf.tidy(() => {
    const weights = model.getWeights().map(({ shape, size }) =>
      tf.tensor(
        Float32Array.from({ length: size }, () => next() - 0.5),
        shape,
      ),
    );
    model.setWeights(weights);
  });
  const x = tf.tensor2d(
    Float32Array.from({ length: 90 * 12 }, () => next()),
    [90, 12],
  );
  const labels = Array.from({ length: 90 }, (_, row) => row % 3);
  const classNames = ['a', 'b', 'c'];
  // All rows are examples, so that those of a GPU, which come in another order, are the same.
  const given = { labels, classNames, imageShape: [3, 4] as const };
  const report = await gatedSAE.featureReport(model, x, { ...given, topExamples: 90 });
  const codes = model.encode(x);
  const gallery = { imageShape: given.imageShape, topFeatures: 5 };
  const figure = await gatedSAE.plotFeatureGallery(model, codes, x, labels, classNames, gallery);
  codes.dispose();
  x.dispose();
  model.dispose();
  return { report, svg: figure.toSVG(), leaked: tf.memory().numTensors - before };
}
