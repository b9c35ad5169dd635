/** This library twice in one page: each copy knows the other's classes, and it is said once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tfjsCore from '@tensorflow/tfjs-core';
import * as tfjsLayers from '@tensorflow/tfjs-layers';
import type * as GatedSae from '../../src/index';
import { inPage } from './chromium.mts';

const TFJS = '/node_modules/@tensorflow/tfjs/dist/tf.min.js';
const SCRIPT = '/dist/gated-sae-tfjs.iife.js';
/** What the ESM build imports, in a page whose tfjs is the global of a script tag. */
const IMPORTS = {
  '@tensorflow/tfjs-core': globalModule(tfjsCore),
  '@tensorflow/tfjs-layers': globalModule(tfjsLayers),
  'pure-rand/generator/xoroshiro128plus':
    '/node_modules/pure-rand/lib/esm/generator/xoroshiro128plus.js',
  fflate: '/node_modules/fflate/esm/browser.js',
  'gated-sae-tfjs': '/dist/index.mjs',
};

type Copies = { copies: (typeof GatedSae)[]; gatedSAE: typeof GatedSae };

/** A module of what the global `tf` has of another's names. */
function globalModule(names: object): string {
  const list = Object.keys(names).filter((name) => name !== 'default' && name !== 'module.exports');
  return `data:text/javascript,export const {${list.join(',')}} = globalThis.tf;`;
}

for (const second of ['script tag', 'import'] as const) {
  test(`two copies in one page, by a script tag and by ${second}: models are recognised across, and it is said once`, async () => {
    await inPage(async (page, complaints) => {
      const warnings: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'warning') warnings.push(message.text());
      });
      await page.evaluate((imports) => {
        const map = document.createElement('script');
        map.type = 'importmap';
        map.textContent = JSON.stringify({ imports });
        document.head.append(map);
      }, IMPORTS);
      await page.addScriptTag({ url: TFJS });
      await page.addScriptTag({ url: SCRIPT });
      const own = () => warnings.filter((text) => text.includes('gated-sae-tfjs'));
      assert.deepEqual(own(), []);
      await page.evaluate('globalThis.copies = [gatedSAE]');
      if (second === 'script tag') {
        await page.addScriptTag({ url: SCRIPT });
        await page.evaluate('copies.push(gatedSAE)');
      } else {
        await page.evaluate("import('gated-sae-tfjs').then((copy) => copies.push(copy))");
      }
      const found = await page.evaluate(useBoth);
      assert.deepEqual(complaints, []);
      assert.deepEqual(found, {
        areTwo: true,
        across: [true, true, true, true],
        loaded: [true, true],
        others: false,
        trained: [8, 8],
      });
      const [said, ...more] = own();
      assert.match(said ?? '', /expected one copy of itself; there are two/);
      assert.deepEqual(more, []);
    });
  });
}

/** Runs in the page. */
async function useBoth() {
  const { copies } = globalThis as unknown as Copies;
  const [one, other] = copies as [typeof GatedSae, typeof GatedSae];
  const { tf } = globalThis as unknown as { tf: typeof tfjsCore & typeof tfjsLayers };
  const sizes = { inputDim: 4, encodingDim: 8 };
  const models = copies.map(({ GatedSAE }) => new GatedSAE(sizes));
  const [first, second] = models as [GatedSae.GatedSAE, GatedSae.GatedSAE];
  const trained: number[] = [];
  // Each by the other's optimizer.
  for (const [model, { KerasAdam }] of [
    [first, other],
    [second, one],
  ] as const) {
    model.compile({ optimizer: new KerasAdam() });
    const x = tf.ones([16, 4]);
    await model.fit(x as never, { epochs: 2, batchSize: 4, verbose: 0 });
    x.dispose();
    trained.push((model.optimizer as unknown as GatedSae.KerasAdam).iterations);
  }
  await first.save('indexeddb://one');
  const loaded = await tf.loadLayersModel('indexeddb://one');
  return {
    areTwo: one.GatedSAE !== other.GatedSAE,
    across: [
      first instanceof other.GatedSAE,
      second instanceof one.GatedSAE,
      first instanceof other.SAEModel,
      second.layers.some((layer) => layer instanceof one.GatedSAELayer),
    ],
    loaded: copies.map(({ GatedSAE }) => loaded instanceof GatedSAE),
    others: first instanceof other.ReluSAE,
    trained,
  };
}
