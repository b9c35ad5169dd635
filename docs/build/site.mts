/**
 * `npm run docs`: the whole site, into docs/site. Reference and guides, the live training page,
 * example dashboards; then every link is followed and every public symbol's documentation read.
 * `npm run docs:serve` shows it afterwards.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { documentationFaults } from './documentation.ts';
import { writeExamples } from './examples.mts';
import { checkLinks } from './links.mts';
import { renderNotebook } from './notebook.mts';
import { writeReference } from './reference.mts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const site = join(root, 'docs', 'site');

async function step<Result>(title: string, act: () => Promise<Result>): Promise<Result> {
  const start = performance.now();
  const result = await act();
  console.log(`${title} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
  return result;
}

async function main(): Promise<void> {
  if (!existsSync(join(root, 'dist', 'cli.mjs'))) {
    throw new Error('the examples are made by the library itself: run npm run build first');
  }
  await step('walkthrough', () =>
    renderNotebook(join(root, 'docs', 'walkthrough.ipynb'), join(root, 'docs')),
  );
  const api = await step('reference and guides', () => writeReference(root, site));
  await step('live training page', async () => {
    const configFile = join(root, 'docs', 'demo', 'vite.config.mts');
    const outDir = join(site, 'demo');
    await build({ configFile, logLevel: 'warn', build: { outDir, emptyOutDir: true } });
  });
  await step('example dashboards', () => writeExamples(root, join(site, 'examples')));

  const faults = documentationFaults(api);
  const { followed, external, broken, unreached } = await step('links', () => checkLinks(site));
  for (const link of external) console.log(`  leads elsewhere, not fetched: ${link}`);
  const wrong = [
    ...broken.map((link) => `broken link: ${link}`),
    ...unreached.map((page) => `no link leads to ${page}`),
    ...faults,
  ];
  for (const line of wrong) console.error(line);
  console.log(`docs/site/index.html: ${followed} links followed, ${wrong.length} faults`);
  if (wrong.length > 0) process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
