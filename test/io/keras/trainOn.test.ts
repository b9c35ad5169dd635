import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { decodeKeras, encodeKeras, GatedSAE, type SAEModel } from '../../../src';
import type { Dtype } from '../../../src/io/bytes/dtypes';
import { bytesSource } from '../../../src/io/bytes/source';
import { float32From } from '../../../src/io/bytes/values';
import { openArchive } from '../../../src/io/keras/archive';
import { differs, REPEATED } from '../../backends/differences';
import { Figures } from '../../parity/fixture';
import {
  type ArrayJSON,
  apart,
  arraysOf,
  bytesOf,
  disposeModel,
  expectedOf,
  FIXTURES,
  FOLDERS,
  filesIn,
  tensorOf,
} from './fixture';

const shared = join(FIXTURES, 'shared');

/** What Python's gated-sae-tf came to after two more steps on one batch. */
interface TwoSteps {
  batch: ArrayJSON;
  losses: number[][];
  arrays: Record<string, ArrayJSON>;
}

const twoSteps = JSON.parse(
  readFileSync(join(shared, 'gsae_trained_plus2.json'), 'utf8'),
) as TwoSteps;

const figures = new Figures('Two steps from the state in a .keras file of Keras 3.3 to 3.15');
afterAll(() => figures.write());

/** Without momentum the first moment is the last gradient to Keras; nothing is kept of it here. */
const isLastGradient = (name: string, path: string) =>
  /\b(gsae|relu)_trained/.test(name) && /^optimizer\/vars\/\d*[13579]$/.test(path);

const resumable = FOLDERS.flatMap((release) =>
  filesIn(join(FIXTURES, release))
    .map((name) => join(FIXTURES, release, name))
    .filter((file) => expectedOf(file).resume !== undefined),
);

test.each(resumable.map((file) => [relative(FIXTURES, file), file]))('%s', async (name, file) => {
  const { resume } = expectedOf(file);
  const model = (await decodeKeras(readFileSync(file), { includeOptimizer: true })) as SAEModel;
  for (const json of resume?.batches ?? []) {
    const batch = tensorOf(json);
    await model.trainOnBatch(batch);
    batch.dispose();
  }
  const arrays = await arraysOf(await encodeKeras(model, { includeOptimizer: true }));
  const expected = Object.entries(resume?.arrays_after ?? {});
  expect([...arrays.keys()].sort()).toEqual(expected.map(([path]) => path).sort());
  for (const [path, array] of expected) {
    if (isLastGradient(name, path)) continue;
    const [dtype, bytes] = arrays.get(path) as [string, Uint8Array];
    const theirs = float32From(array.dtype as Dtype, bytesOf(array));
    const what = path.startsWith('optimizer/') ? 'optimizer' : 'weights';
    figures.within(
      1e-6,
      what,
      apart(float32From(dtype as Dtype, bytes), theirs),
      `${name} ${path}`,
    );
  }
  disposeModel(model);
});

/** What Keras drops when it opens such a file: it was saved by fit, which writes no build_config. */
test('a model trains on from its optimizer’s state, as Python did without a break', async () => {
  const model = (await decodeKeras(readFileSync(join(shared, 'gsae_trained.keras')))) as GatedSAE;
  const batch = tensorOf(twoSteps.batch);
  for (const losses of twoSteps.losses) {
    const logs = (await model.trainOnBatch(batch)) as number[];
    expect(apart(logs, losses)).toBeLessThan(1e-6);
  }
  batch.dispose();
  const arrays = await arraysOf(await encodeKeras(model));
  for (const [path, expected] of Object.entries(twoSteps.arrays)) {
    const [dtype, bytes] = arrays.get(path) as [string, Uint8Array];
    const ours = float32From(dtype as Dtype, bytes);
    const theirs = float32From('float32', bytesOf(expected));
    if (!isLastGradient('gsae_trained', path))
      expect(`${path} ${apart(ours, theirs) < 1e-6}`).toBe(`${path} true`);
  }
  disposeModel(model);
});

test('it trains on from a file of its own, too', async () => {
  const model = (await decodeKeras(readFileSync(join(shared, 'gsae_trained.keras')))) as GatedSAE;
  const batch = tensorOf(twoSteps.batch);
  await model.trainOnBatch(batch);
  const again = (await decodeKeras(await encodeKeras(model))) as GatedSAE;
  const [ours, theirs] = [await again.trainOnBatch(batch), await model.trainOnBatch(batch)];
  const numbers = (logs: unknown) => [logs].flat() as number[];
  numbers(ours).forEach((log, i) => {
    const other = numbers(theirs)[i] as number;
    expect(Math.abs(log - other)).toBeLessThanOrEqual(differs('repeated') ? REPEATED * other : 0);
  });
  expect(again.optimizer?.iterations).toBe(14);
  batch.dispose();
  for (const one of [model, again]) disposeModel(one);
});

test('where there are no metrics the file says null: Keras takes {} for some, and its fit fails', async () => {
  const sae = new GatedSAE({ inputDim: 3, encodingDim: 5 });
  sae.compile();
  const archive = await openArchive(bytesSource(await encodeKeras(sae)));
  expect(archive.config).toMatchObject({ compile_config: { loss: null, metrics: null } });
  disposeModel(sae);
});
