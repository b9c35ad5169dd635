/** Test files that compute run on WebGL and WebGPU too, in pages: what is of Node alone does not get there. */
import { test } from 'node:test';
import { NUMERIC_FILES } from '../backends/numericFiles.mts';
import { bundle } from './numeric/bundle.mts';

test('every test file of the numeric rooms can be put into a page', async () => {
  await bundle('all', NUMERIC_FILES);
});
