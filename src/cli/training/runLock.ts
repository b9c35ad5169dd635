import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { link, open, readFile, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { badFile } from '../../errors';
import { isAlive, systemHere } from '../../io/files/owner';
import { writeRefused } from '../../io/files/writeRefused';

const LOCK = 'lock.json';

/** Identifies a process, so that another one that later gets its number is not mistaken for it. */
interface Owner {
  readonly pid: number;
  readonly host: string;
  /** The boot of its system, and who numbers its processes; null if the system does not tell. */
  readonly boot: string | null;
  readonly numbering: string | null;
  /** When it started, according to its system; null if that is unknown. */
  readonly started: string | null;
}

/** A folder that only this process writes to. */
export interface RunLock {
  /** Unlocks the folder. */
  release(): Promise<void>;
}

/**
 * Locks a folder for this process. The lock of a process that has ended, even if killed, does not
 * count.
 *
 * @throws SAE_FILE if another process has locked it, or if it cannot be written to.
 */
export async function lockFolder(folder: string): Promise<RunLock> {
  const file = join(folder, LOCK);
  const own = JSON.stringify({
    pid: process.pid,
    host: hostname(),
    ...systemHere(),
    started: (await startOf(process.pid)) ?? null,
  } satisfies Owner);
  const refused = async (error: unknown) => {
    throw await writeRefused(file, 'a file that can be written', file, error);
  };
  while (!(await create(file, own).catch(refused))) {
    const found = await readFile(file, 'utf8').catch(() => undefined);
    if (found === undefined) continue; // it was released meanwhile
    const owner = parse(found);
    if (owner === undefined || (await isRunning(owner))) throw taken(folder, file, owner);
    await removeStale(file, found).catch(refused);
  }
  const removeOwn = () => rmSync(file, { force: true });
  process.once('exit', removeOwn);
  return {
    release: async () => {
      process.removeListener('exit', removeOwn);
      await rm(file, { force: true });
    },
  };
}

/** @returns false if it already exists. */
async function create(file: string, content: string): Promise<boolean> {
  // Written beside it first, then renamed in one step: nobody may read half of it.
  const beside = `${file}.${process.pid}.tmp`;
  const handle = await open(beside, 'w');
  try {
    await handle.writeFile(content);
  } finally {
    await handle.close();
  }
  try {
    await link(beside, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(beside, { force: true });
  }
}

/** Removes a lock, unless it was replaced by another one. */
async function removeStale(file: string, content: string): Promise<void> {
  const aside = `${file}.${process.pid}.old.tmp`;
  try {
    await rename(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  // Another process may have removed the same one, and put its own there before this rename.
  if ((await readFile(aside, 'utf8')) !== content) await link(aside, file).catch(() => {});
  await rm(aside, { force: true });
}

/** Returns whether a file in a run's folder is left over from an interrupted lock. */
export const isLockTemp = (name: string) => /^lock\.json\.\d+\.(old\.)?tmp$/.test(basename(name));

function parse(text: string): Owner | undefined {
  try {
    const owner = JSON.parse(text) as Owner;
    return Number.isSafeInteger(owner.pid) && owner.pid > 0 ? owner : undefined;
  } catch {
    return undefined;
  }
}

async function isRunning({ pid, host, boot, numbering, started }: Owner): Promise<boolean> {
  // Processes on another machine, or in another container of this one, are not visible here.
  if (host !== hostname()) return true;
  const here = systemHere();
  if (boot !== here.boot) return false; // the machine was restarted since
  if (numbering !== here.numbering) return true;
  if (!isAlive(pid)) return false;
  const now = await startOf(pid);
  return now !== null && (started === null || now === undefined || now === started);
}

/**
 * Returns when a process started.
 *
 * @returns null if it has ended; undefined if the system does not tell
 */
async function startOf(pid: number): Promise<string | null | undefined> {
  if (process.platform === 'linux') {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
    // The name in parentheses may contain anything; the state and 19 more fields follow, then the
    // start.
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields === undefined) return undefined;
    return fields[0] === 'Z' || fields[0] === 'X' ? null : fields[19];
  }
  if (process.platform === 'win32') return undefined;
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
  const ps = promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)], { env });
  return ps.then(
    ({ stdout }) => stdout.trim() || undefined,
    () => undefined,
  );
}

function taken(folder: string, file: string, owner: Owner | undefined) {
  const who = owner === undefined ? 'a lock' : `process ${owner.pid} on ${owner.host}`;
  return badFile(
    folder,
    'a folder to which no other run writes',
    who,
    `Wait for it, or choose another --out. If it runs no more, remove ${file}.`,
  );
}
