import * as tf from '@tensorflow/tfjs';
import {
  type AnnealArgs,
  anneal,
  GatedSAE,
  JumpReLUSAE,
  KerasAdam,
  LearningRateSchedule,
  ReluSAE,
  type SAEModel,
  sparsityWarmup,
  TopKSAE,
} from '../../src';
import { rows } from '../conformance/architecture';
import { disposeAll, stateOf, throughKeras, throughMemory } from '../engine/unbroken';
import { read } from '../parity/fixture';

const SIZES = { inputDim: 6, encodingDim: 40, seed: 1 };
const BATCH = 8;
const ARGS = { batchSize: BATCH, shuffle: false, verbose: 0 } as const;
type Step = 'sparse' | 'tensor';
const STEPS: Step[] = ['sparse', 'tensor'];

let x: tf.Tensor2D;
beforeAll(() => {
  x = rows(10 * BATCH);
});
afterAll(() => x.dispose());

function compiled(model: SAEModel, step: Step, learningRate = 0.01): SAEModel {
  model.compile({ optimizer: new KerasAdam({ learningRate }), step });
  return model;
}

const optionOf = (model: SAEModel, option: string) =>
  (model.sae.options as Record<string, unknown>)[option] as number;

describe.each(STEPS)('%s step', (step) => {
  const { coefficient, warm_ups: warmUps } = read<{
    coefficient: number;
    warm_ups: { steps: number; sae_lens: number[]; dictionary_learning: number[] }[];
  }>('peers/schedules');

  test.each(warmUps.filter(({ steps }) => steps > 0).map((run) => [run.steps, run] as const))(
    "a warm-up of %i steps has the peers' λ in each of them",
    async (steps, peers) => {
      const model = compiled(new ReluSAE({ ...SIZES, lambdaSparse: coefficient }), step, 1e-3);
      const taken: number[] = [];
      const onBatchEnd = async (_: number, logs?: tf.Logs) => {
        const { loss, L_reconstruct, L_sparsity } = logs as Record<string, number>;
        taken.push(((loss as number) - (L_reconstruct as number)) / (L_sparsity as number));
        expect(model.sae.options).toEqual({ ...model.sae.options, lambdaSparse: coefficient });
      };
      const callbacks = [sparsityWarmup(steps), { onBatchEnd }] as never;
      const { history } = await model.fit(x, { ...ARGS, epochs: 4, callbacks });
      for (const expected of [peers.sae_lens, peers.dictionary_learning]) {
        expect(taken.length).toBe(expected.length);
        taken.forEach((lambda, i) => {
          expect(lambda).toBeCloseTo(expected[i] as number, 5);
        });
      }
      const last = [9, 19, 29, 39].map((i) => peers.sae_lens[i] as number);
      (history['lambda_sparse'] as number[]).forEach((lambda, epoch) => {
        expect(lambda).toBeCloseTo(last[epoch] as number, 14);
      });
      expect(optionOf(model, 'lambdaSparse')).toBe(coefficient);
      disposeAll(model);
    },
  );

  const CASES: [string, () => SAEModel, string, AnnealArgs][] = [
    ['k', () => new TopKSAE({ ...SIZES, k: 3 }), 'k', { from: 30, steps: 13 }],
    ['k to another', () => new TopKSAE(SIZES), 'k', { from: 30, to: 5, steps: 9, start: 4 }],
    [
      'λ downwards',
      () => new ReluSAE({ ...SIZES, lambdaSparse: 0.1 }),
      'lambdaSparse',
      { from: 0.7, steps: 15 },
    ],
    [
      'α',
      () => new GatedSAE({ ...SIZES, lambdaSparse: 0.1 }),
      'auxWeight',
      { from: 0, to: 1, steps: 15 },
    ],
    [
      'k by some steps at once',
      () => new TopKSAE({ ...SIZES, k: 3 }),
      'k',
      { from: 30, steps: 12, every: 5 },
    ],
    [
      'bandwidth',
      () => new JumpReLUSAE({ ...SIZES, thresholdStart: 0.5 }),
      'bandwidth',
      { from: 2, to: 0.1, steps: 17, start: 1 },
    ],
  ];

  test.each(CASES)('%s: as if it were set before each step', async (_, make, option, args) => {
    const model = compiled(make(), step);
    const to = args.to ?? optionOf(model, option);
    const values: number[] = [];
    const plain = compiled(make(), step);
    for (let i = 0; i < 20; i++) {
      const { start = 0, every = 1 } = args;
      const share = Math.min(1, (every * Math.floor(Math.max(0, i - start) / every)) / args.steps);
      const value = share === 1 ? to : args.from + (to - args.from) * share;
      values.push(option === 'k' ? Math.floor(value) : value);
      plain.setOption(option, values[i]);
      const batch = tf.slice(x, [(i % 10) * BATCH, 0], [BATCH, -1]);
      await plain.trainOnBatch(batch);
      batch.dispose();
    }
    const { history } = await model.fit(x, {
      ...{ ...ARGS, epochs: 2, callbacks: anneal(option, args) },
    });
    expect(await stateOf(model)).toEqual(await stateOf(plain));
    const name = option.replace('S', '_s').replace('W', '_w');
    expect(history[name]).toEqual([values[9], values[19]]);
    expect(optionOf(model, option)).toBe(to);
    // Which is what no training with the option as it is comes to.
    const other = compiled(make(), step);
    other.setOption(option, to);
    await other.fit(x, { ...ARGS, epochs: 2 });
    expect(await stateOf(other)).not.toEqual(await stateOf(plain));
    for (const each of [model, plain, other]) disposeAll(each);
  });

  test('saved in each way and gone on with, it is as if it were not broken off', async () => {
    const make = () => compiled(new TopKSAE({ ...SIZES, k: 3 }), step);
    const callbacks = () => [anneal('k', { from: 30, steps: 27 })];
    const args = { ...ARGS, shuffle: true, seed: 4, epochs: 4 } as const;
    const whole = make();
    await whole.fit(x, { ...args, callbacks: callbacks() });
    const expected = await stateOf(whole);
    disposeAll(whole);

    for (const way of [throughMemory, throughKeras]) {
      const first = make();
      await first.fit(x, { ...args, epochs: 2, callbacks: callbacks() });
      const second = compiledAgain(await way(first), step);
      await second.fit(x, { ...args, initialEpoch: 2, callbacks: callbacks() });
      expect(await stateOf(second)).toEqual(expected);
      for (const each of [first, second]) disposeAll(each);
    }
  });

  test('a step that is taken back takes λ back too', async () => {
    const model = compiled(
      new ReluSAE({ ...SIZES, penalty: 'lp', p: 0.5, lambdaSparse: 0.1 }),
      step,
    );
    const lambdas: number[] = [];
    const watching = {
      onBatchBegin: async (batch: number) => {
        if (batch === 3) (model.optimizer as KerasAdam).learningRate = 1e25; // the next loss overflows
      },
      onBatchEnd: async () => void lambdas.push(optionOf(model, 'lambdaSparse')),
    };
    const annealing = anneal('p', { from: 1, steps: 9, keepPenalty: true });
    const callbacks = [annealing, watching] as never;
    await expect(model.fit(x, { ...ARGS, callbacks })).rejects.toThrow('SAE_NOT_FINITE');
    expect(model.optimizer.iterations).toBe(3);
    expect(lambdas[3]).not.toBe(lambdas[2]);
    expect(optionOf(model, 'lambdaSparse')).toBe(lambdas[2]);
    disposeAll(model);
  });

  test('where no code is above 0 there is no penalty to keep, and λ stays', async () => {
    const model = new ReluSAE({ ...SIZES, penalty: 'lp', lambdaSparse: 0.1 });
    tf.tidy(() => void model.sae.bEnc.write(tf.sub(model.sae.bEnc.read(), 100)));
    compiled(model, step);
    const callbacks = anneal('p', { from: 1, to: 0.5, steps: 5, keepPenalty: true });
    const { history } = await model.fit(x, { ...ARGS, callbacks });
    expect(history['lambda_sparse']).toEqual([0.1]);
    disposeAll(model);
  });

  test('what the model is measured with between its steps is its own λ', async () => {
    const model = compiled(new ReluSAE({ ...SIZES, lambdaSparse: 0.5 }), step);
    const callbacks = sparsityWarmup(1000);
    const { history } = await model.fit(x, { ...ARGS, validationData: x, callbacks });
    const [loss, reconstruct, sparsity] = ['val_loss', 'val_L_reconstruct', 'val_L_sparsity'].map(
      (name) => (history[name] as number[])[0] as number,
    ) as [number, number, number];
    expect((loss - reconstruct) / sparsity).toBeCloseTo(0.5, 5);
    disposeAll(model);
  });

  test('what somebody sets during a step stays', async () => {
    const model = new ReluSAE({ ...SIZES, lambdaSparse: 0.5 });
    /** Sets λ when a step asks for its rate. */
    class Setting extends LearningRateSchedule {
      static readonly className = 'Setting';
      at(iterations: number): number {
        if (iterations === 2) model.setLambda(0.25);
        return 0.01;
      }
      getConfig() {
        return {};
      }
    }
    model.compile({ optimizer: new KerasAdam({ learningRate: new Setting() }), step });
    const { history } = await model.fit(x, { ...ARGS, callbacks: sparsityWarmup(9) });
    expect(optionOf(model, 'lambdaSparse')).toBe(0.25);
    expect(history['lambda_sparse']).toEqual([0.25]);
    disposeAll(model);
  });
});

