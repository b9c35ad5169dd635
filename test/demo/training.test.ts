import * as tf from '@tensorflow/tfjs';
import { History } from '../../docs/demo/src/page/charts/history';
import type { Settings, Survey } from '../../docs/demo/src/protocol';
import { OneAtATime } from '../../docs/demo/src/worker/oneAtATime';
import { Training } from '../../docs/demo/src/worker/training';

// Node's message channels would keep the tests from ending.
jest.mock('../../docs/demo/src/worker/turn', () => ({
  turn: () => new Promise((resolve) => setTimeout(resolve)),
}));

const PIXELS = 784;
const SETTINGS: Settings = {
  architecture: 'gated',
  features: 12,
  epochs: 3,
  batchSize: 8,
  rival: null,
  goOn: false,
  sparsity: { by: 'lambda', value: 0.05 },
  learningRate: 1e-2,
  seed: 1,
};
const images = Uint8Array.from({ length: 24 * PIXELS }, (_, i) => (i * i) % 251);
const start = (turns = new OneAtATime()) => new Training(SETTINGS, images, turns);
const later = () => new Promise((resolve) => setTimeout(resolve, 2));

/** Runs a training that `between` looks at, and disposes all of it. */
async function run(training: Training, between: (step: number) => Promise<void>) {
  try {
    return await training.run(({ step }) => between(step));
  } finally {
    training.model.optimizer.dispose();
    training.model.dispose();
  }
}

test('each step waits for whoever has the model: what is saved is of one step', async () => {
  const turns = new OneAtATime();
  const training = start(turns);
  const looks: Promise<void>[] = [];
  let changes = 0;
  const end = await run(training, async (step) => {
    if (step > 5) return;
    // As a message that comes in: nobody waits for it here.
    const look = turns.use(async () => {
      const before = Array.from(training.model.getWeights()[0]?.dataSync() ?? []);
      for (let i = 0; i < 5; i++) await later();
      const after = Array.from(training.model.getWeights()[0]?.dataSync() ?? []);
      expect(before).toHaveLength(PIXELS * 12);
      if (before.some((value, i) => value !== after[i])) changes += 1;
    });
    looks.push(look);
  });
  await Promise.all(looks);
  expect(looks).toHaveLength(5);
  expect(changes).toBe(0);
  expect(end).toMatchObject({ finished: true, steps: 9 });
});

test('a pause holds the next step, and lets others have the model', async () => {
  const turns = new OneAtATime();
  const training = start(turns);
  let steps = 0;
  const running = run(training, async (step) => {
    steps = step;
  });
  await training.pause();
  const held = steps;
  await later();
  expect(await turns.use(async () => training.model.encodingDim)).toBe(12);
  expect(steps).toBe(held);
  training.stop();
  expect(await running).toMatchObject({ finished: false, steps: held });
});

test('an error in a step frees the model for others', async () => {
  const turns = new OneAtATime();
  const training = start(turns);
  // tfjs leaves the batch and its logs behind where a callback throws.
  tf.engine().startScope();
  jest.spyOn(training.model, 'setLambda').mockImplementation(() => {
    throw new Error('no room');
  });
  const failing = run(training, async (step) => {
    if (step === 2) training.setSparsity(0.1);
  });
  await expect(failing).rejects.toThrow('no room');
  tf.engine().endScope();
  expect(await turns.use(async () => 'free')).toBe('free');
});

test('those who ask for a turn have it in their order, whether the others fail or not', async () => {
  const turns = new OneAtATime();
  const order: string[] = [];
  const first = turns.use(async () => {
    await later();
    order.push('first');
    throw new Error('of the first');
  });
  const entered = turns.enter().then((leave) => {
    order.push('second');
    leave();
    leave();
  });
  const third = turns.use(async () => order.push('third'));
  await expect(first).rejects.toThrow('of the first');
  await Promise.all([entered, third]);
  expect(order).toEqual(['first', 'second', 'third']);
});

test('the curves keep a survey\u2019s numbers, and not its pictures', () => {
  const history = new History();
  const gallery = { features: new Uint32Array(96), rows: new Float32Array(96 * PIXELS) };
  const survey: Survey = {
    dictionary: 0,
    step: 7,
    l0: 3,
    alive: 5,
    features: 12,
    explained: 0.5,
    meanActive: new Float32Array(12),
    gallery,
  };
  history.addSurvey(survey);
  expect(JSON.stringify(history).length).toBeLessThan(500);
  expect(history.ofSurveys(({ alive }) => alive)).toEqual([{ step: 7, value: 5 }]);
});
