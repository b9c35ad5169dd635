import * as tf from '@tensorflow/tfjs';
import { KerasAdam, type KerasAdamArgs, LearningRateSchedule, WarmupCosineDecay } from '../../src';
import { refusal } from '../refusal';

const step = (optimizer: tf.Optimizer, w: tf.Variable, gradient: number[]) =>
  tf.tidy(() => optimizer.applyGradients([{ name: w.name, tensor: tf.tensor1d(gradient) }]));
const fromConfig = (config: tf.serialization.ConfigDict) =>
  KerasAdam.fromConfig(
    KerasAdam as never,
    JSON.parse(JSON.stringify(config)),
  ) as unknown as KerasAdam;

test('its config makes it anew, a schedule in it too', () => {
  const learningRate = new WarmupCosineDecay({ peakLr: 0.1, warmupSteps: 3, totalSteps: 9 });
  for (const args of [
    {},
    { learningRate: 0.5, beta1: 0, beta2: 0.5, epsilon: 1e-3, globalClipnorm: 2 },
    { learningRate },
    { weightDecay: 4e-3, clipnorm: 1 },
    { weightDecay: 0, clipvalue: 0.5 },
  ]) {
    const optimizer = new KerasAdam(args);
    const again = fromConfig(optimizer.getConfig());
    expect(again.getConfig()).toEqual(optimizer.getConfig());
    expect(again.currentLearningRate).toBe(optimizer.currentLearningRate);
  }
  expect(new KerasAdam().getConfig()).toEqual({
    learningRate: 1e-3,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-7,
    globalClipnorm: null,
  });
});

test('a schedule of somebody else is saved and loaded by its class', () => {
  class Constant extends LearningRateSchedule {
    static readonly className: string = 'ConstantForTest';
    constructor(readonly args: { value: number }) {
      super();
    }
    at() {
      return this.args.value;
    }
    getConfig() {
      return { ...this.args };
    }
  }
  const { config } = {
    config: new KerasAdam({ learningRate: new Constant({ value: 7 }) }).getConfig(),
  };
  expect(() => fromConfig(config)).toThrow('expected the schedule class "ConstantForTest"');
  tf.serialization.registerClass(Constant as never);
  expect(fromConfig(config).currentLearningRate).toBe(7);
});

test('works in an ordinary model, by its name as a class too', async () => {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
  const optimizer = new KerasAdam({ learningRate: 0.1 });
  model.compile({ optimizer, loss: 'meanSquaredError' });
  const [x, y] = [
    tf.tensor2d([
      [1, 0],
      [0, 1],
    ]),
    tf.tensor2d([[1], [2]]),
  ];
  const { history } = await model.fit(x, y, { epochs: 50, verbose: 0 });
  expect(history['loss']?.at(-1)).toBeLessThan(0.1);
  tf.dispose([x, y]);
  model.dispose();
  optimizer.dispose();
});

test('globalClipnorm clips all gradients together', () => {
  const [free, clipped] = [
    new KerasAdam({ beta1: 0 }),
    new KerasAdam({ beta1: 0, globalClipnorm: 1 }),
  ];
  const [a, b] = tf.tidy(() => [tf.variable(tf.zeros([2])), tf.variable(tf.zeros([2]))] as const);
  // β1 = 0 hides a gradient's length from the first step, not from the second.
  for (const gradient of [
    [0.6, 0.8],
    [6, 8],
  ]) {
    step(free, a, gradient[0] === 6 ? [0.6, 0.8] : gradient);
    step(clipped, b, gradient);
  }
  expect(Array.from(b.dataSync())).toEqual(Array.from(a.dataSync()));
  tf.dispose([a, b]);
  free.dispose();
  clipped.dispose();
});

test('clipnorm and clipvalue clip each gradient by itself', () => {
  const gradients = [
    [3, 4],
    [0.3, 0.4],
  ];
  const moved = (options: KerasAdamArgs) => {
    // At β2 = 0 and a large ε a step is as long as its gradient.
    const optimizer = new KerasAdam({ learningRate: 1, beta1: 0, epsilon: 1e6, ...options });
    const variables = tf.tidy(() => gradients.map(() => tf.variable(tf.zeros([2]))));
    tf.tidy(() =>
      optimizer.applyGradients(
        variables.map(({ name }, i) => ({ name, tensor: tf.tensor1d(gradients[i] as number[]) })),
      ),
    );
    const steps = variables.map((w) => Array.from(w.dataSync(), (value) => -value));
    tf.dispose(variables);
    optimizer.dispose();
    const unit = (steps[1]?.[0] as number) / 0.3;
    return steps.flat().map((value) => Number((value / unit).toFixed(4)));
  };
  expect(moved({})).toEqual([3, 4, 0.3, 0.4]);
  expect(moved({ clipnorm: 1 })).toEqual([0.6, 0.8, 0.3, 0.4]);
  expect(moved({ clipvalue: 0.5 })).toEqual([0.5, 0.5, 0.3, 0.4]);
});

