import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import {
  BatchTopKSAE,
  GatedSAE,
  JumpReLUSAE,
  KerasAdam,
  KerasSGD,
  kerasArchive,
  type LearningRateSchedule,
  MatryoshkaSAE,
  ReluSAE,
  type SAEModel,
  TopKSAE,
  WarmupCosineDecay,
  WarmupLinearDecay,
} from '../../src';
import type { Dtype } from '../../src/io/bytes/dtypes';
import { float32From } from '../../src/io/bytes/values';
import { type ArrayJSON, apart, arraysOf, disposeModel, tensorOf } from '../io/keras/fixture';
import { adam, type Case, model as caseModel, Figures, read } from '../parity/fixture';

const STEPS = 6;
const figures = new Figures('Training that goes on across Python and here, 6 + 6 steps against 12');
const folder = mkdtempSync(join(tmpdir(), 'gated-sae-interop-'));
afterAll(() => {
  figures.write();
  rmSync(folder, { recursive: true });
});

type Batch = [x: ArrayJSON, y: ArrayJSON | null];

/** A model that both sides train, from where it starts. */
interface Subject {
  name: string;
  make: () => tf.LayersModel;
  batches: Batch[];
}

/** Numbers from -1 to 1, the same for the same seed. */
function random(shape: number[], seed: number): ArrayJSON {
  const next = xoroshiro128plus(seed);
  const size = shape.reduce((product, dim) => product * dim, 1);
  const values = Float32Array.from({ length: size }, () => uniformInt(next, -1e6, 1e6) / 1e6);
  return { shape, dtype: 'float32', base64: Buffer.from(values.buffer).toString('base64') };
}

/** The cases of test/parity: no gate of theirs comes so near 0 that rounding could move it. */
function dictionary(name: string): Subject {
  const fixture = read<Case>(name);
  const make = () => {
    const sae = caseModel(fixture);
    sae.compile({ optimizer: adam(fixture.optimizer) });
    return sae;
  };
  return { name: `GatedSAE, ${name}`, make, batches: fixture.batches.map((x) => [x, null]) };
}

const SIZES = { inputDim: 6, encodingDim: 10, seed: 3 };
const POWER = { penalty: 'lp', p: 0.75, lambdaSparse: 0.05 } as const;
const TANH = { bandwidth: 0.5, penalty: 'tanh', gradientToInput: true } as const;

const cosine = () => new WarmupCosineDecay({ peakLr: 1e-2, warmupSteps: 2, totalSteps: 20 });
/** Its warm-up and its decay are both within the steps that are taken. */
const linear = () =>
  new WarmupLinearDecay({
    peakLr: 1e-2,
    warmupSteps: 2,
    decaySteps: 4,
    totalSteps: 12,
    startLr: 1e-3,
  });

/** Another architecture than the Gated SAE. */
function other(
  name: string,
  create: (sizes: typeof SIZES) => SAEModel,
  schedule: () => LearningRateSchedule = cosine,
  outputDim?: number,
): Subject {
  const make = () => {
    const sae = create(SIZES);
    const learningRate = schedule();
    sae.compile({ optimizer: new KerasAdam({ learningRate, beta1: 0 }) });
    return sae;
  };
  const batches = [1, 2, 3].map(
    (seed): Batch => [
      random([8, 6], seed),
      outputDim === undefined ? null : random([8, outputDim], seed + 9),
    ],
  );
  return { name, make, batches };
}

/** An architecture with targets of another width. */
const transcoder = (name: string, create: (sizes: typeof SIZES) => SAEModel, skip: boolean) =>
  other(name, (sizes) => create({ ...sizes, outputDim: 4, skip } as typeof SIZES), cosine, 4);

/** An ordinary model, smooth everywhere, with what an ordinary optimizer may be set to. */
function ordinary(name: string, optimizer: () => tf.Optimizer): Subject {
  const make = () => {
    const dense = (units: number, more: object) => tf.layers.dense({ units, ...more });
    const model = tf.sequential({
      layers: [
        dense(5, {
          inputShape: [4],
          activation: 'tanh',
          kernelInitializer: tf.initializers.glorotUniform({ seed: 1 }),
        }),
        dense(2, { kernelInitializer: tf.initializers.glorotUniform({ seed: 2 }) }),
      ],
    });
    model.compile({ optimizer: optimizer(), loss: 'meanSquaredError' });
    return model;
  };
  const batches = [4, 5, 6].map((seed): Batch => [random([8, 4], seed), random([8, 2], seed + 9)]);
  return { name, make, batches };
}

