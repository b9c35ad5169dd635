import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transform } from 'esbuild';
import type { Plugin } from 'rolldown';
import { defineConfig, type UserConfig } from 'tsdown';

/**
 * What is large, and seldom needed: sources that leave it on `globalThis`. The package has each once,
 * as a script of its own; modules and `require` load that when it is needed.
 */
const SCRIPTS: Readonly<Record<string, string>> = {
  'gated-sae-tfjs.dashboard': 'src/viz/dashboard/app.generated.ts',
  ...Object.fromEntries(
    [1, 2, 3, 4, 5].map((n) => [`gated-sae-tfjs.png-${n}`, `src/viz/png/packed/${n}.generated.ts`]),
  ),
};
const scriptsBeside: Plugin = {
  name: 'scripts-beside',
  resolveId: {
    filter: { id: /(packed\/\d|\/app)\.generated$/ },
    handler: (id) => {
      const script = Object.keys(SCRIPTS).find((name) =>
        SCRIPTS[name]?.endsWith(`${id.slice(1)}.ts`),
      );
      return { id: `./${script}.js`, external: 'relative' };
    },
  },
};

/** A script tag's bundle is one file; it adds the tags of others when they are needed: each load.ts has its loadScript.ts. */
const loadedByTags: Plugin = {
  name: 'loaded-by-tags',
  resolveId: {
    filter: { id: /\/load$/ },
    handler: (id, importer) => {
      const file = importer && fileURLToPath(new URL(`${id}Script.ts`, pathToFileURL(importer)));
      return file && existsSync(file) ? file : undefined;
    },
  },
};

/** A page opens and saves no file by its path: see `browser` in package.json. */
const noFilesInPages = {
  name: 'no-files-in-pages',
  resolveId: {
    filter: { id: /\/(saveFile|fileSource)$/ },
    handler: () => fileURLToPath(new URL('src/io/files/noFiles.ts', import.meta.url)),
  },
};

/**
 * A page that does not name its charset reads a script as Latin-1: a byte of a signature would be
 * two. So what is not ASCII is written as an escape.
 */
const plainAscii: Plugin = {
  name: 'plain-ascii',
  async generateBundle(_, files) {
    for (const file of Object.values(files)) {
      if (file.type !== 'chunk') continue;
      const { code } = await transform(file.code, {
        charset: 'ascii',
        minify: true,
        target: 'es2022',
      });
      // esbuild escapes what is in strings; the rest is in regular expressions.
      file.code = code.replace(/[\u0080-\uffff]/g, (unit) => {
        return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
      });
    }
  },
};

/** Which packages are in a build's files, for the test that looks for each in the notices. */
const packagesOf = (build: string): Plugin => ({
  name: 'packages',
  generateBundle(_, files) {
    const ids = Object.values(files).flatMap((file) =>
      file.type === 'chunk' ? file.moduleIds : [],
    );
    const names = ids.map((id) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1]);
    const folder = new URL('.cache/packages/', import.meta.url);
    mkdirSync(folder, { recursive: true });
    const list = [...new Set(names.filter((name) => name !== undefined))].sort();
    writeFileSync(new URL(`${build}.json`, folder), JSON.stringify(list));
  },
});

/**
 * The files of the package, besides its entries, each with the modules that it holds. A page's
 * bundler leaves out every file of which the page uses nothing: of these, only the core has effects
 * when it is loaded, for it registers its classes (`sideEffects` in package.json).
 */
const FILES = {
  pictures:
    /\/src\/(viz|galleries|analysis\/(featureReport|evaluation))\/(?!png\/rasterizer|lossCurve)|\/node_modules\/(d3-|fast-png|iobuffer)/,
  sources: /\/src\/io\/(bytes\/(?!fileSource)|hub\/settings)/,
  zip: /\/src\/io\/zip\//,
  keras: /\/src\/io\/(keras|hdf5)\/|\/package\.json$/,
  torch: /\/src\/io\/torch\//,
  onnx: /\/src\/io\/onnx\//,
  npz: /\/src\/io\/(npy|dictionaries\/npz)/,
  dictionaries: /\/src\/io\/(dictionaries\/(?!npz)|safetensors)/,
  hub: /\/src\/io\/hub\/(?!api|catalogue\/packed)/,
  stores: /\/src\/(stores|io\/arrays)\//,
  splice: /\/src\/splice\//,
  // Without tfjs, so that the command line can say that it is missing.
  errors: /\/src\/(errors\/|(optionNames|brand)\.ts)/,
  core: /\/src\/((activations|analysis|architectures|engine|kernels|layers|math|models|optimizers)\/|(gpu|options|nodeModule|plainData)\.ts)/,
};
const isDeclaration = /\.d\.[cm]?ts$/;
const groups = Object.entries(FILES).map(([name, file], i) => ({
  name,
  test: (id: string) => file.test(id) && !isDeclaration.test(id),
  priority: Object.keys(FILES).length - i,
}));

