import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import {
  ARCHITECTURES,
  type Architecture,
  KerasAdam,
  type SAEModel,
  type StepName,
} from '../../src';
import { differs } from '../backends/differences';
import { FORMS, rows, type Subject, stir, values } from '../conformance/architecture';

/** The architectures that have kernels, with each of their losses. */
const WITH_KERNELS = new Map(FORMS.filter(([, { steps }]) => steps.includes('sparse')));

/** One problem: sizes with every kind of remainder, and every option of the optimizer. */
const problem = fc.record({
  architecture: fc.constantFrom(...WITH_KERNELS.keys()),
  inputDim: fc.integer({ min: 1, max: 40 }),
  encodingDim: fc.integer({ min: 1, max: 90 }),
  batches: fc.array(fc.integer({ min: 1, max: 23 }), { minLength: 1, maxLength: 4 }),
  threads: fc.integer({ min: 1, max: 3 }),
  // From no active feature through a few to all of them.
  shift: fc.constantFrom<number>(-50, -1, 0, 1, 50),
  beta1: fc.constantFrom(0, 0.9),
  beta2: fc.constantFrom(0.9, 0.999),
  epsilon: fc.constantFrom(1e-7, 1e-2),
  clipNorm: fc.constantFrom(null, 0.1, 1),
  globalClipnorm: fc.constantFrom(null, 0.05),
  ownTarget: fc.boolean(),
  // Of all but the Gated SAE, whose loss says it.
  decoderRows: fc.constantFrom<('unit' | 'free')[]>('unit', 'free'),
  // Of those whose rows are not free.
  projectGradient: fc.boolean(),
  // What architectures take of their own, where they do.
  own: fc.record({
    lambdaSparse: fc.constantFrom(0, 0.02),
    k: fc.integer({ min: 1, max: 90 }),
    bandwidth: fc.constantFrom(0.05, 2),
    targetL0: fc.constantFrom(null, 1),
    gradientToInput: fc.boolean(),
  }),
});
type Problem = (typeof problem extends fc.Arbitrary<infer T> ? T : never) & {
  /** Of transcoders alone. */
  outputDim?: number;
  skip?: boolean;
};

/** The first vector of each architecture's encoder: what it takes for a feature to be active. */
const threshold = (sae: SAEModel) => sae.weights[1] as tf.LayerVariable;

function made(given: Problem, step: StepName) {
  const { architecture, inputDim, encodingDim, threads, clipNorm, shift } = given;
  const { name, form } = WITH_KERNELS.get(architecture) as Subject;
  const { model, optionNames } = ARCHITECTURES[name] as Architecture;
  const Model = model as new (args: object) => SAEModel;
  const options = { ...given.own, k: Math.min(given.own.k, encodingDim) };
  // A target is not of every penalty.
  const isOwn = (one: string) =>
    optionNames.includes(one) && !(one === 'targetL0' && form['penalty'] !== undefined);
  const own = Object.entries(options).filter(([one]) => isOwn(one));
  // Of the nested dictionaries of ten features, as many as there are features.
  const { drawnPrefixes } = form as { drawnPrefixes?: number };
  if (drawnPrefixes !== undefined) {
    const count = Math.min(drawnPrefixes, encodingDim);
    if (count < 2) return made({ ...given, architecture: name }, step);
    own.push(['drawnPrefixes', count]);
  }
  const { outputDim, skip } = given;
  const output = { ...(outputDim !== undefined && { outputDim }), ...(skip && { skip }) };
  const decoderRows = name === 'gated' ? undefined : given.decoderRows;
  const isFree = decoderRows === 'free' || form['loss'] === 'saelens';
  const ofRows = { decoderRows, projectGradient: given.projectGradient && !isFree };
  const sizes = { inputDim, encodingDim, ...output, ...ofRows, clipNorm, seed: 1 };
  const sae = new Model({ ...sizes, ...form, ...Object.fromEntries(own) });
  stir(sae.sae);
  tf.tidy(() => void threshold(sae).write(tf.add(threshold(sae).read(), shift)));
  const { beta1, beta2, epsilon, globalClipnorm } = given;
  const args = { learningRate: 0.01, beta1, beta2, epsilon, globalClipnorm };
  const optimizer = new KerasAdam(args);
  sae.compile({ optimizer, step, ...(step === 'sparse' && { threads }) });
  return { sae, optimizer };
}

