import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { makeGeneratedSources } from './build/generatedSources.mts';
import { imageFile } from './build/imageFile.mts';
import { HEADERS, policy } from './build/policy.mts';
import { styleFromDisk } from './build/styleFromDisk.mts';

const here = fileURLToPath(new URL('.', import.meta.url));
const repository = fileURLToPath(new URL('../..', import.meta.url));

makeGeneratedSources(repository);

export default defineConfig({
  root: here,
  // Relative addresses: what is built works in any folder of any host.
  base: './',
  // The library as it stands in this repository.
  resolve: { alias: { 'gated-sae-tfjs': `${repository}src/index.ts` } },
  plugins: [imageFile(repository), policy(), styleFromDisk()],
  worker: { format: 'es' },
  // The worker is found at the start too, so that nothing is bundled anew while the page loads.
  optimizeDeps: { entries: ['index.html', 'src/worker/main.ts'] },
  server: { headers: HEADERS, fs: { allow: [repository] } },
  preview: { headers: HEADERS },
  build: { target: 'es2022', assetsInlineLimit: 0, chunkSizeWarningLimit: 2000 },
});
