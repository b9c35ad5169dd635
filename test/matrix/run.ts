/**
 * `npm run test:matrix`: what is heavy and rarely breaks. The package as people install it, in
 * projects of their own, with the versions of Node and tfjs that they have: every `*.test.mts` of this
 * folder. And more of what `npm test` has some of: kills, damaged files, Keras's files and models. With `--built`, of
 * the `dist` that is there.
 */
import { moreAgainstPython } from '../run/againstPython';
import { check, run } from '../run/check';
import { end } from '../run/counts';
import { forgetFigures, printFigures } from '../run/figures';
import { inNode, jest } from '../run/jest';
import { nodeTest } from '../run/nodeTest';
import { otherBuild } from '../run/otherBuild';
import { tool } from '../run/places';
import { forgetTable, printTable } from './table';

forgetTable();
// What `npm test` has measured on cpu and wasm stands in the same tables.
for (const backend of ['tensorflow', 'webgl', 'webgpu']) forgetFigures(backend);
check('Node 24, 22 and 20', () => run(tool('tsx'), ['test/matrix/installNodes.mts']));
const isBuilt = process.argv.includes('--built');
if (isBuilt || check('build', () => run('npm', ['run', '--silent', 'build']))) {
  nodeTest('the package, installed', 'matrix', { concurrency: 2, seconds: 7200 });
}
const kills = ['test/node/quickstartKills.test.ts', '--selectProjects', 'node'];
jest('200 kills of the quickstart', kills, { QUICKSTART_KILLS: '200' });
const fuzz = ['test/node/kerasFuzz.test.ts', '--selectProjects', 'node'];
jest('10,000 damaged .keras files', fuzz, { KERAS_FUZZ_RUNS: '10000' });
const onnx = ['test/io/onnx/fuzz.test.ts', '--selectProjects', 'wasm'];
jest('4,000 damaged ONNX files', onnx, { ONNX_FUZZ_RUNS: '4000' });
const { version: other, kernels } = otherBuild;
inNode(other, `all that is computed, by ${kernels}`, ['--selectProjects', 'wasm']);
moreAgainstPython();
printTable();
printFigures();
end();