test('weightDecay shrinks what has a gradient, before the step and apart from it', () => {
  const optimizer = new KerasAdam({ learningRate: 0.5, weightDecay: 0.1 });
  const [a, b] = tf.tidy(() => [tf.variable(tf.ones([2])), tf.variable(tf.ones([2]))] as const);
  const assign = a.assign.bind(a);
  let writes = 0;
  a.assign = (value) => {
    writes += 1;
    assign(value);
  };
  tf.tidy(() =>
    optimizer.applyGradients([
      { name: a.name, tensor: tf.zeros([2]) },
      { name: b.name, tensor: null as never },
    ]),
  );
  expect(Array.from(a.dataSync())).toEqual(Array.from(Float32Array.of(0.95, 0.95)));
  expect(Array.from(b.dataSync())).toEqual([1, 1]);
  expect(writes).toBe(1); // for layers take a write for the whole update
  tf.dispose([a, b]);
  optimizer.dispose();
});

test('a new rate counts from the next step, and a schedule is read at the steps taken', () => {
  const optimizer = new KerasAdam({
    learningRate: new WarmupCosineDecay({ peakLr: 1, warmupSteps: 2, totalSteps: 4 }),
    beta1: 0,
    beta2: 0,
  });
  const w = tf.tidy(() => tf.variable(tf.zeros([1])));
  const moved = [1, 2, 3].map(() => {
    const before = w.dataSync()[0] as number;
    step(optimizer, w, [1]);
    return before - (w.dataSync()[0] as number);
  });
  expect(moved[0]).toBe(0); // warm-up starts at 0
  expect(moved[1]).toBeCloseTo(0.5, 4);
  expect(moved[2]).toBeCloseTo(1, 4);
  optimizer.learningRate = 0.25;
  const before = w.dataSync()[0] as number;
  step(optimizer, w, [1]);
  expect(before - (w.dataSync()[0] as number)).toBeCloseTo(0.25, 4);
  w.dispose();
  optimizer.dispose();
});

test('wrong options, rates and states', async () => {
  expect(await refusal(() => new KerasAdam({ learningRate: -1 }))).toContain('SAE_OPTION');
  expect(await refusal(() => new KerasAdam({ beta1: 1 }))).toContain('a number in [0, 1)');
  expect(await refusal(() => new KerasAdam({ beta_1: 0 } as never))).toContain(
    'Did you mean "beta1"?',
  );
  expect(await refusal(() => new KerasAdam({ epsilon: 0 }))).toContain('> 0; received 0');
  expect(await refusal(() => new KerasAdam({ weightDecay: -1 }))).toContain(
    'a finite number ≥ 0, or null for none; received -1',
  );
  expect(await refusal(() => new KerasAdam({ clipnorm: 0 }))).toContain('> 0, or null for none');
  await expect(() => new KerasAdam({ clipnorm: 1, clipvalue: 2 })).toBeRefused(
    'SAE_OPTION',
    'KerasAdam',
    'expected at most one of clipnorm, globalClipnorm and clipvalue; received {"clipnorm":1,"clipvalue":2}. Choose one limit.',
  );
  const optimizer = new KerasAdam();
  expect(await refusal(() => Object.assign(optimizer, { learningRate: Number.NaN }))).toContain(
    'NaN',
  );
  class Broken extends LearningRateSchedule {
    at() {
      return Number.NaN;
    }
    getConfig() {
      return {};
    }
  }
  const w = tf.tidy(() => tf.variable(tf.zeros([2])));
  optimizer.learningRate = new Broken();
  expect(await refusal(() => step(optimizer, w, [1, 1]))).toContain('at step 1: expected a finite');
  expect(Array.from(w.dataSync())).toEqual([0, 0]);
  optimizer.learningRate = 1;

  const one = tf.scalar(1);
  expect(await refusal(() => optimizer.setWeights([]))).toContain('SAE_STATE');
  expect(
    await refusal(() =>
      optimizer.setWeights([
        { name: 'iter', tensor: one },
        { name: 'v', tensor: one },
      ]),
    ),
  ).toContain('expected the step count and 2 moments a variable; received 2 tensors.');
  const other = [tf.zeros([3]), tf.zeros([3])] as const;
  await optimizer.setWeights([
    { name: 'iter', tensor: one },
    { name: 'w/m', tensor: other[0] },
    { name: 'w/v', tensor: other[1] },
  ]);
  expect(await refusal(() => step(optimizer, w, [1, 1]))).toContain(
    `expected the state of ${w.name} [2] at position 0; received that of w [3].`,
  );
  tf.dispose([w, one, ...other]);
  optimizer.dispose();
});

