import { nodeModule } from '../../nodeModule';
import { removeQuietly } from './atomicWrite';
import { type OwnTemp, ownTemp } from './names';

// Not imported, because pages load the code that saves .keras files too.
const fs = nodeModule('node:fs/promises') as typeof import('node:fs/promises');
const path = nodeModule('node:path') as typeof import('node:path');

/**
 * A save writes continuously; a file that has not changed for this long is abandoned, even if its
 * process is alive, or on another machine.
 */
const STALE_MS = 10 * 60 * 1000;

/** A file that a save has written but not yet renamed, or not yet removed. */
export interface LeftFile extends OwnTemp {
  readonly path: string;
  /** Whether it is certainly abandoned. */
  readonly isStale: boolean;
}

/**
 * Returns the temporary files of saves in a folder.
 *
 * @param now the time by the folder's clock: a file server's clock may differ from this machine's
 */
export async function leftIn(folder: string, now: number): Promise<LeftFile[]> {
  const left: LeftFile[] = [];
  for (const name of await fs.readdir(folder)) {
    const temp = ownTemp(name);
    if (temp === undefined) continue;
    const file = path.join(folder, name);
    const info = await fs.lstat(file).catch(() => undefined);
    if (info === undefined) continue;
    left.push({ ...temp, path: file, isStale: temp.isAbandoned || now - info.mtimeMs >= STALE_MS });
  }
  return left;
}

/** Removes leftovers of interrupted saves beside a file that was just saved. */
export async function removeLeftFiles(saved: string): Promise<void> {
  const { mtimeMs } = await fs.stat(saved);
  for (const { kind, isStale, path: file } of await leftIn(path.dirname(saved), mtimeMs)) {
    if (isStale && kind === 'archive') await removeQuietly(file);
  }
}
