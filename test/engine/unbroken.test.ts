import * as tf from '@tensorflow/tfjs';
import { KerasAdam, type SAEModel } from '../../src';
import { rows, SUBJECTS } from '../conformance/architecture';
import {
  begun,
  differing,
  disposeAll,
  INPUT_DIM,
  RUNS,
  STEPS,
  stateOf,
  throughKeras,
  throughMemory,
  train,
  trained,
} from './unbroken';

/** Places of every kind: before the first step, twice at once, odd ones, before a short batch. */
const BREAKS = {
  sparse: [0, 1, 2, 2, 9, 15, 23, 41, 42, 75],
  tensor: [0, 1, 2, 2, 7, 8, 12],
};

describe.each(RUNS)('%s', (_, run) => {
  let unbroken: Map<string, Uint32Array>;

  beforeAll(async () => {
    unbroken = await trained(run);
  });

  test('saved and loaded at any step, it goes on as if there had been no break', async () => {
    expect(unbroken.get('iter 0')?.[0]).toBe(STEPS[run.step]);
    const broken = await trained(run, BREAKS[run.step], [throughMemory, throughKeras]);
    expect(differing(broken, unbroken)).toEqual({});
  });

  test('to look at it, to save it and to encode with it leaves its numbers as they are', async () => {
    const model = begun(run);
    const x = rows(70, 3, INPUT_DIM);
    const looks: ((model: SAEModel) => Promise<unknown>)[] = [
      (sae) => stateOf(sae),
      (sae) => sae.optimizer.getWeights(),
      async (sae) => sae.sync(),
      async (sae) => disposeAll(await throughMemory(sae)),
      (sae) => sae.encodeSparse(x),
      async (sae) => tf.dispose(await sae.reconstruct(x)),
      async (sae) => tf.dispose([sae.encode(x), sae.predict(x)]),
      async (sae) => tf.dispose(sae.evaluate(x, { batchSize: 70 })),
      (sae) => throughKeras(sae).then(disposeAll),
    ];
    for (let step = 0; step < STEPS[run.step]; step++) {
      await train(model, step, step + 1);
      await looks[step % looks.length]?.(model);
    }
    const state = await stateOf(model);
    x.dispose();
    disposeAll(model);
    expect(differing(state, unbroken)).toEqual({});
  });
});

/** Rows of 160 are more than are decoded together. */
test('the sparse step is the same bit for bit on any number of threads, after any other batch', async () => {
  for (const [architecture, { steps }] of SUBJECTS) {
    if (!steps.includes('sparse')) continue;
    const states: Map<string, Uint32Array>[] = [];
    for (const [threads, first] of [
      [1, 160],
      [1, 700],
      [2, 3],
      [3, 160],
    ] as const) {
      const optimizer = () => new KerasAdam({ learningRate: 0.01, beta1: 0 });
      const model = begun({ architecture, step: 'sparse', optimizer, threads });
      const [other, x] = [rows(first, 5, INPUT_DIM), rows(160, 6, INPUT_DIM)];
      await model.trainOnBatch(x);
      tf.dispose(await model.reconstruct(other));
      for (let step = 0; step < 5; step++) await model.trainOnBatch(x);
      states.push(await stateOf(model));
      tf.dispose([other, x]);
      disposeAll(model);
    }
    const [one, ...others] = states as [Map<string, Uint32Array>];
    for (const state of others) expect(differing(state, one)).toEqual({});
  }
}, 240_000);
