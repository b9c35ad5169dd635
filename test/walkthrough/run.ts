/**
 * `npm run walkthrough`: opens docs/walkthrough.ipynb in JupyterLab, as a copy to play with. Options
 * after `--` go to JupyterLab: `-- --no-browser` starts no browser.
 *
 * With `-- --check` it runs without a window instead, and is compared with what is committed; with
 * `-- --write` the committed notebook is replaced by what came out.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkWalkthrough, runWalkthrough } from './check';
import { type Jupyter, notebook, prepareJupyter, projectFolder, root } from './jupyter';

/** Opens a copy; one that is there already is kept, for somebody has worked in it. */
function openLab(jupyter: Jupyter, options: string[]): boolean {
  const folder = projectFolder(join(root, 'runs', 'walkthrough'));
  const copy = join(folder, 'walkthrough.ipynb');
  if (!existsSync(copy)) copyFileSync(notebook, copy);
  const env = { ...process.env, ...jupyter.env };
  const args = ['-m', 'jupyterlab', copy, ...options];
  return spawnSync(jupyter.python, args, { cwd: folder, stdio: 'inherit', env }).status === 0;
}

function writeNotebook(jupyter: Jupyter): boolean {
  const executed = runWalkthrough(jupyter);
  if (executed !== undefined) copyFileSync(executed, notebook);
  return executed !== undefined;
}

function run(options: string[]): boolean {
  const [option] = options;
  const isHeadless = option === '--check' || option === '--write';
  const jupyter = prepareJupyter(isHeadless ? 'requirements' : 'requirements-lab');
  if (typeof jupyter === 'string') {
    console.error(`The walkthrough cannot be run: ${jupyter}.`);
    return false;
  }
  if (option === '--check') return checkWalkthrough(jupyter);
  return option === '--write' ? writeNotebook(jupyter) : openLab(jupyter, options);
}

process.exitCode = run(process.argv.slice(2)) ? 0 : 1;