/** The logs of each step, then all weights and moments. */
async function trained(given: Problem, step: StepName) {
  const { sae, optimizer } = made(given, step);
  const logs: number[][] = [];
  for (const [i, batch] of given.batches.entries()) {
    const x = rows(batch, i + 1, given.inputDim);
    const { inputDim, outputDim = inputDim } = given;
    const isOwn = given.ownTarget || given.outputDim !== undefined;
    const y = isOwn ? rows(batch, i + 50, outputDim) : x;
    logs.push((await sae.trainOnBatch(x, y)) as number[]);
    tf.dispose([x, y]);
  }
  expect(sae.stepTaken?.step).toBe(step);
  const weights = sae.getWeights().map(values);
  const moments = (await optimizer.getWeights()).map(({ tensor }) => values(tensor));
  sae.dispose();
  optimizer.dispose();
  return { logs, weights, moments };
}

/** What the library has warned of; backends have warnings of their own. */
const warningsOf = (warn: jest.SpyInstance) =>
  warn.mock.calls.flat().filter((text) => /trains with/.test(text as string));

function expectNear(ours: number[][], theirs: number[][], tolerance: number): void {
  expect(ours.map((list) => list.length)).toEqual(theirs.map((list) => list.length));
  const size = Math.max(1, ...theirs.flat().map(Math.abs));
  ours.forEach((list, i) => {
    list.forEach((value, k) => {
      const apart = Math.abs(value - (theirs[i]?.[k] as number));
      if (!(apart <= tolerance * size)) throw new Error(`[${i}][${k}] differs by ${apart}`);
    });
  });
}

test('the sparse step is the tensor step, whatever the sizes, densities and options', async () => {
  await fc.assert(
    fc.asyncProperty(problem, async (given) => {
      const [sparse, tensor] = [await trained(given, 'sparse'), await trained(given, 'tensor')];
      expectNear(sparse.logs, tensor.logs, 1e-5);
      expectNear(sparse.weights, tensor.weights, 1e-5);
      expectNear(sparse.moments, tensor.moments, 1e-5);
    }),
    { numRuns: differs('fewerProblems') ? 8 : 80, seed: 7 },
  );
}, 240_000);

test('and of transcoders, narrower and wider than their input, with a skip connection and without', async () => {
  const width = fc.integer({ min: 1, max: 60 });
  const given = fc
    .tuple(problem, width, fc.boolean())
    .map(([one, outputDim, skip]) => ({ ...one, outputDim, skip }));
  await fc.assert(
    fc.asyncProperty(given, async (transcoder) => {
      const sparse = await trained(transcoder, 'sparse');
      const tensor = await trained(transcoder, 'tensor');
      expectNear(sparse.logs, tensor.logs, 1e-5);
      expectNear(sparse.weights, tensor.weights, 1e-5);
      expectNear(sparse.moments, tensor.moments, 1e-5);
    }),
    { numRuns: differs('fewerProblems') ? 6 : 60, seed: 7 },
  );
}, 240_000);

const PLAIN: Problem = {
  architecture: 'gated',
  inputDim: 24,
  encodingDim: 100,
  batches: [32, 32, 32, 32, 32, 32],
  threads: 1,
  shift: -0.5,
  beta1: 0,
  beta2: 0.999,
  epsilon: 1e-7,
  clipNorm: 1,
  globalClipnorm: null,
  ownTarget: false,
  decoderRows: 'unit',
  projectGradient: false,
  own: { lambdaSparse: 0.02, k: 10, bandwidth: 0.05, targetL0: null, gradientToInput: false },
};

