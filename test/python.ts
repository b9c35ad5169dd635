/** Python with the packages that a requirements file names, in a venv of its own. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The interpreter of a venv. */
export function pythonIn(venv: string): string {
  return join(venv, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
}

/**
 * Makes the venv in a folder on first use, and again when its requirements have changed.
 *
 * @returns false where there is no Python that does, or its packages cannot be installed.
 */
export function preparePython(venv: string, requirements: string): boolean {
  const stamp = join(venv, 'installed.txt');
  const wanted = readFileSync(requirements, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return true;
  const supported = 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))';
  if (spawnSync('python3', ['-c', supported]).status !== 0) return false;
  const run = (command: string, args: string[]): boolean =>
    spawnSync(command, args, { stdio: 'inherit' }).status === 0;
  const made =
    run('python3', ['-m', 'venv', venv]) &&
    run(pythonIn(venv), ['-m', 'pip', 'install', '--quiet', '-r', requirements]);
  if (made) writeFileSync(stamp, wanted);
  return made;
}
