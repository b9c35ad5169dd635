/**
 * `npm run test:matrix`: the package as people install it, in projects of their own, with the
 * versions of Node and tfjs that they have. Every `*.test.mts` of this folder. With `--built`, of
 * the `dist` that is there.
 */
import { check, run } from '../run/check';
import { end } from '../run/counts';
import { nodeTest } from '../run/nodeTest';
import { tool } from '../run/places';
import { forgetTable, printTable } from './table';

forgetTable();
check('Node 20, 22 and 24', () => run(tool('tsx'), ['test/matrix/installNodes.mts']));
const isBuilt = process.argv.includes('--built');
if (isBuilt || check('build', () => run('npm', ['run', '--silent', 'build']))) {
  nodeTest('the package, installed', 'matrix', { concurrency: 2, seconds: 600 });
}
printTable();
end();
