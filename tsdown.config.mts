import { fileURLToPath } from 'node:url';
import { defineConfig } from 'tsdown';

/** A script tag's bundle is one file; what draws PNGs stays in a second one until it is needed. */
const rasterizerFromSecondScript = {
  name: 'rasterizer-from-second-script',
  resolveId: {
    filter: { id: /\/png\/load$/ },
    handler: () => fileURLToPath(new URL('src/viz/png/loadScript.ts', import.meta.url)),
  },
};

/** The command line takes what draws PNGs from the package's own module, rather than a copy of it. */
const rasterizerOfThePackage = {
  name: 'rasterizer-of-the-package',
  resolveId: {
    filter: { id: /^\.\/rasterizer$/ },
    handler: () => ({ id: './rasterizer.mjs', external: 'relative' as const }),
  },
};

const tfjs = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-layers'];

export default defineConfig([
  {
    entry: {
      index: 'src/index.ts',
      node: 'src/node.ts',
      rasterizer: 'src/viz/png/rasterizer.ts',
    },
    format: ['esm', 'cjs'],
    platform: 'neutral',
    external: [/^node:/],
    target: 'es2022',
    dts: true,
    clean: true,
    outExtensions: ({ format }) =>
      format === 'es' ? { js: '.mjs', dts: '.d.mts' } : { js: '.cjs', dts: '.d.cts' },
  },
  {
    entry: { cli: 'src/cli/main.ts' },
    format: ['esm'],
    plugins: [rasterizerOfThePackage],
    platform: 'node',
    target: 'node20',
    clean: false,
    dts: false,
    outExtensions: () => ({ js: '.mjs' }),
  },
  {
    // For <script>: tfjs is the global `tf` that its own bundle makes; everything else is inside.
    entry: { 'gated-sae-tfjs': 'src/index.ts' },
    format: ['iife'],
    platform: 'browser',
    target: 'es2022',
    globalName: 'gatedSAE',
    clean: false,
    dts: false,
    minify: true,
    noExternal: [/.*/],
    external: tfjs,
    plugins: [rasterizerFromSecondScript],
    outputOptions: {
      entryFileNames: '[name].iife.js',
      globals: Object.fromEntries(tfjs.map((name) => [name, 'tf'])),
    },
  },
  {
    // The second file for <script>: see src/viz/png/loadScript.ts.
    entry: { 'gated-sae-tfjs.png': 'src/viz/png/rasterizer.ts' },
    format: ['iife'],
    platform: 'browser',
    target: 'es2022',
    globalName: 'gatedSAEPng',
    clean: false,
    dts: false,
    minify: true,
    noExternal: [/.*/],
    outputOptions: { entryFileNames: '[name].iife.js' },
  },
]);
