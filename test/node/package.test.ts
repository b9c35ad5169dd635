import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as source from '../../src';
import * as nodeSource from '../../src/node';

const root = join(__dirname, '..', '..');
const node = (script: string, type: 'module' | 'commonjs') =>
  JSON.parse(
    execFileSync(process.execPath, [`--input-type=${type}`, '--eval', script], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  ) as unknown;

const report = `
  (async () => {
    const instances = [];
    try { new main.GatedSAE({}); } catch (error) { instances.push(error instanceof main.SAEError); }
    try { await files.fileSystem('/nowhere/at/all').load(); }
    catch (error) { instances.push(error instanceof main.SAEError); }
    const names = (m) => Object.keys(m).filter((name) => name !== 'default').sort();
    console.log(JSON.stringify({ main: names(main), files: names(files), instances }));
  })();`;

beforeAll(() => {
  if (!existsSync(join(root, 'dist', 'index.cjs'))) throw new Error('Run `npm run build` first.');
});

test.each([
  [
    'module',
    `import * as main from 'gated-sae-tfjs'; import * as files from 'gated-sae-tfjs/node'; ${report}`,
  ],
  [
    'commonjs',
    `const main = require('gated-sae-tfjs'); const files = require('gated-sae-tfjs/node'); ${report}`,
  ],
] as const)(
  'as a %s, the package exports what the source does, and one SAEError',
  (type, script) => {
    expect(node(script, type)).toEqual({
      main: Object.keys(source).sort(),
      files: Object.keys(nodeSource).sort(),
      instances: [true, true],
    });
  },
);

test('what is published is the built package and its papers', () => {
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--ignore-scripts', '--json'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  ) as { files: { path: string }[] }[];
  const paths = packed?.files.map(({ path }) => path) ?? [];
  expect(paths).toEqual(
    expect.arrayContaining([
      'LICENSE',
      'README.md',
      'package.json',
      ...['index', 'core', 'keras', 'hub', 'pictures', 'rasterizer', 'node'].flatMap((name) => [
        `dist/${name}.mjs`,
        `dist/${name}.cjs`,
      ]),
      'dist/index.d.mts',
      'dist/index.d.cts',
      'dist/cli.mjs',
      'dist/gated-sae-tfjs.iife.js',
      ...[1, 2, 3, 4, 5].map((n) => `dist/gated-sae-tfjs.png-${n}.js`),
      'dist/gated-sae-tfjs.dashboard.js',
      'dist/gated-sae-tfjs.hub.iife.js',
      'THIRD-PARTY-NOTICES.md',
    ]),
  );
  expect(
    paths.filter(
      (path) => !/^(dist\/|LICENSE|README\.md|THIRD-PARTY-NOTICES\.md|package\.json)/.test(path),
    ),
  ).toEqual([]);
});

test('every file that is said to have effects is there, or a bundler would leave the registered classes out', () => {
  const about = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    sideEffects: string[];
  };
  const built = about.sideEffects.filter((path) => path.startsWith('./dist/'));
  expect(built).toContain('./dist/core.mjs');
  expect(built.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

test.each([
  'gated-sae-tfjs.iife',
  'gated-sae-tfjs.png-1',
  'gated-sae-tfjs.dashboard',
  'gated-sae-tfjs.hub.iife',
])('%s.js is plain ASCII, or a page that names no charset would read other signatures', (name) => {
  const text = readFileSync(join(root, 'dist', `${name}.js`), 'latin1');
  expect(
    [...text.matchAll(/[\u0080-\u00ff]/g)].map(({ index }) => text.slice(index - 20, index + 20)),
  ).toEqual([]);
});

test('every package that is built into dist is named in the notices', () => {
  const notices = readFileSync(join(root, 'THIRD-PARTY-NOTICES.md'), 'utf8');
  // As the build has noted it: see tsdown.config.mts.
  const built = ['modules', 'require', 'script', 'hub'].flatMap(
    (build) =>
      JSON.parse(
        readFileSync(join(root, '.cache', 'packages', `${build}.json`), 'utf8'),
      ) as string[],
  );
  expect(built).toEqual(expect.arrayContaining(['fast-png', '@resvg/resvg-wasm']));
  const named = new Set(notices.match(/@?[a-z][a-z0-9/-]+/g));
  expect([...new Set(built)].filter((name) => !named.has(name))).toEqual([]);
});

test('a page that is bundled by esbuild finds no module of Node, in whatever it loads later either', async () => {
  const { build } = await import('esbuild');
  const { errors } = await build({
    stdin: { contents: "import './dist/index.mjs';", resolveDir: root },
    bundle: true,
    format: 'esm',
    splitting: true,
    outdir: 'out',
    write: false,
    external: ['@tensorflow/*'],
    logLevel: 'silent',
  });
  expect(errors).toEqual([]);
});
