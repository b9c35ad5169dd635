/** The walkthrough runs from its first cell to its last, and shows what the committed one shows. */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { differences, type Notebook } from './compare';
import { execute, type Jupyter, notebook, root } from './jupyter';

/** Larger ones GitHub shows late or not at all. */
const MOST_BYTES = 1.5e6;
/** What the cells leave behind. */
const FILES = ['dashboard.html', 'report.json', 'model/model.json', 'dictionary.keras'];

/**
 * Runs a copy, in a fresh folder of the project's cache.
 *
 * @returns the path of the executed copy; undefined where a cell failed.
 */
export function runWalkthrough(jupyter: Jupyter): string | undefined {
  const folder = join(root, '.cache', 'walkthrough', 'run');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const executed = join(folder, 'walkthrough.ipynb');
  if (!execute(jupyter, folder, executed)) return undefined;
  const missing = FILES.filter((file) => !existsSync(join(folder, 'dictionary', file)));
  for (const file of missing) console.error(`  ${file} was not written`);
  return missing.length === 0 ? executed : undefined;
}

/** @returns whether it runs, and shows what the committed notebook shows; else it says what not. */
export function checkWalkthrough(jupyter: Jupyter): boolean {
  const executed = runWalkthrough(jupyter);
  if (executed === undefined) return false;
  const read = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as Notebook;
  const found = differences(read(notebook), read(executed));
  const { size } = statSync(notebook);
  if (size > MOST_BYTES)
    found.push(`${size} bytes in the committed notebook; at most ${MOST_BYTES}`);
  for (const difference of found) console.error(`  ${difference}`);
  return found.length === 0;
}