/**
 * Left outside: the parts of the one peer, `@tensorflow/tfjs`. Were they peers themselves, npm would
 * put their newest version beside the one that a project's own tfjs brings.
 */
const tfjs = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-layers'];

/** A module's types are those of `require`: written once, for they hold every docstring. */
const typesOfRequire: Plugin = {
  name: 'types-of-require',
  generateBundle() {
    for (const name of PUBLIC) {
      const source = `export * from './${name}.cjs';\n`;
      this.emitFile({ type: 'asset', fileName: `${name}.d.mts`, source });
    }
  },
};

/** What modules and `require` have alike. */
const library: UserConfig = {
  platform: 'neutral',
  deps: { neverBundle: [/^node:/, ...tfjs], onlyBundle: false },
  inputOptions: { preserveEntrySignatures: 'allow-extension' },
  target: 'es2022',
  hash: false,
  outputOptions: {
    // Docstrings are in the types; what bundlers are told of calls stays.
    comments: { legal: false, annotation: true, jsdoc: false },
    codeSplitting: { groups, includeDependenciesRecursively: false },
  },
  checks: { pluginTimings: false },
};
const entry = {
  index: 'src/index.ts',
  node: 'src/node.ts',
  saveFile: 'src/io/files/saveFile.ts',
  fileSource: 'src/io/bytes/fileSource.ts',
  noFiles: 'src/io/files/noFiles.ts',
  hubApi: 'src/io/hub/api.ts',
};
/** Those that people import. */
const PUBLIC = ['index', 'node'] as const;

export default defineConfig([
  {
    ...library,
    // The command line is of the package's own modules.
    entry: { ...entry, cli: 'src/cli/main.ts' },
    format: ['esm'],
    clean: true,
    dts: false,
    outExtensions: () => ({ js: '.mjs' }),
    plugins: [scriptsBeside, packagesOf('modules'), typesOfRequire],
  },
  {
    ...library,
    entry,
    format: ['cjs'],
    clean: false,
    // Without white space, for no bundler looks into it for what it can leave out. Names stay, for traces.
    minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
    dts: { entry: PUBLIC.map((name) => entry[name]) },
    plugins: [scriptsBeside, packagesOf('require')],
    outExtensions: () => ({ js: '.cjs', dts: '.d.cts' }),
  },
  {
    // In the place of hubApi for pages: see `browser` in package.json.
    entry: { hubApiOfPages: 'src/io/hub/api.ts' },
    format: ['esm', 'cjs'],
    platform: 'browser',
    target: 'es2022',
    clean: false,
    checks: { pluginTimings: false },
    dts: false,
    minify: true,
    deps: { alwaysBundle: [/.*/], onlyBundle: false },
    outputOptions: { codeSplitting: false },
    outExtensions: ({ format }) => ({ js: format === 'es' ? '.mjs' : '.cjs' }),
  },
  {
    // For <script>: tfjs is the global `tf` that its own bundle makes; everything else is inside.
    entry: { 'gated-sae-tfjs': 'src/index.ts' },
    format: ['iife'],
    platform: 'browser',
    target: 'es2022',
    globalName: 'gatedSAE',
    clean: false,
    checks: { pluginTimings: false },
    dts: false,
    minify: true,
    deps: { alwaysBundle: [/.*/], neverBundle: tfjs, onlyBundle: false },
    plugins: [loadedByTags, noFilesInPages, plainAscii, packagesOf('script')],
    outputOptions: {
      entryFileNames: '[name].iife.js',
      globals: Object.fromEntries(tfjs.map((name) => [name, 'tf'])),
    },
  },
  ...Object.entries(SCRIPTS).map(([name, file]) => ({
    entry: { [name]: file },
    format: ['iife' as const],
    platform: 'browser' as const,
    target: 'es2022',
    clean: false,
    checks: { pluginTimings: false },
    dts: false,
    minify: true,
    plugins: [plainAscii],
    outputOptions: { entryFileNames: '[name].js' },
  })),
  {
    // The second file for <script>: see src/io/hub/loadScript.ts.
    entry: { 'gated-sae-tfjs.hub': 'src/io/hub/forScripts.ts' },
    format: ['iife'],
    platform: 'browser',
    target: 'es2022',
    globalName: 'gatedSAEHub',
    clean: false,
    checks: { pluginTimings: false },
    dts: false,
    minify: true,
    deps: { alwaysBundle: [/.*/], onlyBundle: false },
    plugins: [plainAscii, packagesOf('hub')],
    outputOptions: { entryFileNames: '[name].iife.js', codeSplitting: false },
  },
]);
