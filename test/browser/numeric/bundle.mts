/** Test files for a page: bundled as they are, with what they use of Node. */
import { readFile, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const beside = (name: string) => join(root, 'test', 'browser', 'numeric', name);
/** What runs them. */
export const RUNNER = 'test/browser/numeric/runner.ts';

/** Node's modules and what stands for them; all else of Node's is not to be had. */
const IN_PLACE_OF: Record<string, string> = {
  fs: beside('nodeFiles.ts'),
  'graceful-fs': beside('nodeFiles.ts'),
  async_hooks: beside('nodeModules.ts'),
  assert: beside('nodeModules.ts'),
  module: beside('nodeModules.ts'),
  url: beside('nodeModules.ts'),
  '@jest/expect': beside('jestExpect.ts'),
  path: join(root, 'node_modules/path-browserify/index.js'),
  util: beside('nodeModules.ts'),
  'util/types': beside('nodeModules.ts'),
};

const nodeModules: Plugin = {
  name: "Node's modules",
  setup({ onResolve }) {
    const names = Object.keys(IN_PLACE_OF).join('|');
    onResolve({ filter: new RegExp(`^(node:)?(${names})$`) }, ({ path }) => ({
      path: IN_PLACE_OF[path.replace(/^node:/, '')] as string,
    }));
  },
};

/** A file's `__dirname` is its folder's path on the server. */
const folderNames: Plugin = {
  name: 'folder names',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]test[\\/].*\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const folder = `/${relative(root, dirname(path)).replaceAll('\\', '/')}`;
      const named = source.includes('__dirname');
      const contents = named ? `const __dirname = ${JSON.stringify(folder)};${source}` : source;
      return { contents, loader: 'ts' };
    });
  },
};

/**
 * Bundles test files, and what runs them.
 *
 * @param name of the bundle
 * @param files by their paths from the root
 * @returns the address of a file's bundle on the server
 */
export async function bundle(
  name: string,
  files: readonly string[],
): Promise<(file: string) => string> {
  const out = `.cache/numeric/${name}`;
  await rm(join(root, out), { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: [RUNNER, ...files],
    outdir: out,
    outbase: root,
    bundle: true,
    splitting: true, // so that there is one copy of tfjs
    format: 'esm',
    platform: 'browser',
    mainFields: ['module', 'browser', 'main'],
    target: 'es2022',
    external: ['@huggingface/hub'], // nothing that computes asks the hub
    keepNames: true, // tfjs names what it logs of a metric after its function
    define: {
      global: 'globalThis',
      // Jest asks where its packages lie, to leave their lines out of stacks. A test file's own
      // `__dirname` is put into it above.
      __dirname: '"/node_modules"',
      'require.resolve': 'String',
    },
    inject: [beside('nodeGlobals.ts')],
    alias: { 'gated-sae-tfjs': './src/index.ts' },
    plugins: [nodeModules, folderNames],
    logLevel: 'warning',
  });
  return (file) => `/${out}/${file.replace(/\.ts$/, '.js')}`;
}