/** So that features are dead within a few steps. */
const REVIVAL = { auxK: 3, deadAfter: 8, auxKWeight: 0.5 };

const SUBJECTS: Subject[] = [
  ...['base', 'recipe', 'beta1_zero', 'clip_none'].map(dictionary),
  other('ReluSAE', (sizes) => new ReluSAE(sizes)),
  other('ReluSAE with a linear decay', (sizes) => new ReluSAE(sizes), linear),
  other('ReluSAE with a power', (sizes) => new ReluSAE({ ...sizes, ...POWER })),
  other('ReluSAE with free rows', (sizes) => new ReluSAE({ ...sizes, decoderRows: 'free' })),
  other(
    'TopKSAE with a projection',
    (sizes) => new TopKSAE({ ...sizes, k: 3, projectGradient: true }),
  ),
  other('ReluSAE with norms', (sizes) => new ReluSAE({ ...sizes, penalty: 'l1-decoder-norm' })),
  other(
    'GatedSAE as SAELens trains it',
    (sizes) => new GatedSAE({ ...sizes, loss: 'saelens', lambdaSparse: 0.02 }),
  ),
  other('TopKSAE', (sizes) => new TopKSAE({ ...sizes, k: 3 })),
  other('TopKSAE that revives', (sizes) => new TopKSAE({ ...sizes, k: 2, ...REVIVAL })),
  other(
    'ReluSAE that counts for a resampling',
    (sizes) => new ReluSAE({ ...sizes, resampleEvery: 1000, deadAfter: 8 }),
  ),
  other('BatchTopKSAE', (sizes) => new BatchTopKSAE({ ...sizes, k: 2, thresholdRate: 0.3 })),
  other(
    'MatryoshkaSAE that revives',
    (sizes) => new MatryoshkaSAE({ ...sizes, k: 2, prefixes: [2, 5], ...REVIVAL }),
  ),
  other(
    'ReluSAE of rows of mean norm',
    (sizes) => new ReluSAE({ ...sizes, normalize: 'mean-norm' }),
  ),
  other(
    'TopKSAE of rows by layer norm',
    (sizes) => new TopKSAE({ ...sizes, k: 3, normalize: 'layer-norm', ...REVIVAL }),
  ),
  other(
    'MatryoshkaSAE of rows of equal norm',
    (sizes) => new MatryoshkaSAE({ ...sizes, k: 2, prefixes: [2, 5], normalize: 'constant' }),
  ),
  other(
    'MatryoshkaSAE that draws its prefixes',
    (sizes) => new MatryoshkaSAE({ ...sizes, k: 2, drawnPrefixes: 4, prefixSeed: 5 }),
  ),
  other('JumpReLUSAE that does not centre its rows', (sizes) => {
    return new JumpReLUSAE({ ...sizes, bandwidth: 0.5, centred: false });
  }),
  other('JumpReLUSAE', (sizes) => new JumpReLUSAE({ ...sizes, bandwidth: 0.5 })),
  other(
    'JumpReLUSAE with a target',
    (sizes) => new JumpReLUSAE({ ...sizes, bandwidth: 0.5, targetL0: 4, lambdaSparse: 0.02 }),
  ),
  other(
    'JumpReLUSAE with a loss of dead features',
    (sizes) => new JumpReLUSAE({ ...sizes, bandwidth: 0.5, preActWeight: 0.3, deadAfter: 8 }),
  ),
  other('JumpReLUSAE with a tanh', (sizes) => new JumpReLUSAE({ ...sizes, ...TANH })),
  transcoder('ReluSAE as a transcoder', (sizes) => new ReluSAE(sizes), false),
  transcoder('ReluSAE with a skip', (sizes) => new ReluSAE(sizes), true),
  transcoder('TopKSAE with a skip', (sizes) => new TopKSAE({ ...sizes, k: 3 }), true),
  transcoder(
    'JumpReLUSAE as a transcoder',
    (sizes) => new JumpReLUSAE({ ...sizes, bandwidth: 0.5 }),
    false,
  ),
  {
    ...other('ReluSAE whose weights are averaged', (sizes) => new ReluSAE(sizes)),
    make: () => {
      const sae = new ReluSAE(SIZES);
      const ema = { useEma: true, emaMomentum: 0.7, emaOverwriteFrequency: 4 };
      sae.compile({ optimizer: new KerasAdam({ learningRate: 1e-2, beta1: 0, ...ema }) });
      return sae;
    },
  },
  ordinary(
    'Adam that averages',
    () => new KerasAdam({ learningRate: 1e-2, useEma: true, emaMomentum: 0.8 }),
  ),
  ordinary(
    'SGD that averages, and starts anew from the averages',
    () => new KerasSGD({ learningRate: 0.05, useEma: true, emaOverwriteFrequency: 4 }),
  ),
  ordinary('AdamW', () => new KerasAdam({ learningRate: 1e-2, weightDecay: 0.01 })),
  ordinary('Adam with clipnorm', () => new KerasAdam({ learningRate: 1e-2, clipnorm: 0.05 })),
  ordinary('SGD', () => new KerasSGD({ learningRate: 0.05 })),
  ordinary(
    'SGD with Nesterov',
    () => new KerasSGD({ learningRate: 0.05, momentum: 0.9, nesterov: true }),
  ),
];

