/**
 * An app that draws and shows what a dictionary's features mean, with tfjs inside, as Vite builds it:
 * what is large and not needed at once waits in files of its own, and Vite warns of none.
 */
import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { build, createLogger, type Rollup } from 'vite';
import { unpackedProject } from './packed.mts';

const APP = `
  import * as tf from '@tensorflow/tfjs';
  import { featureDashboard, featureReport, GatedSAE, plotFeatureGallery } from 'gated-sae-tfjs';
  const sae = new GatedSAE({ inputDim: 16, encodingDim: 64 });
  const images = tf.randomUniform([100, 16]);
  const args = { imageShape: [4, 4] };
  const report = await featureReport(sae, images, args);
  const html = await featureDashboard(report);
  open(URL.createObjectURL(new Blob([html], { type: 'text/html' })));
  const gallery = await plotFeatureGallery(sae, images, sae.encode(images), args);
  open(URL.createObjectURL(new Blob([await gallery.toPNG()], { type: 'image/png' })));`;

/** tfjs in one file is too large by itself: a file for each of its packages, as docs/getting-started.md has it. */
const byPackage = (id: string) => /node_modules\/@tensorflow\/([^/]+)/.exec(id)?.[1];

let project: Awaited<ReturnType<typeof unpackedProject>>;
before(async () => {
  project = await unpackedProject();
  await writeFile(join(project.folder, 'app.js'), APP);
});
after(() => project.remove());

/** Builds the app; what Vite warned of, and its files. */
async function built({ limit = 500, external }: { limit?: number; external?: RegExp } = {}) {
  const warnings: string[] = [];
  const logger = createLogger('warn');
  logger.warn = (message) => void warnings.push(message);
  logger.warnOnce = logger.warn;
  const result = (await build({
    root: project.folder,
    configFile: false,
    customLogger: logger,
    build: {
      target: 'es2022',
      modulePreload: false,
      chunkSizeWarningLimit: limit,
      rollupOptions: {
        input: join(project.folder, 'app.js'),
        external,
        output: { manualChunks: byPackage },
      },
    },
  })) as Rollup.RollupOutput;
  const chunks = result.output.filter((file) => file.type === 'chunk');
  return { warnings, chunks };
}

test('nothing of the library makes Vite warn; what draws PNGs, and the dashboard, wait in files of their own', async () => {
  const { warnings, chunks } = await built();
  assert.deepEqual(warnings, []);
  const late = chunks.filter(({ name }) => name.startsWith('gated-sae-tfjs.'));
  assert.deepEqual(late.map(({ name }) => name).sort(), [
    'gated-sae-tfjs.dashboard',
    ...[1, 2, 3, 4, 5].map((n) => `gated-sae-tfjs.png-${n}`),
  ]);
  const waits = (fileName: string) => chunks.every(({ imports }) => !imports.includes(fileName));
  assert.deepEqual(
    late.filter(({ fileName }) => !waits(fileName)),
    [],
  );
  assert.ok((await readdir(join(project.folder, 'dist', 'assets'))).length >= chunks.length);
});

test('where one is larger than its limit Vite does warn: the test above would see it', async () => {
  const { warnings } = await built({ limit: 400, external: /^@tensorflow\// });
  assert.match(warnings.join('\n'), /larger than 400 kB/);
});
