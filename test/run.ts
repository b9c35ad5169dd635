/**
 * `npm test`: every check of this project, one after another, ending with one line of counts.
 * With `--built`, of the `dist` that is there.
 *
 * What it needs it gets from the registries: npm's packages are there after `npm ci`; Python's go
 * into a venv of their own. Without Python the checks against the real gated-sae-tf are skipped,
 * and said to be; under CI nothing is skipped. How each kind of check is run and counted is in run/.
 */
import { join } from 'node:path';
import { name, version } from '../package.json';
import { againstPeers, againstPython } from './run/againstPython';
import { check, run } from './run/check';
import { end } from './run/counts';
import { forgetFigures, printFigures } from './run/figures';
import { inNode, jest } from './run/jest';
import { nodeTest } from './run/nodeTest';
import { otherBuild } from './run/otherBuild';
import { cache, tool } from './run/places';
import { walkthrough } from './run/walkthrough';

forgetFigures();
// First, for it makes source files: the kernels, the rasterizer, the dashboard's program.
const built =
  process.argv.includes('--built') ||
  check('build', () => run('npm', ['run', '--silent', 'build']));
check('types', () => run(tool('tsc'), ['--noEmit']));
// Chained ones, as x.reshape(…), are there only where a program loads all of @tensorflow/tfjs.
check('types of the library alone: it needs no operations but those of tfjs-core', () =>
  run(tool('tsc'), ['-p', 'test/run/tsconfig.core.json']),
);
check('lint, format, direction of imports', () =>
  run(tool('biome'), ['check', '--error-on-warnings']),
);
if (built) {
  check('the site: every symbol documented, every link leads somewhere', () =>
    run('npm', ['run', '--silent', 'docs']),
  );
  nodeTest('the checks of the site find what is wrong', 'docs', { concurrency: 1, seconds: 120 });
  check('publint', () => run(tool('publint'), ['--strict']));
  check('are the types wrong?', () => {
    // Packed by ourselves: attw would have npm build it all once more.
    const packed = run('npm', [
      'pack',
      '--silent',
      '--ignore-scripts',
      '--pack-destination',
      cache,
    ]);
    return packed && run(tool('attw'), [join(cache, `${name}-${version}.tgz`)]);
  });
  nodeTest('the package as it is packed', 'package', { concurrency: 1, seconds: 120 });
  nodeTest('in a real browser', 'browser', { concurrency: 2, seconds: 900 });
}
jest('unit, conformance, parity, hostile input, command line, examples', [
  '--selectProjects',
  'cpu',
  'wasm',
  'node',
  'docs',
]);
const kernels = ['test/kernels', '--selectProjects', 'wasm'];
inNode(otherBuild.version, otherBuild.kernels, kernels);
if (process.arch === 'x64') {
  const title =
    'the kernels of relaxed SIMD, on a processor that sums products of bytes in 16 bits';
  inNode('24', title, kernels, ['--no-enable-avx-vnni']);
}
nodeTest("tfjs's own tests of products, by our kernel", 'upstream', {
  concurrency: 1,
  seconds: 60,
});
if (built) walkthrough();
againstPython();
againstPeers();
printFigures();
end();
