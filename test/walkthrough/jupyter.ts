/** Jupyter and the kernel of the walkthrough, from the registries, in the project's cache. */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { preparePython, pythonIn } from '../python';

export const root = join(__dirname, '..', '..');
export const notebook = join(root, 'docs', 'walkthrough.ipynb');
const cache = join(root, '.cache', 'walkthrough');
const kernel = join(cache, 'kernel');
const jupyterPath = join(cache, 'jupyter');

/** What runs a notebook. */
export interface Jupyter {
  /** The interpreter of a venv with Jupyter in it. */
  python: string;
  /** Tells Jupyter where the kernel is. */
  env: Record<string, string>;
}

/**
 * Installs what runs the notebook, on first use and when what is wanted has changed.
 *
 * @param requirements name of the list of Python packages, which have a venv of their own
 * @returns why it cannot be had, as text, where that is so.
 */
export function prepareJupyter(
  requirements: 'requirements' | 'requirements-lab',
): Jupyter | string {
  const venv = join(cache, requirements);
  if (!preparePython(venv, join(__dirname, `${requirements}.txt`))) {
    return 'no Python from 3.11 to 3.13 with venv, or its packages cannot be installed';
  }
  if (!prepareKernel()) return 'the kernel tslab cannot be installed';
  return { python: pythonIn(venv), env: { JUPYTER_PATH: jupyterPath } };
}

/** tslab from npm, without install scripts: its ZeroMQ comes ready built. */
function prepareKernel(): boolean {
  const files = ['package.json', 'package-lock.json'];
  const isSame = (file: string) =>
    existsSync(join(kernel, file)) &&
    readFileSync(join(kernel, file), 'utf8') ===
      readFileSync(join(__dirname, 'kernel', file), 'utf8');
  const main = join(kernel, 'node_modules', 'tslab', 'bin', 'tslab');
  if (!files.every(isSame) || !existsSync(main)) {
    mkdirSync(kernel, { recursive: true });
    for (const file of files) copyFileSync(join(__dirname, 'kernel', file), join(kernel, file));
    const options = { cwd: kernel, stdio: 'inherit' } as const;
    const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
    if (spawnSync('npm', args, options).status !== 0) {
      rmSync(join(kernel, 'package.json')); // so that the next run tries again
      return false;
    }
  }
  const folder = join(jupyterPath, 'kernels', 'tslab'); // the name that `tslab install` gives it
  mkdirSync(folder, { recursive: true });
  const spec = {
    argv: [process.execPath, main, 'kernel', '--config-path', '{connection_file}'],
    display_name: 'TypeScript',
    language: 'typescript',
  };
  writeFileSync(join(folder, 'kernel.json'), JSON.stringify(spec));
  return true;
}

/**
 * A folder in which the notebook finds this library as if it had been installed there.
 *
 * @param path where it goes, within the project: all other packages are found from there.
 */
export function projectFolder(path: string): string {
  const modules = join(path, 'node_modules');
  mkdirSync(modules, { recursive: true });
  const library = join(modules, 'gated-sae-tfjs');
  if (!existsSync(library)) symlinkSync(root, library, 'junction');
  return path;
}

/**
 * Runs every cell, and writes the notebook with its outputs.
 *
 * @param folder where it runs; what the cells write stays there
 * @returns whether no cell failed.
 */
export function execute({ python, env }: Jupyter, folder: string, executed: string): boolean {
  const script = join(__dirname, 'execute.py');
  const args = [script, notebook, '--out', executed, '--folder', projectFolder(folder)];
  const options = { stdio: 'inherit', env: { ...process.env, ...env } } as const;
  return spawnSync(python, args, options).status === 0;
}
