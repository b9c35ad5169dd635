import * as tf from '@tensorflow/tfjs';
import { KerasAdam, type SAEModel } from '../../src';
import { INPUT_DIM, rows, SUBJECTS, values } from '../conformance/architecture';
import { throughKeras, throughMemory } from './unbroken';

const STEPS = SUBJECTS.flatMap(([name, subject]) =>
  subject.steps.map((step) => [`${name}, ${step}`, { subject, step }] as const),
);

/** Tensors and bytes that are there after each of so many cycles. */
async function cycles(count: number, cycle: () => Promise<void>): Promise<Set<string>> {
  const held = new Set<string>();
  for (let i = 0; i < count; i++) {
    await cycle();
    const { numTensors, numBytes } = tf.memory();
    held.add(`${numTensors} tensors, ${numBytes} bytes`);
  }
  return held;
}

describe.each(STEPS)('%s', (_, { subject, step }) => {
  // Two hundred once; of the others as many as show what each leaves.
  const count = step === 'sparse' && subject === SUBJECTS[0]?.[1] ? 200 : 10;
  const train = async (model: SAEModel) => {
    const x = rows(8, 1, INPUT_DIM);
    await model.fit(x, { batchSize: 4, verbose: 0 });
    x.dispose();
  };

  test(`${count} models made, compiled, trained and disposed leave nothing`, async () => {
    const before = tf.memory();
    const held = await cycles(count, async () => {
      const model = subject.model();
      model.compile({ step, metrics: ['mse'] });
      await train(model);
      model.dispose();
    });
    expect([...held]).toEqual([`${before.numTensors} tensors, ${before.numBytes} bytes`]);
  }, 240_000);

  test('nor do those that are saved and loaded, or compiled more than once', async () => {
    const before = tf.memory();
    const held = await cycles(6, async () => {
      const model = subject.model();
      model.compile({ step });
      await train(model);
      model.compile({ step });
      await train(model);
      for (const way of [throughMemory, throughKeras]) {
        const loaded = await way(model);
        await train(loaded);
        loaded.compile({ optimizer: loaded.optimizer, step });
        await train(loaded);
        loaded.dispose();
      }
      model.dispose();
    });
    expect([...held]).toEqual([`${before.numTensors} tensors, ${before.numBytes} bytes`]);
  });

  test('an optimizer that the caller has given is the caller’s, and trains on', async () => {
    const before = tf.memory().numTensors;
    const optimizer = new KerasAdam({ beta1: 0 });
    const [one, two] = [subject.model(), subject.model()];
    one.compile({ optimizer, step });
    await train(one);
    one.dispose();
    expect(optimizer.iterations).toBe(2);
    const [, moment] = await optimizer.getWeights();
    expect(values(moment?.tensor as tf.Tensor)).not.toContain(Number.NaN);
    optimizer.dispose();
    two.compile({ optimizer, step });
    await train(two);
    two.dispose();
    optimizer.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

test.each(['sgd', 'adam', 'adagrad', 'adadelta', 'rmsprop', 'adamax'])(
  'an optimizer by its name is the model’s: %s',
  async (optimizer) => {
    const [[, subject]] = SUBJECTS as [(typeof SUBJECTS)[0]];
    const before = tf.memory();
    const held = await cycles(3, async () => {
      const model = subject.model();
      model.compile({ optimizer, step: 'tensor' });
      const x = rows(8, 1, INPUT_DIM);
      await model.fit(x, { verbose: 0 });
      x.dispose();
      model.dispose();
    });
    expect([...held]).toEqual([`${before.numTensors} tensors, ${before.numBytes} bytes`]);
  },
);
