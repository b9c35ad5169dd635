import { basename, dirname } from 'node:path';

/** What folders and files are called that say nothing of the model. */
const NO_NAMES = ['model', 'model.json', 'best', 'checkpoint'];
const ENDING = /\.(keras|safetensors|json|npz)$/i;

/**
 * What models are called in a table: the last part of each path that says something, and the whole path
 * where two would be called the same.
 */
export function namesOf(paths: readonly string[]): string[] {
  const short = paths.map(nameOf);
  return paths.map((path, i) => {
    const name = short[i] ?? path;
    const isAlone = short.filter((other) => other === name).length === 1;
    // The same model twice, too, is two entries.
    const before = paths.slice(0, i).filter((other) => other === path).length;
    return isAlone ? name : before === 0 ? path : `${path} (${before + 1})`;
  });
}

function nameOf(path: string): string {
  const name = basename(path);
  const isName = name !== '' && !NO_NAMES.includes(name);
  const above = dirname(path);
  if (!isName && !['', '.', '..'].includes(basename(above))) return nameOf(above);
  return name.replace(ENDING, '') || path;
}
