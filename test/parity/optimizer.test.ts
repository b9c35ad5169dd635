import * as tf from '@tensorflow/tfjs';
import { KerasAdam, KerasSGD } from '../../src';
import {
  type ArrayJSON,
  difference,
  Figures,
  numbers,
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

interface OptionsJSON {
  learning_rate: number | ScheduleJSON;
  beta_1?: number;
  beta_2?: number;
  epsilon?: number;
  momentum?: number;
  nesterov?: boolean;
  weight_decay?: number;
  clipnorm?: number;
  global_clipnorm?: number;
  clipvalue?: number;
}
interface Run {
  optimizer: OptionsJSON;
  parameters: ArrayJSON;
  m?: ArrayJSON;
  v?: ArrayJSON;
}
interface Alone {
  initial: ArrayJSON;
  gradients: ArrayJSON;
  runs: Run[];
}

/** Python's options by the names that they have here. */
function optionsOf({ learning_rate, ...rest }: OptionsJSON): Record<string, unknown> {
  const camelCase = (name: string) =>
    name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  const learningRate = typeof learning_rate === 'number' ? learning_rate : schedule(learning_rate);
  const others = Object.entries(rest).map(([name, value]) => [camelCase(name), value]);
  return { learningRate, ...Object.fromEntries(others) };
}

/** Both halves of a flat array: Python has the first as one variable, the second as another. */
const halves = (array: ArrayJSON) => tf.split(tensor(array), 2, -1);

const CASES = (
  [
    ['KerasAdam', 'adam', KerasAdam],
    ['KerasAdam as AdamW', 'adamw', KerasAdam],
    ['KerasSGD', 'sgd', KerasSGD],
  ] as const
).flatMap(([name, file, Optimizer]) => {
  const { runs, ...data } = read<Alone>(file);
  return runs.flatMap((run) => {
    const title = `${name} ${JSON.stringify(run.optimizer)}`;
    const make = () => new Optimizer(optionsOf(run.optimizer));
    const cases = [{ title, make, data, run, filed: false }];
    // Python keeps m without momentum too: so does what starts from a file of its.
    const hasM = run.optimizer.beta_1 === 0;
    return hasM ? [...cases, { title: `${title}, m kept`, make, data, run, filed: true }] : cases;
  });
});

test.each(CASES.map((each) => [each.title, each] as const))(
  '%s',
  async (name, { make, data, run, filed }) => {
    const optimizer = make();
    const variables = tf.tidy(() => halves(data.initial).map((half) => tf.variable(half)));
    const steps = numbers(data.gradients).length / numbers(data.initial).length;
    const kinds = (['m', 'v'] as const).filter((kind) => {
      return run[kind] && (kind === 'v' || filed || run.optimizer.beta_1 !== 0);
    });
    if (filed) {
      const zeros = variables.flatMap((w) =>
        kinds.map((kind) => ({ name: `${w.name}/${kind}`, tensor: tf.zerosLike(w) })),
      );
      const iterations = tf.scalar(0, 'int32');
      await optimizer.setWeights([{ name: 'iter', tensor: iterations }, ...zeros]);
      tf.dispose([iterations, ...zeros.map((zero) => zero.tensor)]);
    }
    tf.tidy(() => {
      const [first, second] = halves(data.gradients).map((half) => tf.unstack(half));
      for (let i = 0; i < steps; i++) {
        const gradients = [first?.[i], second?.[i]] as tf.Tensor[];
        optimizer.applyGradients(
          variables.map((w, k) => ({ name: w.name, tensor: gradients[k] as tf.Tensor })),
        );
      }
    });

    const [iterations, ...state] = await optimizer.getWeights();
    expect(iterations?.tensor.dataSync()[0]).toBe(50);
    expect(state.map((each) => each.name)).toEqual(
      variables.flatMap((w) => kinds.map((kind) => `${w.name}/${kind}`)),
    );
    const joined = (tensors: tf.Tensor[]) => tensors.flatMap((t) => Array.from(t.dataSync()));
    const [ours, theirs] = [joined(variables), numbers(run.parameters)];
    const apart = optimizer instanceof KerasSGD ? relativeDifference : difference;
    const unit = optimizer instanceof KerasSGD ? ', relative to their largest' : '';
    figures.within(1e-6, `parameters after 50 steps${unit}`, apart(ours, theirs), name);
    for (const kind of kinds) {
      const kept = state.filter((each) => each.name.endsWith(`/${kind}`));
      const values = joined(kept.map((each) => each.tensor));
      const off = relativeDifference(values, numbers(run[kind] as ArrayJSON));
      figures.within(1e-6, `${kind}, relative to its largest`, off, name);
    }
    tf.dispose(variables);
    optimizer.dispose();
  },
);
