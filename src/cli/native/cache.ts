import { randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileRefused } from '../../errors';

/** A description of a finished build. */
export interface Manifest {
  readonly tfjsNode: string;
  readonly tensorflow: string;
  /** The wheel's name and version, or the Python that TensorFlow was taken from. */
  readonly source: string;
  readonly platform: string;
  readonly built: string;
}

const MANIFEST = 'manifest.json';
const PARTIAL = /^\.partial-(\d+)-/;

/** Returns where builds are kept, for all projects of a user. */
export function cacheFolder(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const own = env['GATED_SAE_CACHE'];
  if (own) return join(own, 'native');
  const user =
    platform === 'darwin'
      ? join(homedir(), 'Library', 'Caches')
      : env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(user, 'gated-sae-tfjs', 'native');
}

/** Returns a finished build's manifest; undefined if there is none. */
export async function manifestOf(folder: string): Promise<Manifest | undefined> {
  try {
    return JSON.parse(await fs.readFile(join(folder, MANIFEST), 'utf8')) as Manifest;
  } catch {
    return undefined;
  }
}

/**
 * Makes a folder in the cache, or nothing: it is filled under another name and moved when it is
 * complete. Leftovers of earlier attempts are removed, unless those are still running.
 *
 * @param fill receives the folder to fill, and returns a description of its content
 * @throws SAE_FILE if the disk refuses; whatever `fill` throws
 */
export async function fillFolder(
  folder: string,
  fill: (partial: string) => Promise<Manifest>,
): Promise<Manifest> {
  const root = join(folder, '..');
  const partial = join(root, `.partial-${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    await fs.mkdir(partial, { recursive: true });
    await removeLeftovers(root);
    const manifest = await fill(partial);
    await fs.writeFile(join(partial, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
    // Only a broken one can be there.
    await fs.rm(folder, { recursive: true, force: true });
    await fs.rename(partial, folder);
    return manifest;
  } catch (error) {
    const isOfDisk = (error as NodeJS.ErrnoException).syscall !== undefined;
    throw isOfDisk ? fileRefused(root, 'a folder for the native build', error) : error;
  } finally {
    // If it cannot even be examined, report the error above.
    await fs.rm(partial, { recursive: true, force: true }).catch(() => {});
  }
}

/** Removes leftovers: a crash, or a second Ctrl-C, can leave a gigabyte. */
async function removeLeftovers(root: string): Promise<void> {
  for (const name of await fs.readdir(root)) {
    const pid = PARTIAL.exec(name)?.[1];
    if (pid === undefined || isRunning(Number(pid))) continue;
    await fs.rm(join(root, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Returns the size of a folder in bytes, excluding links and their targets. */
export async function bytesIn(folder: string): Promise<number> {
  let sum = 0;
  const entries = await fs
    .readdir(folder, { withFileTypes: true, recursive: true })
    .catch(() => []);
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    // Another program may remove files meanwhile, such as pip's temporary ones.
    sum += await fs.stat(join(entry.parentPath ?? entry.path, entry.name)).then(
      ({ size }) => size,
      () => 0,
    );
  }
  return sum;
}
