/**
 * `npm run test:matrix`: what is heavy and rarely breaks. The package as people install it, in
 * projects of their own, with the versions of Node and tfjs that they have: every `*.test.mts` of this
 * folder. And more of what `npm test` has some of: kills, Keras models at random. With `--built`, of
 * the `dist` that is there.
 */
import { join } from 'node:path';
import { preparePython, pythonIn } from '../python';
import { check, run } from '../run/check';
import { end, skip } from '../run/counts';
import { forgetFigures, printFigures } from '../run/figures';
import { jest } from '../run/jest';
import { nodeTest } from '../run/nodeTest';
import { root, tool } from '../run/places';
import { forgetTable, printTable } from './table';

forgetTable();
forgetFigures();
check('Node 20, 22 and 24', () => run(tool('tsx'), ['test/matrix/installNodes.mts']));
const isBuilt = process.argv.includes('--built');
if (isBuilt || check('build', () => run('npm', ['run', '--silent', 'build']))) {
  nodeTest('the package, installed', 'matrix', { concurrency: 2, seconds: 600 });
}
const kills = ['test/node/quickstartKills.test.ts', '--selectProjects', 'node'];
jest('200 kills of the quickstart', kills, { QUICKSTART_KILLS: '200' });
const venv = join(root, '.venv');
if (preparePython(venv, join(root, 'python-interop', 'requirements.txt'))) {
  const models = ['test/interop/randomModels.test.ts', '--selectProjects', 'interop'];
  const env = { GATED_SAE_PYTHON: pythonIn(venv), RANDOM_MODELS: '300', RANDOM_MODELS_SEED: '3' };
  jest('300 Keras models at random', models, env);
} else {
  skip('300 Keras models at random', 'no Python from 3.11 to 3.13 with the packages of Keras');
}
printTable();
printFigures();
end();
