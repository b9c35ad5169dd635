import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The package's two builds in one process, as where one part imports it and another requires it. */
const root = join(__dirname, '..', '..');
const SCRIPT = `
  import { createRequire } from 'node:module';
  import { mkdtemp, rm } from 'node:fs/promises';
  import { tmpdir } from 'node:os';
  import { join } from 'node:path';
  import * as tf from '@tensorflow/tfjs';
  import '@tensorflow/tfjs-backend-wasm';
  import * as esm from 'gated-sae-tfjs';
  import 'gated-sae-tfjs/node';
  const require = createRequire(import.meta.url);
  const cjs = require('gated-sae-tfjs');
  const { fileSystem } = require('gated-sae-tfjs/node');
  await tf.setBackend('wasm');

  const sizes = { inputDim: 4, encodingDim: 8, seed: 1 };
  const refused = (m) => {
    try { new m.GatedSAE({}); } catch (error) { return error; }
  };
  const made = (m) => ({
    SAEError: refused(m),
    GatedSAE: new m.GatedSAE(sizes),
    ReluSAE: new m.ReluSAE(sizes),
    GatedSAELayer: new m.GatedSAELayer({ encodingDim: 8 }),
    ReluSAELayer: new m.ReluSAELayer({ encodingDim: 8 }),
    KerasAdam: new m.KerasAdam(),
    KerasSGD: new m.KerasSGD(),
    WarmupCosineDecay: new m.WarmupCosineDecay({ peakLr: 1, warmupSteps: 0, totalSteps: 9 }),
    Figure: new m.Figure({ svg: '<svg/>', width: 1, height: 1, title: '' }),
  });
  const of = (m) => Object.keys(m).filter((name) => m[name]?.prototype && /^[A-Z]/.test(name));
  const kinds = (m, instances) =>
    Object.fromEntries(
      Object.entries(instances).map(([name, thing]) => [
        name,
        of(m).filter((cls) => thing instanceof m[cls]).sort(),
      ]),
    );

  class Mine extends cjs.GatedSAE { static className = 'Mine'; }
  const train = async (model, optimizer) => {
    model.compile({ optimizer, step: 'sparse' });
    const { history } = await model.fit(tf.ones([8, 4]), { epochs: 2, verbose: 0 });
    return [model.stepTaken.step, history.loss];
  };
  const rate = (m) => new m.WarmupCosineDecay({ peakLr: 0.1, warmupSteps: 0, totalSteps: 9 });
  const folder = await mkdtemp(join(tmpdir(), 'two-builds-'));
  await new esm.GatedSAE(sizes).save('file://' + folder);
  const opened = await tf.loadLayersModel(fileSystem(folder));
  await rm(folder, { recursive: true });
  const decoded = await cjs.decodeKeras(await esm.encodeKeras(new esm.GatedSAE(sizes)));

  const product = () => tf.getKernel('BatchMatMul', 'wasm').kernelFunc;
  esm.useFastMatMul();
  const first = product();
  cjs.useFastMatMul();

  console.log(JSON.stringify({
    own: kinds(esm, made(esm)),
    across: kinds(cjs, made(esm)),
    back: kinds(esm, made(cjs)),
    extended: [new Mine(sizes) instanceof esm.GatedSAE, new esm.GatedSAE(sizes) instanceof Mine],
    alone: await train(new esm.GatedSAE(sizes), new esm.KerasAdam({ learningRate: rate(esm) })),
    mixed: await train(new esm.GatedSAE(sizes), new cjs.KerasAdam({ learningRate: rate(esm) })),
    loaded: [opened, decoded].map((m) => [m instanceof esm.GatedSAE, m instanceof cjs.GatedSAE]),
    sameProduct: product() === first,
    distinct: esm.GatedSAE !== cjs.GatedSAE,
  }));`;

const IS: Readonly<Record<string, string[]>> = {
  SAEError: ['SAEError'],
  GatedSAE: ['GatedSAE', 'SAEModel'],
  ReluSAE: ['ReluSAE', 'SAEModel'],
  GatedSAELayer: ['GatedSAELayer', 'SparseAutoencoderLayer'],
  ReluSAELayer: ['ReluSAELayer', 'SparseAutoencoderLayer'],
  KerasAdam: ['KerasAdam'],
  KerasSGD: ['KerasSGD'],
  WarmupCosineDecay: ['LearningRateSchedule', 'WarmupCosineDecay'],
  Figure: ['Figure'],
};

const run = (script: string) =>
  promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], { cwd: root });

beforeAll(() => {
  if (!existsSync(join(root, 'dist', 'index.cjs'))) throw new Error('Run `npm run build` first.');
});

test('import and require of the package know each other’s classes, work together, and say once that there are two', async () => {
  const { stdout, stderr } = await run(SCRIPT);
  const { alone, mixed, ...rest } = JSON.parse(stdout) as Record<string, unknown>;
  expect(rest).toEqual({
    own: IS,
    across: IS,
    back: IS,
    extended: [true, false],
    loaded: [
      [true, true],
      [true, true],
    ],
    sameProduct: true,
    distinct: true,
  });
  expect((alone as unknown[])[0]).toBe('sparse');
  expect(mixed).toEqual(alone);
  expect(stderr.match(/expected one copy of itself; there are two/g)).toHaveLength(1);
}, 60_000);

test('one build alone, with what only Node has, says nothing', async () => {
  const { stderr } = await run(
    "import '@tensorflow/tfjs'; import { GatedSAE } from 'gated-sae-tfjs'; import 'gated-sae-tfjs/node'; new GatedSAE({ inputDim: 2, encodingDim: 2 });",
  );
  expect(stderr).not.toMatch(/expected one copy/);
}, 60_000);

test('where nothing has loaded a backend of tfjs, it is said what to load', async () => {
  const { stdout } = await run(`
    import { GatedSAE, SAEError } from 'gated-sae-tfjs';
    try { new GatedSAE({ inputDim: 2, encodingDim: 2 }); }
    catch (error) { console.log(error instanceof SAEError, error.message); }`);
  expect(stdout).toBe(
    "true SAE_MISSING GatedSAELayer: expected a backend of tfjs; it is not here. Import '@tensorflow/tfjs' first, or @tensorflow/tfjs-core with one of its backends.\n",
  );
}, 60_000);
