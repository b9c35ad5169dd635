/** What a page loads of this library, beyond tfjs, by what it does with it. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, type Rollup } from 'vite';
import { root, unpackedProject } from './packed.mts';

const PAGES = {
  'opens a saved dictionary and encodes': {
    most: 68,
    code: `
      import { loadLayersModel } from '@tensorflow/tfjs-layers';
      import { GatedSAE } from 'gated-sae-tfjs';
      const sae = await loadLayersModel('model.json');
      if (sae instanceof GatedSAE) console.log(sae.encode(globalThis.rows));`,
  },
  'trains one': {
    most: 68,
    code: `
      import { GatedSAE, KerasAdam } from 'gated-sae-tfjs';
      const sae = new GatedSAE({ inputDim: 32, encodingDim: 256 });
      sae.compile({ optimizer: new KerasAdam() });
      await sae.fit(globalThis.rows);`,
  },
  'opens a .keras file and encodes': {
    most: 111,
    code: `
      import { loadLayersModel } from '@tensorflow/tfjs-layers';
      import { GatedSAE, kerasArchive } from 'gated-sae-tfjs';
      const sae = await loadLayersModel(kerasArchive('sae.keras'));
      if (sae instanceof GatedSAE) console.log(sae.encode(globalThis.rows));`,
  },
} as const;

/** One figure as test/run/figures.ts prints it. */
interface Size {
  quantity: string;
  value: number;
  limit: number;
}
const rows: Size[] = [];
let project: Awaited<ReturnType<typeof unpackedProject>>;

before(async () => {
  project = await unpackedProject();
});

after(async () => {
  await project.remove();
  const figures = join(root, '.cache', 'figures');
  await mkdir(figures, { recursive: true });
  const title = 'What a page loads beyond tfjs';
  await writeFile(join(figures, 'pageSize.json'), JSON.stringify({ title, unit: 'kB', rows }));
});

for (const [quantity, { most, code }] of Object.entries(PAGES)) {
  test(`a page that ${quantity} loads at most ${most} kB beyond tfjs`, async () => {
    const files = await bundle(code);
    const entry = files.find((file) => file.type === 'chunk' && file.isEntry);
    assert.ok(entry?.type === 'chunk', 'Vite made no page');
    // All that is there is loaded at once: nothing waits in further files, PNGs' 2 MB least of all.
    assert.deepEqual(files, [entry]);
    assert.match(entry.code, /W_gate/, 'the gated SAE is not in the page');
    const value = gzipSync(entry.code).length / 1000;
    rows.push({ quantity: `a page that ${quantity}`, value, limit: most });
    assert.ok(value <= most, `${value} kB with gzip, of ${parts(entry)}`);
  });
}

test('a page that opens a dictionary of SAELens and encodes loads at most 60 kB more than one that opens a saved model', async () => {
  const files = await bundle(`
    import { loadSAE } from 'gated-sae-tfjs';
    const sae = await loadSAE('dictionaries/layer-7/');
    console.log(sae.encode(globalThis.rows));`);
  const chunks = files.filter((file) => file.type === 'chunk');
  const entry = chunks.find(({ isEntry }) => isEntry);
  assert.ok(entry, 'Vite made no page');
  // What is loaded at once: other formats, and the hub, wait in further files.
  const loaded = new Set([entry]);
  for (const { imports } of loaded) {
    for (const chunk of chunks) if (imports.includes(chunk.fileName)) loaded.add(chunk);
  }
  assert.ok(chunks.length > loaded.size, 'nothing waits in a further file');
  const bytes = [...loaded].map(({ code }) => gzipSync(code).length);
  const value = bytes.reduce((sum, size) => sum + size, 0) / 1000;
  const most = PAGES['opens a saved dictionary and encodes'].most + 60;
  rows.push({
    quantity: 'a page that opens a dictionary of SAELens and encodes',
    value,
    limit: most,
  });
  assert.ok(value <= most, `${value} kB with gzip, of ${[...loaded].map(parts).join('; ')}`);
});

/** What a page's code leaves in `globalThis.outcome`, run here. */
async function outcomeOf(code: string): Promise<unknown> {
  const [entry] = await bundle(code);
  assert.ok(entry?.type === 'chunk');
  const file = join(project.folder, `page-${pages++}.mjs`);
  await writeFile(file, entry.code);
  await import(pathToFileURL(file).href);
  return (globalThis as { outcome?: unknown }).outcome;
}
let pages = 0;

test('a page that loads a model of Keras by its model.json says which layers it lacks, and opens it with them', async () => {
  const outcome = (more: string) =>
    outcomeOf(`
      import { loadLayersModel } from '@tensorflow/tfjs-layers';
      import { GatedSAE, useKerasLayers } from 'gated-sae-tfjs';
      ${more}
      const config = { name: 'first', mean: 1, variance: 4, batchInputShape: [null, 4] };
      const layers = [{ className: 'Normalization', config }];
      const topology = { className: 'Sequential', config: { name: GatedSAE.className, layers } };
      globalThis.outcome = await loadLayersModel({ load: async () => ({ modelTopology: topology }) })
        .then((model) => model.layers[0].getClassName(), (error) => error.message);`);
  assert.equal(
    await outcome(''),
    'SAE_MISSING Normalization "first": expected a layer of Keras; it is not here. Call useKerasLayers() of gated-sae-tfjs first.',
  );
  assert.equal(await outcome('useKerasLayers();'), 'Normalization');
});

test("a page's build that runs where Node is says that it opens no files", async () => {
  const outcome = await outcomeOf(`
    import { kerasArchive } from 'gated-sae-tfjs';
    globalThis.outcome = await kerasArchive('sae.keras').load().catch((error) => error.message);`);
  assert.equal(
    outcome,
    "SAE_MISSING sae.keras: expected a build with Node's files; it is not here. In a bundle that is made for pages give an address, a Blob or bytes.",
  );
});

/** The files that Vite makes of a page's code with tfjs left outside. */
async function bundle(code: string): Promise<Rollup.OutputBundle[string][]> {
  const input = join(project.folder, 'page.js');
  await writeFile(input, code);
  const result = await build({
    root: project.folder,
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2022',
      modulePreload: false,
      rollupOptions: { input, external: /^@tensorflow\// },
    },
  });
  assert.ok('output' in result);
  return result.output;
}

/** The largest modules of a file, for a message that says where to look. */
function parts({ modules }: Rollup.OutputChunk): string {
  return Object.entries(modules)
    .map(([id, { renderedLength }]) => [id.slice(root.length), renderedLength] as const)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 8)
    .map(([id, length]) => `${id} (${length})`)
    .join(', ');
}
