/** Projects of people who use the package: outside this repository, with what npm installs there. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NAME, npm, packInto } from '../package/packed.mts';

const consumer = fileURLToPath(new URL('consumer', import.meta.url));
/** Nothing is run while it is installed, as in places that forbid it; and nothing is asked twice. */
const QUIETLY = [
  '--ignore-scripts',
  '--prefer-offline',
  '--no-audit',
  '--no-fund',
  '--loglevel=error',
];

/** A project with the packed package in it. */
export interface Project {
  readonly folder: string;
  /** A file of the installed package. */
  installed(path: string): string;
  /** Every copy of tfjs-core that is there, by folder. */
  copiesOfTfjs(): string[];
  remove(): Promise<void>;
}

/** Installs packages, as npm names them, in a folder. */
export function install(folder: string, packages: readonly string[]): void {
  npm(folder, 'install', ...QUIETLY, ...packages);
}

/** Makes a project with consumer/'s files and, from the registry, the packages that are named. */
export async function projectWith(...packages: string[]): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), 'gated-sae-project-'));
  await cp(consumer, folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{"name": "a-project", "private": true}');
  install(folder, [packInto(folder), ...packages]);
  return {
    folder,
    installed: (path) => join(folder, 'node_modules', NAME, path),
    copiesOfTfjs: () => [
      ...new Set(
        npm(folder, 'ls', '--all', '--parseable', '@tensorflow/tfjs-core')
          .split('\n')
          .filter((line) => line.endsWith('tfjs-core'))
          .map((line) => relative(folder, line)),
      ),
    ],
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The version of a package that a project has. */
export async function versionIn({ folder }: Project, name: string): Promise<string> {
  const file = await readFile(join(folder, 'node_modules', name, 'package.json'), 'utf8');
  return (JSON.parse(file) as { version: string }).version;
}