const fileOf = (i: number, stage: string) => join(folder, `${i}-${stage}.keras`);
const save = (model: tf.LayersModel, file: string) =>
  model.save(kerasArchive(file), { includeOptimizer: true });

/** Steps here, with what a plain loop of `trainOnBatch` does. */
async function train(model: tf.LayersModel, batches: Batch[], from: number): Promise<void> {
  for (let step = from; step < from + STEPS; step++) {
    const [x, y] = batches[step % batches.length] as Batch;
    const inputs = tensorOf(x);
    if (y === null) {
      await (model as SAEModel).trainOnBatch(inputs);
    } else {
      const targets = tensorOf(y);
      await model.trainOnBatch(inputs, targets);
      targets.dispose();
    }
    inputs.dispose();
  }
}

function python(jobs: object[]): void {
  const list = join(folder, 'jobs.json');
  writeFileSync(list, JSON.stringify(jobs));
  const script = join(__dirname, '..', '..', 'python-interop', 'train_on.py');
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3', CUDA_VISIBLE_DEVICES: '' };
  const run = spawnSync(process.env['GATED_SAE_PYTHON'] ?? 'python3', [script, list], {
    encoding: 'utf8',
    env,
  });
  if (run.status !== 0) throw new Error(run.stderr);
}

async function numbersIn(file: string): Promise<Map<string, Float32Array>> {
  const arrays = await arraysOf(readFileSync(file));
  return new Map(
    [...arrays].map(([path, [dtype, bytes]]) => [path, float32From(dtype as Dtype, bytes)]),
  );
}

beforeAll(async () => {
  const jobs: object[] = [];
  for (const [i, { make, batches }] of SUBJECTS.entries()) {
    const model = make();
    await save(model, fileOf(i, 'start'));
    await train(model, batches, 0);
    await save(model, fileOf(i, 'here'));
    disposeModel(model);
    const job = (load: string, store: string, from: number, steps: number) =>
      jobs.push({ load: fileOf(i, load), save: fileOf(i, store), from, steps, batches });
    job('start', 'python', 0, STEPS);
    job('start', 'python-python', 0, 2 * STEPS);
    job('here', 'here-python', STEPS, STEPS);
  }
  python(jobs);
  for (const [i, { batches }] of SUBJECTS.entries()) {
    const model = await tf.loadLayersModel(
      kerasArchive(fileOf(i, 'python'), { includeOptimizer: true }),
    );
    await train(model, batches, STEPS);
    await save(model, fileOf(i, 'python-here'));
    disposeModel(model);
  }
}, 300_000);

/** Without momentum the first moment is the last gradient to Keras, and nothing at all here. */
const isMoment = (path: string, i: number) =>
  (SUBJECTS[i] as Subject).name.match(
    /recipe|beta1_zero|as SAELens|ReluSAE|TopKSAE|MatryoshkaSAE|JumpReLUSAE/,
  ) !== null && path.startsWith('optimizer/');

test.each(SUBJECTS.map(({ name }, i) => [name, i] as const))('%s', async (name, i) => {
  const expected = await numbersIn(fileOf(i, 'python-python'));
  for (const order of ['here-python', 'python-here']) {
    const ours = await numbersIn(fileOf(i, order));
    expect([...ours.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [path, values] of expected) {
      const difference = apart(ours.get(path) as Float32Array, values);
      if (path.startsWith('optimizer/')) {
        if (!isMoment(path, i))
          figures.within(1e-6, `${order}: optimizer`, difference, `${name} ${path}`);
      } else {
        figures.within(1e-6, `${order}: weights`, difference, `${name} ${path}`);
      }
    }
  }
});

test('a GatedSAE is one on the way back', async () => {
  const model = await tf.loadLayersModel(kerasArchive(fileOf(0, 'python')));
  expect(model).toBeInstanceOf(GatedSAE);
  expect(model.optimizer?.iterations).toBe(STEPS);
  disposeModel(model);
});
