/**
 * `npm run dashboard`: the dashboard page's program and style sheet → src/viz/dashboard/app.generated.ts.
 *
 * Inlined, so that `featureDashboard` only puts text together and works in Node, pages and workers.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'node:zlib';
import { build, transformWithEsbuild } from 'vite';
import type { App } from '../load.ts';
import { licenceComment } from './licences.mts';

/** In this order: later ones win. */
const STYLES = ['base', 'overview', 'table', 'feature', 'examples', 'keys', 'try'];
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
/** Oldest browsers: those of spring 2022, as the page itself says. */
const TARGET = ['es2021', 'chrome100', 'firefox100', 'safari15.4'];

const built = await build({
  configFile: false,
  logLevel: 'warn',
  build: {
    write: false,
    target: TARGET,
    minify: 'esbuild',
    lib: { entry: here('main.ts'), formats: ['iife'], name: 'dashboard' },
  },
});
const [output] = Array.isArray(built) ? built : [built];
const chunk = output && 'output' in output ? output.output[0] : undefined;
if (chunk?.type !== 'chunk') throw new Error('Vite has built no program.');
const used = Object.entries(chunk.modules).filter(([, { renderedLength }]) => renderedLength > 0);
const program = `${licenceComment(used.map(([path]) => path))}\n${chunk.code.trim()}`;
const sheet = STYLES.map((name) => readFileSync(here(`style/${name}.css`), 'utf8')).join('');
const { code } = await transformWithEsbuild(sheet, 'style.css', { loader: 'css', minify: true });
const style = code.trim();

// What an HTML parser would end the element at, or change: the hashes would not hold.
for (const text of [program, style]) {
  if (/<\/(script|style)|<!--|\r|\0/i.test(text)) throw new Error('That cannot stand in HTML.');
}

const hash = (text: string) => `sha256-${createHash('sha256').update(text).digest('base64')}`;
const app: App = {
  program: deflateSync(program, { level: 9 }).subarray(2, -4).toString('base64'),
  programHash: hash(program),
  style,
  styleHash: hash(style),
};
writeFileSync(
  here('../app.generated.ts'),
  `// Made by app/build.mts from app/*.ts and app/style/*.css. It leaves what it holds on globalThis:
// modules, require and script tags load the same file.
export {};

Object.assign(globalThis, { gatedSAEDashboard: ${JSON.stringify(app)} });
`,
);
