import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Application, normalizePath } from 'typedoc';
import { documentationFaults } from '../../docs/build/documentation.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A module whose every symbol has a comment, and in which something is missing each time. */
const SOURCE = `
/** A tensor. */
export interface Tensor { /** Its size. */ size: number }
/** The codes. */
export type SAEErrorCode =
  /** It is wrong. Make it right. */
  | 'SAE_OPTION'
  /** It is wrong. */
  | 'SAE_SHAPE';
/** What it takes. */
export interface GoodArgs {
  /** How many; 3 by default. */
  count?: number;
}
/** What it takes. */
export interface BadArgs {
  /** How many. */
  count?: number;
}
/**
 * Does it: $$ x = y $$ (arXiv:2404.16014).
 *
 * @param args what it takes
 * @returns the caller disposes it.
 * @throws SAE_OPTION for a wrong value.
 * @example
 * \`\`\`ts
 * good();
 * \`\`\`
 */
export function good(args: GoodArgs = {}): Tensor { return { size: args.count ?? 3 }; }
/**
 * Does it: $$ x = y $$.
 *
 * @param args what it takes
 * @throws SAE_WRONG at times.
 */
export async function bad(args: BadArgs = {}): Promise<Tensor[]> { return [{ size: args.count ?? 3 }]; }
`;

let folder: string;
let faults: string[];
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'documented-'));
  await writeFile(join(folder, 'index.ts'), SOURCE);
  await writeFile(join(folder, 'tsconfig.json'), '{"files": ["index.ts"]}');
  const app = await Application.bootstrap({
    entryPoints: [join(folder, 'index.ts')],
    alwaysCreateEntryPointModule: true,
    disableGit: true,
    disableSources: true,
    readme: 'none',
    jsDocCompatibility: { ignoreUnescapedBraces: true },
    skipErrorChecking: true,
    tsconfig: join(folder, 'tsconfig.json'),
  });
  const project = await app.convert();
  assert.ok(project);
  faults = documentationFaults(app.serializer.projectToObject(project, normalizePath(root)));
});
after(() => rm(folder, { recursive: true, force: true }));

const about = (name: string) => faults.filter((fault) => fault.startsWith(`index.${name} `));

test('what says all that is asked for has no fault', () => {
  assert.deepEqual([...about('good'), ...about('GoodArgs.count')], []);
});

test('each thing that is missing is named', () => {
  assert.deepEqual(about('bad').sort(), [
    'index.bad does not say who disposes its result',
    'index.bad has an equation without its source',
    'index.bad has no @example with a block of ts',
    'index.bad names SAE_WRONG, which is no code',
    'index.bad takes options and does not say that it throws SAE_OPTION',
  ]);
  assert.deepEqual(about('BadArgs.count'), ['index.BadArgs.count does not say its default']);
});

test('a code that does not say what to do is named, and no other', () => {
  const codes = faults.filter((fault) => fault.startsWith('SAEErrorCode'));
  assert.deepEqual(codes, ['SAEErrorCode SAE_SHAPE does not say what to do']);
});
