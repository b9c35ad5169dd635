import { fileRefused } from '../../errors';
import { nodeModule } from '../../nodeModule';

/** A download writes all the time; what has stood still this long is nobody's, though its process lives. */
const STALE_MS = 10 * 60 * 1000;

/** Those that this process is writing. */
const own = new Set<string>();

/**
 * A file for the bytes of a download that have come: one that an earlier download has left, or a
 * new name. Its ending is the one that `huggingface_hub` gives what is not whole, and cleans up.
 *
 * Two that take the same one over at the same moment cannot do harm: one renames it, the other
 * finds nothing. What a process still writes that was wrongly taken for dead, the checksum finds.
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

/** Whoever had claimed it does not write it any more. */
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
    // Of somebody else's process there is another error.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
