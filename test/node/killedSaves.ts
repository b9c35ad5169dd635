import { spawn } from 'node:child_process';
import fs from 'node:fs/promises';
import { join } from 'node:path';

/** Processes that save into one place all the time, and are killed in the midst of it. */
export interface Killed {
  /** Names of files that saves had not yet named, over all kills; those of archives and the rest. */
  readonly archives: number;
  readonly others: number;
}

const SCRIPT = join(__dirname, 'endlessSaves.mjs');

/** Resolves once the process has saved, and so long after that. */
async function killInTheMidst(root: string, milliseconds: number): Promise<void> {
  const child = spawn(process.execPath, [SCRIPT, root], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text) => {
    said += text;
  });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const saved = new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
  await Promise.race([saved, ended]);
  if (child.exitCode !== null) throw new Error(said);
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  child.kill('SIGKILL');
  await ended;
}

/**
 * Kills saving processes, so many at once and so many times.
 *
 * @param afterEach is called when none is alive
 */
export async function killSaves(
  root: string,
  times: number,
  atOnce: number,
  afterEach: () => Promise<void>,
): Promise<Killed> {
  let archives = 0;
  let others = 0;
  for (let kill = 0; kill < times; kill++) {
    // At another moment of a save each time, and for each of them.
    const moments = Array.from({ length: atOnce }, (_, i) => (kill * 37 + i * 17) % 101);
    await Promise.all(moments.map((moment) => killInTheMidst(root, moment)));
    const left = [...(await fs.readdir(root)), ...(await fs.readdir(join(root, 'folder')))];
    archives += left.filter((name) => name.endsWith('.archive.tmp')).length;
    others += left.filter((name) => /(json|record|weights|done)\.tmp$/.test(name)).length;
    await afterEach();
  }
  return { archives, others };
}
