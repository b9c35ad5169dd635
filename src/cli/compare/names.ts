import { basename, dirname } from 'node:path';

/** Names of folders and files that say nothing about the model. */
const NO_NAMES = ['model', 'model.json', 'best', 'checkpoint'];
const ENDING = /\.(keras|safetensors|json|npz)$/i;

/**
 * Returns the names of models in a table: the last meaningful part of each path, or the whole path
 * if two names would be the same.
 */
export function namesOf(paths: readonly string[]): string[] {
  const short = paths.map(nameOf);
  return paths.map((path, i) => {
    const name = short[i] ?? path;
    const isAlone = short.filter((other) => other === name).length === 1;
    // The same model given twice is two entries as well.
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
