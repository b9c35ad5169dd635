/** The field's own packages, in the venv that `npm test` makes of python-interop/peers. */
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pythonIn } from '../python';

export const root = join(__dirname, '..', '..');
export const peersPython = pythonIn(join(root, '.venv-torch'));

/** A test that needs the peers. */
export const withPeers = existsSync(peersPython) ? test : test.skip;

/**
 * Other numbers in each run. What makes them keeps away from thresholds, ties and borders, so that
 * rounding decides nothing. INTEROP_SEED=N makes those of a run once more; the tests' names tell it.
 */
export const SEED = Number(process.env['INTEROP_SEED'] ?? randomInt(2 ** 32));

/** Runs a script of python-interop; its standard output. */
export function inPeers(script: string, ...args: string[]): string {
  const path = join(root, 'python-interop', script);
  // Small arrays: more threads would wait for one another.
  const env = { ...process.env, OMP_NUM_THREADS: '1' };
  const options = { encoding: 'utf8', env } as const;
  const { status, stdout, stderr } = spawnSync(peersPython, [path, ...args], options);
  if (status !== 0) throw new Error(stderr);
  return stdout;
}
