import { defineConfig } from 'tsdown';

const tfjs = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-layers'];

export default defineConfig([
  {
    entry: { index: 'src/index.ts', node: 'src/node.ts' },
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
    outputOptions: {
      entryFileNames: '[name].iife.js',
      globals: Object.fromEntries(tfjs.map((name) => [name, 'tf'])),
    },
  },
]);
