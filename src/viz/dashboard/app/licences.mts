import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folder of a package that a module comes from, and the package's name. */
const PACKAGE = /^(.*\/node_modules\/((?:@[^/]+\/)?[^/]+))\//;

/**
 * The licences of the packages that these modules come from, as one comment: whoever sends a
 * dashboard on sends them along. Packages with the same licence stand together.
 *
 * @param modules paths of files
 */
export function licenceComment(modules: readonly string[]): string {
  const byText = new Map<string, string[]>();
  const folders = new Map<string, string>();
  for (const path of modules) {
    const [, folder, name] = PACKAGE.exec(path.replaceAll('\\', '/')) ?? [];
    if (folder !== undefined && name !== undefined) folders.set(name, folder);
  }
  for (const [name, folder] of [...folders].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined) throw new Error(`${name} comes without a licence.`);
    const text = readFileSync(join(folder, file), 'utf8').replaceAll('\r', '').trim();
    byText.set(text, [...(byText.get(text) ?? []), name]);
  }
  const parts = [...byText].map(([text, names]) => `${names.join(', ')}:\n\n${text}`);
  return `/*! Holds work of others.\n\n${parts.join('\n\n').replaceAll('*/', '* /')}\n*/`;
}
