/** `npm run docs:serve`: shows docs/site on this machine, as `npm run docs` has built it. */
import { fileURLToPath } from 'node:url';
import { preview } from 'vite';

const server = await preview({
  configFile: false,
  appType: 'mpa',
  root: fileURLToPath(new URL('../site', import.meta.url)),
  build: { outDir: '.' },
  preview: {
    // Lets the live training page share memory among threads.
    headers: {
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    },
  },
});
server.printUrls();
