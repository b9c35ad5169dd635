/** Python with the packages that requirements files name, in a venv of its own. */
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
 * @param alone names packages to install without those that they depend on
 * @returns false where there is no Python that does, or its packages cannot be installed.
 */
export function preparePython(venv: string, requirements: string, alone?: string): boolean {
  const stamp = join(venv, 'installed.txt');
  const files = alone === undefined ? [requirements] : [requirements, alone];
  const wanted = files.map((file) => readFileSync(file, 'utf8')).join('');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return true;
  const supported = 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))';
  if (spawnSync('python3', ['-c', supported]).status !== 0) return false;
  const run = (command: string, args: string[]): boolean =>
    spawnSync(command, args, { stdio: 'inherit' }).status === 0;
  const install = (...args: string[]): boolean =>
    run(pythonIn(venv), ['-m', 'pip', 'install', '--quiet', ...args]);
  const made =
    run('python3', ['-m', 'venv', venv]) &&
    install('-r', requirements) &&
    (alone === undefined || install('--no-deps', '-r', alone));
  if (made) writeFileSync(stamp, wanted);
  return made;
}

/**
 * Makes the venv of the peers, SAELens, dictionary_learning and others, as `preparePython` does.
 *
 * @param root the folder of this project
 * @returns its interpreter; undefined where it cannot be had.
 */
export function preparePeers(root: string): string | undefined {
  const venv = join(root, '.venv-torch');
  const list = (name: string): string => join(root, 'python-interop', 'peers', name);
  const made = preparePython(venv, list('requirements.txt'), list('requirements-alone.txt'));
  return made ? pythonIn(venv) : undefined;
}
