import { nodeModule } from '../../nodeModule';
import { removeQuietly } from './atomicWrite';
import { type OwnTemp, ownTemp } from './names';

// Not imported: .keras files are saved by what pages load, too.
const fs = nodeModule('node:fs/promises') as typeof import('node:fs/promises');
const path = nodeModule('node:path') as typeof import('node:path');

/**
 * A save writes all the time; a file that has stood still this long is nobody's any more, though
 * its process be alive, or on another machine.
 */
const STALE_MS = 10 * 60 * 1000;

/** A file that a save has written and not yet named, or not yet removed. */
export interface LeftFile extends OwnTemp {
  readonly path: string;
  /** Whether nobody will ever touch it again. */
  readonly isStale: boolean;
}

/**
 * The files of saves in a folder that have no name of their own yet.
 *
 * @param now by the clock of the folder: that of a file server may differ from this machine's
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

/** Removes what saves of single files left that were cut off, beside a file that was just saved. */
export async function removeLeftFiles(saved: string): Promise<void> {
  const { mtimeMs } = await fs.stat(saved);
  for (const { kind, isStale, path: file } of await leftIn(path.dirname(saved), mtimeMs)) {
    if (isStale && kind === 'archive') await removeQuietly(file);
  }
}
