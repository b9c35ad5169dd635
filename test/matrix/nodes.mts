/** The versions of Node that people have, from npm: packages that hold nothing but its executable. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { root } from '../package/packed.mts';
import { install } from './project.mts';

/** By their major version: the main line, as .nvmrc has it, and back to the oldest that package.json allows. */
export const NODES = ['24', '22', '20'] as const;
export type NodeVersion = (typeof NODES)[number];

const platform = process.platform === 'win32' ? 'win' : process.platform;
const executable = process.platform === 'win32' ? 'node.exe' : 'node';
const place = join(root, '.cache', 'nodes');
const folderOf = (version: string) => join(place, version, 'node_modules', 'node-of-npm');

/** An executable of that version, installed when it is first asked for. */
export async function nodeOf(version: NodeVersion): Promise<string> {
  const path = join(folderOf(version), 'bin', executable);
  if (!existsSync(path)) {
    // Beside its place, and moved there whole: another test file may ask for it at the same time.
    await mkdir(place, { recursive: true });
    const folder = await mkdtemp(join(place, 'new-'));
    await writeFile(join(folder, 'package.json'), '{"private": true}');
    install(folder, [`node-of-npm@npm:node-${platform}-${process.arch}@${version}`]);
    await rename(folder, join(place, version)).catch(() => rm(folder, { recursive: true }));
  }
  return path;
}

/** An environment in which `node` is that executable. */
export const withNode = (path: string): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: `${dirname(path)}${delimiter}${process.env['PATH']}`,
});