describe('the state of an optimizer without momentum', () => {
  /** The state of one variable after three steps, as Python has it: with m too. */
  const state = (kinds: string[], name = 'w') => [
    { name: 'iter', tensor: tf.scalar(3, 'int32') },
    ...kinds.map((kind) => ({ name: `${name}/${kind}`, tensor: tf.fill([2], 0.25) })),
  ];
  const load = async (optimizer: KerasAdam, weights: ReturnType<typeof state>) => {
    try {
      await optimizer.setWeights(weights as never);
    } finally {
      tf.dispose(weights.map(({ tensor }) => tensor));
    }
  };
  const names = async (optimizer: KerasAdam) =>
    (await optimizer.getWeights()).map(({ name }) => name);

  test('with m it keeps m, and all that is new beside it has one too', async () => {
    const optimizer = new KerasAdam({ beta1: 0 });
    await load(optimizer, state(['m', 'v']));
    expect(await names(optimizer)).toEqual(['iter', 'w/m', 'w/v']);
    const [a, b] = tf.tidy(() => [tf.variable(tf.ones([2])), tf.variable(tf.ones([2]))] as const);
    tf.tidy(() =>
      optimizer.applyGradients([a, b].map(({ name }) => ({ name, tensor: tf.tensor1d([1, -2]) }))),
    );
    const weights = await optimizer.getWeights();
    expect(weights.map(({ name }) => name)).toEqual([
      'iter',
      ...[a, b].flatMap(({ name }) => [`${name}/m`, `${name}/v`]),
    ]);
    for (const at of [1, 3])
      expect(Array.from(weights[at]?.tensor.dataSync() ?? [])).toEqual([1, -2]);
    const again = new KerasAdam({ beta1: 0 });
    await again.setWeights(weights);
    expect(await names(again)).toEqual(await names(optimizer));
    tf.dispose([a, b]);
    optimizer.dispose();
    again.dispose();
  });

  test('without m it stays as it was', async () => {
    const optimizer = new KerasAdam({ beta1: 0 });
    await load(optimizer, state(['v']));
    expect(await names(optimizer)).toEqual(['iter', 'w/v']);
    expect(optimizer.iterations).toBe(3);
    optimizer.dispose();
  });

  test('what is neither is refused, and changes nothing', async () => {
    const optimizer = new KerasAdam({ beta1: 0 });
    await load(optimizer, state(['m', 'v']));
    for (const kinds of [['m', 'v', 'v'], ['v', 'm'], ['m'], ['v', 'w'], ['m', 'm']]) {
      await expect(load(optimizer, state(kinds))).rejects.toThrow(
        /SAE_STATE KerasAdam: expected the step count and 1 or 2 moments a variable; received/,
      );
    }
    const strangers = state(['m', 'v']).map((weight, i) => {
      return { ...weight, name: ['iter', 'a/m', 'b/v'][i] as string };
    });
    await expect(load(optimizer, strangers)).rejects.toThrow('moments named "a/m", "b/v".');
    expect(await names(optimizer)).toEqual(['iter', 'w/m', 'w/v']);
    optimizer.dispose();
    const withMomentum = new KerasAdam();
    await expect(load(withMomentum, state(['v', 'v']))).rejects.toThrow(
      'the step count and 2 moments a variable; received moments named "w/v", "w/v".',
    );
    withMomentum.dispose();
  });
});

test('a variable that is listed twice is moved once', () => {
  const [once, twice] = [new KerasAdam(), new KerasAdam()];
  const [a, b] = tf.tidy(() => [tf.variable(tf.ones([2])), tf.variable(tf.ones([2]))] as const);
  tf.tidy(() => {
    const tensor = tf.tensor1d([1, 2]);
    once.applyGradients([{ name: a.name, tensor }]);
    twice.applyGradients([
      { name: b.name, tensor },
      { name: b.name, tensor },
    ]);
  });
  expect(Array.from(b.dataSync())).toEqual(Array.from(a.dataSync()));
  tf.dispose([a, b]);
  once.dispose();
  twice.dispose();
});

test('one optimizer on other variables is refused, before anything is written', async () => {
  const optimizer = new KerasAdam();
  const make = () => tf.tidy(() => tf.variable(tf.ones([2])));
  const [a, b, c] = [make(), make(), make()];
  const move = (...variables: tf.Variable[]) =>
    tf.tidy(() =>
      optimizer.applyGradients(variables.map(({ name }) => ({ name, tensor: tf.ones([2]) }))),
    );
  move(a, b);
  const before = Array.from(a.dataSync());
  expect(await refusal(() => move(a, c))).toContain(
    `expected the state of ${c.name} [2] at position 1; received that of ${b.name} [2].`,
  );
  expect(Array.from(a.dataSync())).toEqual(before);
  expect(optimizer.iterations).toBe(1);
  move(a, b);
  tf.dispose([a, b, c]);
  optimizer.dispose();
});

test('a schedule class of a file that is no class', () => {
  for (const className of ['constructor', '__proto__', 'toString']) {
    expect(() => fromConfig({ learningRate: { className, config: {} } })).toThrow('SAE_MISSING');
  }
});

test('WarmupCosineDecay refuses what it cannot do', async () => {
  const good = { peakLr: 1, warmupSteps: 1, totalSteps: 2 };
  for (const bad of [{ peakLr: 0 }, { warmupSteps: -1 }, { totalSteps: Number.NaN }, { peak: 1 }]) {
    expect(await refusal(() => new WarmupCosineDecay({ ...good, ...bad } as never))).toContain(
      'SAE_OPTION',
    );
  }
});
