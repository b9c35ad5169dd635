/** The package as `npm publish` would send it: packed from the dist that is there. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const NAME = 'gated-sae-tfjs';

/** On Windows npm is a script that only a shell starts. */
const shell = process.platform === 'win32';

/** npm in a folder; what it says on its standard output. */
export function npm(folder: string, ...args: string[]): string {
  const stdio = ['ignore', 'pipe', 'pipe'] as const;
  return execFileSync('npm', args, { cwd: folder, encoding: 'utf8', stdio: [...stdio], shell });
}

/** What npm says of an archive; sizes are in bytes. */
interface Packed {
  filename: string;
  size: number;
  unpackedSize: number;
  files: { path: string; size: number }[];
}

/** `npm pack`; what it says of the archive. */
export function pack(...args: string[]): Packed {
  const [packed] = JSON.parse(npm(root, 'pack', '--ignore-scripts', '--json', ...args)) as Packed[];
  if (packed === undefined) throw new Error('npm pack made no archive. Run `npm run build` first.');
  return packed;
}

/** Packs the package into a folder. @returns the archive's path */
export const packInto = (folder: string): string =>
  join(folder, pack('--pack-destination', folder).filename);

/**
 * A folder of the repository's cache in whose node_modules the packed package lies, unpacked; its
 * own dependencies are the repository's.
 */
export async function unpackedProject(): Promise<{ folder: string; remove(): Promise<void> }> {
  const cache = join(root, '.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'packed-'));
  const place = join(folder, 'node_modules', NAME);
  await mkdir(place, { recursive: true });
  execFileSync('tar', ['-xzf', packInto(folder), '-C', place, '--strip-components=1']);
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