test.each([1, 2, 3])(
  'from run to run it is the same bit for bit, on %i threads',
  async (threads) => {
    const [first, second] = [1, 2].map(() => trained({ ...PLAIN, threads }, 'sparse'));
    expect(await second).toEqual(await first);
  },
);

test('a skip connection has the same bits on any number of threads', async () => {
  const transcoder = { ...PLAIN, outputDim: 37, skip: true };
  const [one, ...others] = [1, 2, 3].map((threads) =>
    trained({ ...transcoder, threads }, 'sparse'),
  );
  for (const other of others) expect(await other).toEqual(await one);
});

describe('state', () => {
  const x = () => rows(32, 5, 24);
  const near = (a: SAEModel, b: SAEModel, tolerance = 1e-5) =>
    expectNear(a.getWeights().map(values), b.getWeights().map(values), tolerance);

  /** The same changes and steps by both bodies. */
  async function both(
    act: (sae: SAEModel, optimizer: KerasAdam, x: tf.Tensor) => Promise<unknown>,
  ) {
    const models = (['sparse', 'tensor'] as const).map((step) => made(PLAIN, step));
    const data = x();
    for (const { sae, optimizer } of models) await act(sae, optimizer, data);
    const [sparse, tensor] = models as [(typeof models)[0], (typeof models)[0]];
    near(sparse.sae, tensor.sae);
    data.dispose();
    for (const { sae, optimizer } of models) {
      sae.dispose();
      optimizer.dispose();
    }
  }

  test('weights set from outside, a variable assigned, a new λ, a new rate count from the next step', async () => {
    await both(async (sae, optimizer, data) => {
      await sae.trainOnBatch(data);
      tf.tidy(() => sae.setWeights(sae.getWeights().map((w) => tf.mul(w, 1.1))));
      await sae.trainOnBatch(data);
      const bias = sae.sae.bDec.read() as tf.Variable;
      tf.tidy(() => bias.assign(tf.add(bias, 0.25)));
      await sae.trainOnBatch(data);
      sae.setLambda(0.3);
      await sae.trainOnBatch(data);
      optimizer.learningRate = 0.002;
      await sae.trainOnBatch(data);
    });
  });

  test('another optimizer, and the first one again, each with its own moments', async () => {
    await both(async (sae, optimizer, data) => {
      const step = sae.stepTaken?.step ?? 'auto';
      const other = new KerasAdam({ beta1: 0.5, learningRate: 0.003 });
      for (let i = 0; i < 2; i++) await sae.trainOnBatch(data);
      sae.compile({ optimizer: other, step });
      for (let i = 0; i < 2; i++) await sae.trainOnBatch(data);
      sae.compile({ optimizer, step });
      for (let i = 0; i < 2; i++) await sae.trainOnBatch(data);
      other.dispose();
    });
  });

  test('features that fire seldom: moments decay as if each step had touched them', async () => {
    const change = (sae: SAEModel, by: number) =>
      tf.tidy(() => void threshold(sae).write(tf.add(threshold(sae).read(), by)));
    await both(async (sae, optimizer, data) => {
      await sae.trainOnBatch(data);
      change(sae, -100); // none is active
      for (let i = 0; i < 5; i++) await sae.trainOnBatch(data);
      expect(await optimizer.getWeights()).toHaveLength(7);
      for (let i = 0; i < 3; i++) await sae.trainOnBatch(data);
      change(sae, 100);
      await sae.trainOnBatch(data);
    });
  });

  test('reading the state between steps changes no bit, and nothing that it made is left', async () => {
    const data = x();
    const [read, unread] = [made(PLAIN, 'sparse'), made(PLAIN, 'sparse')];
    for (let i = 0; i < 6; i++) {
      for (const { sae } of [read, unread]) await sae.trainOnBatch(data);
      // Twice, and not after each step: a copy is of its step alone.
      if (i % 2 === 0) for (const _ of [1, 2]) await read.optimizer.getWeights();
    }
    const { numTensors } = tf.memory();
    await read.optimizer.getWeights();
    const copied = tf.memory().numTensors - numTensors;
    await read.sae.trainOnBatch(data);
    await unread.sae.trainOnBatch(data);
    expect(copied).toBeGreaterThan(0);
    expect(tf.memory().numTensors).toBe(numTensors);
    const states = [read, unread].map(async ({ sae, optimizer }) => [
      ...sae.getWeights().map(values),
      ...(await optimizer.getWeights()).map(({ tensor }) => values(tensor)),
    ]);
    const [a, b] = await Promise.all(states);
    expect(a).toEqual(b);
    data.dispose();
    for (const { sae, optimizer } of [read, unread]) {
      sae.dispose();
      optimizer.dispose();
    }
  });

  test('a variable that was taken earlier shows the last sync; all else what is newest', async () => {
    const { sae, optimizer } = made(PLAIN, 'sparse');
    const data = x();
    const taken = sae.sae.wDec;
    const before = values(taken.read());
    await sae.trainOnBatch(data);
    expect(values(taken.read())).toEqual(before);
    sae.sync();
    const after = values(taken.read());
    expect(after).not.toEqual(before);
    await sae.trainOnBatch(data);
    expect(values(taken.read())).toEqual(after);
    const newest = values(sae.getWeights()[4] as tf.Tensor);
    expect(newest).not.toEqual(after);
    expect(values(sae.sae.wDec.read())).toEqual(newest);
    data.dispose();
    sae.dispose();
    optimizer.dispose();
  });

  test('callbacks that look see the weights of their step; after an epoch variables are up to date', async () => {
    const { sae, optimizer } = made(PLAIN, 'sparse');
    const other = made(PLAIN, 'tensor');
    const data = x();
    const seen = async (model: SAEModel) => {
      const looks: number[][] = [];
      const taken = model.sae.wDec;
      const look = () => {
        const codes = model.encode(data);
        looks.push(values(codes), values(model.getWeights()[0] as tf.Tensor));
        codes.dispose();
      };
      await model.fit(data, {
        epochs: 2,
        batchSize: 16,
        shuffle: false,
        verbose: 0,
        validationData: data,
        callbacks: { onBatchEnd: look, onEpochEnd: () => void looks.push(values(taken.read())) },
      } as never);
      return looks;
    };
    const [ours, theirs] = [await seen(sae), await seen(other.sae)];
    expect(ours).toHaveLength(10);
    expectNear(ours, theirs, 1e-5);
    data.dispose();
    for (const each of [sae, optimizer, other.sae, other.optimizer]) each.dispose();
  });

  test('a frozen weight or another optimizer: the tensor step, or a clear refusal', async () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => {});
    const { sae, optimizer } = made(PLAIN, 'auto');
    const data = x();
    await sae.trainOnBatch(data);
    if (!differs('sparseIsNotFaster')) {
      expect(sae.stepTaken).toMatchObject({ step: 'sparse', threads: 1 });
    }
    sae.sae.bDec.trainable = false;
    const before = values(sae.sae.bDec.read());
    const sgd = tf.train.sgd(0.1);
    sae.compile({ optimizer: sgd });
    await sae.trainOnBatch(data);
    await sae.trainOnBatch(data);
    expect(sae.stepTaken).toEqual({ step: 'tensor' });
    expect(values(sae.sae.bDec.read())).toEqual(before);
    expect(warningsOf(warn)).toEqual(
      // once
      differs('sparseIsNotFaster')
        ? []
        : [expect.stringMatching(/slower tensor step: .*not KerasAdam/)],
    );
    sae.compile({ optimizer, step: 'sparse' });
    await expect(sae.trainOnBatch(data)).rejects.toThrow(/SAE_STATE.*weights that are frozen/);
    warn.mockRestore();
    data.dispose();
    for (const each of [sae, optimizer, sgd]) each.dispose();
  });

  test('a first moment from a file: the tensor step keeps it, the sparse step leaves it out', async () => {
    const after: number[][][] = [];
    for (const step of ['tensor', 'sparse'] as const) {
      const { sae, optimizer } = made(PLAIN, step);
      const data = x();
      await sae.trainOnBatch(data);
      const [iterations, ...moments] = await optimizer.getWeights();
      const withM = moments.flatMap(({ name, tensor }) => [
        { name: name.replace(/v$/, 'm'), tensor: tf.zerosLike(tensor) },
        { name, tensor },
      ]);
      await optimizer.setWeights([iterations as (typeof withM)[0], ...withM]);
      tf.dispose(withM.filter(({ name }) => name.endsWith('/m')).map(({ tensor }) => tensor));
      expect(await optimizer.getWeights()).toHaveLength(13);
      for (let i = 0; i < 2; i++) await sae.trainOnBatch(data);
      after.push(sae.getWeights().map(values));
      const kinds = (await optimizer.getWeights()).map(({ name }) => name.split('/').at(-1));
      expect(kinds.filter((kind) => kind === 'm')).toHaveLength(step === 'tensor' ? 6 : 0);
      expect(kinds.filter((kind) => kind === 'v')).toHaveLength(6);
      data.dispose();
      sae.dispose();
      optimizer.dispose();
    }
    expectNear(after[1] ?? [], after[0] ?? [], 1e-5);
  });

  test.each([{ weightDecay: 0.1 }, { clipnorm: 1 }, { clipvalue: 0.1 }])(
    '%j: the tensor step, or a clear refusal',
    async (options) => {
      const warn = jest.spyOn(console, 'warn').mockImplementation(() => {});
      const { sae, optimizer } = made(PLAIN, 'auto');
      const dense = new KerasAdam(options);
      const data = x();
      const [option] = Object.keys(options);
      sae.compile({ optimizer: dense });
      await sae.trainOnBatch(data);
      expect(sae.stepTaken).toEqual({ step: 'tensor' });
      expect(warningsOf(warn)).toEqual(
        differs('sparseIsNotFaster')
          ? []
          : [expect.stringContaining(`slower tensor step: an optimizer with ${option}.`)],
      );
      sae.compile({ optimizer: dense, step: 'sparse' });
      await expect(sae.trainOnBatch(data)).rejects.toThrow(
        `expected what step: 'sparse' needs; received "an optimizer with ${option}".`,
      );
      warn.mockRestore();
      data.dispose();
      for (const each of [sae, optimizer, dense]) each.dispose();
    },
  );

  test('a decay of 0 is none', async () => {
    const { sae, optimizer } = made(PLAIN, 'auto');
    const decayed = new KerasAdam({ weightDecay: 0 });
    const data = x();
    sae.compile({ optimizer: decayed, step: 'sparse', threads: 1 });
    await sae.trainOnBatch(data);
    expect(sae.stepTaken?.step).toBe('sparse');
    data.dispose();
    for (const each of [sae, optimizer, decayed]) each.dispose();
  });

  test('memory grows with the active pairs, not with batch × features', async () => {
    const held = async (shift: number) => {
      const sizes = { inputDim: 16, encodingDim: 4096, batches: [512] };
      const { sae, optimizer } = made({ ...PLAIN, ...sizes, shift }, 'sparse');
      const data = rows(512, 1, 16);
      for (let i = 0; i < 3; i++) await sae.trainOnBatch(data);
      const { kernels: kept } = sae as unknown as { kernels: { bytes: number } };
      const { bytes } = kept;
      data.dispose();
      sae.dispose();
      optimizer.dispose();
      return bytes;
    };
    const [few, all] = [await held(-50), await held(50)];
    expect(few).toBeLessThan(8e6);
    expect(all).toBeGreaterThan(few + 512 * 4096 * 20); // so the measure does tell
  });
});
