import { fileRefused } from '../../errors';
import { nodeModule } from '../../nodeModule';

/**
 * A download writes continuously; a file that has not changed for this long is abandoned, even if
 * its process is alive.
 */
const STALE_MS = 10 * 60 * 1000;

/** The files that this process is writing. */
const own = new Set<string>();

/**
 * Returns a file for the bytes of a download that have arrived: the leftover of an earlier
 * download, or a new name. Its ending is the one that `huggingface_hub` uses for incomplete files,
 * and cleans up.
 *
 * Two processes that take over the same one at the same moment do no harm: one renames it, the
 * other finds nothing. If a process was wrongly considered dead and continues to write, the
 * checksum reveals it.
 */
export async function claimPartial(
  blobs: string,
  etag: string,
): Promise<{ partial: string; begun: boolean }> {
  const fs = nodeModule('node:fs/promises') as typeof import('node:fs/promises');
  const path = nodeModule('node:path') as typeof import('node:path');
  const partial = path.join(
    blobs,
    `${etag}.js-${process.pid}-${crypto.randomUUID().slice(0, 8)}.incomplete`,
  );
  own.add(partial);
  const names = await fs.readdir(blobs).catch((error) => {
    throw fileRefused(blobs, 'a folder that can be read', error);
  });
  for (const name of names) {
    const [, of, pid] = /^([0-9a-f]+)\.js-(\d+)-[0-9a-f]{8}\.incomplete$/.exec(name) ?? [];
    const left = path.join(blobs, name);
    if (of !== etag || own.has(left) || !(await isLeft(left, Number(pid)))) continue;
    const taken = await fs.rename(left, partial).then(
      () => true,
      () => false,
    );
    if (taken) return { partial, begun: true };
  }
  return { partial, begun: false };
}

/** Releases a file: its owner no longer writes to it. */
export function release(partial: string): void {
  own.delete(partial);
}

async function isLeft(file: string, pid: number): Promise<boolean> {
  if (pid === process.pid || !isAlive(pid)) return true;
  const fs = nodeModule('node:fs/promises') as typeof import('node:fs/promises');
  const info = await fs.stat(file).catch(() => undefined);
  return info !== undefined && Date.now() - info.mtimeMs >= STALE_MS;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0); // sends nothing
    return true;
  } catch (error) {
    // Another user's process gives another error.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