function compiledAgain(model: SAEModel, step: Step): SAEModel {
  model.compile({ optimizer: model.optimizer, step });
  return model;
}

test('a warm-up goes together with λ that changes', async () => {
  const model = compiled(new ReluSAE(SIZES), 'tensor');
  const callbacks = [anneal('lambdaSparse', { from: 1, to: 0.5, steps: 20 }), sparsityWarmup(40)];
  const { history } = await model.fit(x, { ...ARGS, epochs: 4, callbacks });
  const at = (step: number) => (1 - 0.5 * Math.min(1, step / 20)) * Math.min(1, step / 40);
  (history['lambda_sparse'] as number[]).forEach((lambda, epoch) => {
    expect(lambda).toBeCloseTo(at(10 * epoch + 9), 14);
  });
  disposeAll(model);
});

test('what is wrong is said before training begins, and changes nothing', async () => {
  await expect(() => sparsityWarmup(0)).toBeRefused(
    'SAE_OPTION',
    'sparsityWarmup.steps',
    'expected a positive integer; received 0.',
  );
  for (const every of [0, 1.5, -1]) {
    expect(() => anneal('k', { from: 3, steps: 4, every })).toThrow(/^SAE_OPTION anneal\.every/);
  }
  expect(() => anneal('k', { from: 3, steps: 4, keepPenalty: 1 as never })).toThrow(
    'true or false',
  );
  expect(() => anneal('k', { from: 3, step: 4 } as never)).toThrow('Did you mean "steps"?');
  await expect(() => anneal('k', { from: Number.NaN, steps: 4 })).toBeRefused(
    'SAE_OPTION',
    'anneal.from',
    'expected a finite number; received NaN.',
  );
  const topk = new TopKSAE({ ...SIZES, k: 4 });
  const jump = new JumpReLUSAE(SIZES);
  for (const [model, callback, message] of [
    [topk, sparsityWarmup(3), /^SAE_OPTION TopKSAELayer.*lambdaSparse/],
    [
      topk,
      anneal('k', { from: 8, steps: 4, keepPenalty: true }),
      /^SAE_OPTION TopKSAELayer.*lambdaSparse/,
    ],
    [topk, anneal('kk', { from: 3, steps: 4 }), /^SAE_OPTION TopKSAELayer.*Did you mean "k"\?/],
    [topk, anneal('k', { from: 41, steps: 4 }), /^SAE_OPTION TopKSAELayer.k: expected at most/],
    [topk, anneal('k', { from: 8, to: 1.5, steps: 4 }), /^SAE_OPTION TopKSAELayer.k: expected/],
    [
      jump,
      anneal('targetL0', { from: 8, steps: 4 }),
      /^SAE_OPTION anneal.to: expected a number, for targetL0 of the model is none; received null/,
    ],
  ] as const) {
    const before = { ...model.sae.options };
    compiled(model, 'tensor');
    await expect(model.fit(x, { ...ARGS, callbacks: callback })).rejects.toThrow(message);
    expect(model.sae.options).toEqual(before);
    expect(model.stepOptions.logs).toEqual({});
    await model.fit(x, ARGS);
    model.optimizer.dispose();
  }
  for (const model of [topk, jump]) model.dispose();
  const dense = tf.sequential({ layers: [tf.layers.dense({ units: 6, inputShape: [6] })] });
  dense.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  await expect(dense.fit(x, x, { verbose: 0, callbacks: sparsityWarmup(2) })).toBeRefused(
    'SAE_STATE',
    'sparsityWarmup',
    'expected training of a sparse autoencoder of this library',
  );
  dense.optimizer.dispose();
  dense.dispose();
});

test.each([
  ['sparsityWarmup', () => sparsityWarmup(5)],
  ['anneal', () => anneal('lambdaSparse', { from: 0, steps: 5 })],
])('%s of a λ that targetL0 steers is refused', async (where, make) => {
  const model = compiled(new ReluSAE({ ...SIZES, targetL0: 4 }), 'tensor');
  await expect(model.fit(x, { ...ARGS, callbacks: make() })).toBeRefused('SAE_OPTION', where);
  expect(model.optimizer.iterations).toBe(0);
  disposeAll(model);
});
