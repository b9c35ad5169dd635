import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

/** The guides in the order in which somebody may want them, by the question that they answer. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  'Begin here': ['getting-started', 'tasks', 'gallery', 'walkthrough', 'api'],
  'Understand and train': [
    'gated-sae',
    'own-rows',
    'activation-store',
    'recipe',
    'checkpoints',
    'training',
    'layer-in-your-model',
    'inside-a-model',
    'inside-onnx',
  ],
  'Read a dictionary': ['seeing', 'metrics', 'feature-report'],
  'Move and run': ['formats', 'keras', 'hub', 'backends', 'native'],
  'Look inside': ['architecture', 'adding-an-architecture'],
  'Know what to expect': ['limits', 'quality', 'benchmarks', 'bibliography'],
};

/** Where a guide goes that the list above does not name. */
const OTHERS = 'More';

/** The groups, as the site lists them. */
export const GUIDE_GROUPS: readonly string[] = [...Object.keys(GROUPS), OTHERS];

/** A page of the site that is a Markdown file, and the group that it is listed under. */
export interface Guide {
  readonly file: string;
  readonly group: string;
}

/**
 * Every Markdown file in docs/ and one folder below it that is meant to be read, in order. A guide
 * that is named above and is not there yet is left out; one that is there and not named comes last.
 */
export function guides(docs: string): Guide[] {
  const files = (folder: string) =>
    readdirSync(join(docs, folder))
      .filter((name) => name.endsWith('.md'))
      .sort()
      .map((name) => join(docs, folder, name));
  const groupOf = (name: string) =>
    Object.keys(GROUPS).find((group) => GROUPS[group]?.includes(name));
  const found = files('.').map((file) => {
    const name = basename(file, '.md');
    return { file, name, group: groupOf(name) ?? OTHERS };
  });
  const order = Object.values(GROUPS).flat();
  const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  found.sort((a, b) => place(a.name) - place(b.name));
  return found.flatMap(({ file, name, group }) => {
    // A guide's folder of the same name holds its further pages.
    const further = existsSync(join(docs, name)) ? files(name) : [];
    return [file, ...further].map((page) => ({ file: page, group }));
  });
}
