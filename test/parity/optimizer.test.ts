import * as tf from '@tensorflow/tfjs';
import {
  type ArrayJSON,
  adam,
  difference,
  Figures,
  numbers,
  type OptimizerJSON,
  read,
  relativeDifference,
  type ScheduleJSON,
  schedule,
  tensor,
} from './fixture';

const figures = new Figures('Against Keras: optimizer and schedule');
afterAll(() => figures.write());

test('WarmupCosineDecay, at every step that was asked of Python', () => {
  const { runs } = read<{ runs: (ScheduleJSON & { steps: number[]; values: ArrayJSON })[] }>(
    'schedule',
  );
  expect(runs.length).toBeGreaterThan(5);
  for (const run of runs) {
    const ours = schedule(run);
    // Python works in float32, where the cosine's end is a few units in the last place from 0.
    const apart = relativeDifference(
      run.steps.map((step) => ours.at(step)),
      numbers(run.values),
    );
    figures.within(3e-7, 'learning rate, relative to the peak', apart, JSON.stringify(run.steps));
  }
});

interface Run {
  optimizer: OptimizerJSON;
  parameters: ArrayJSON;
  m: ArrayJSON;
  v: ArrayJSON;
}
const { initial, gradients, runs } = read<{
  initial: ArrayJSON;
  gradients: ArrayJSON;
  runs: Run[];
}>('adam');

test.each(runs.map((run) => [JSON.stringify(run.optimizer), run] as const))(
  'KerasAdam %s',
  async (name, run) => {
    const optimizer = adam(run.optimizer);
    const w = tf.tidy(() => tf.variable(tensor(initial)));
    const steps = tf.tidy(() => tf.unstack(tensor(gradients)));
    for (const gradient of steps) optimizer.applyGradients({ [w.name]: gradient });

    const [iterations, ...moments] = await optimizer.getWeights();
    expect(iterations?.tensor.dataSync()[0]).toBe(steps.length);
    const withMomentum = run.optimizer.beta_1 > 0;
    expect(moments).toHaveLength(withMomentum ? 2 : 1);
    const [m, v] = withMomentum ? moments : [undefined, moments[0]];
    const parameters = difference(w.dataSync(), numbers(run.parameters));
    figures.within(1e-6, 'parameters after 50 steps', parameters, name);
    const second = relativeDifference(v?.tensor.dataSync() ?? [], numbers(run.v));
    figures.within(1e-6, 'v, relative to its largest', second, name);
    if (m) {
      const first = relativeDifference(m.tensor.dataSync(), numbers(run.m));
      figures.within(1e-6, 'm, relative to its largest', first, name);
    }
    tf.dispose([w, ...steps]);
    optimizer.dispose();
  },
);
