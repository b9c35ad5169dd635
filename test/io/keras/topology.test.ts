import * as tf from '@tensorflow/tfjs';
import {
  ARCHITECTURES,
  decodeKeras,
  encodeKeras,
  GatedSAE,
  GatedSAELayer,
  JumpReLUSAELayer,
  KerasAdam,
  type KerasOptions,
  KerasSGD,
  ReluSAELayer,
  type SAEModel,
  TopKSAELayer,
} from '../../../src';
import { bytesSource } from '../../../src/io/bytes/source';
import { openArchive } from '../../../src/io/keras/archive';
import { tfjsTopology } from '../../../src/io/keras/fromKeras';
import { inOrderOfMaking } from '../../../src/io/keras/graph';
import { TABLE, tfjsEntry } from '../../../src/io/keras/layerTable';
import { kerasTraining } from '../../../src/io/keras/training';
import { apart, disposeModel } from './fixture';

const { layers } = tf;

/** Frees what tfjs itself leaves: the step count of its own optimizers at each save, for one. */
async function scoped(run: () => Promise<void>): Promise<void> {
  tf.engine().startScope();
  try {
    await run();
  } finally {
    tf.engine().endScope();
  }
}

async function thereAndBack(
  model: tf.LayersModel,
  options: KerasOptions = {},
): Promise<tf.LayersModel> {
  return decodeKeras(await encodeKeras(model, options), options);
}

async function expectSamePredictions(
  model: tf.LayersModel,
  inputs: tf.Tensor[],
): Promise<tf.LayersModel> {
  const again = await thereAndBack(model);
  const [ours, theirs] = [model, again].map((one) =>
    tf.tidy(() =>
      [one.predict(inputs.length === 1 ? (inputs[0] as tf.Tensor) : inputs)]
        .flat()
        .map((t) => (t as tf.Tensor).dataSync()),
    ),
  );
  (ours as Float32Array[]).forEach((values, i) => {
    expect(apart(values, (theirs as Float32Array[])[i] as Float32Array)).toBe(0);
  });
  return again;
}

test('every architecture has its place in the table, with what asks for an L0', async () => {
  for (const { model: Model } of Object.values(ARCHITECTURES)) {
    const [keras, entry] = tfjsEntry(TABLE.dictionaries, Model.className) ?? [];
    expect(keras).toBe(Model.className);
    expect(entry?.registered_name).toMatch(/^[a-z_]+>\w+$/);
    const asking = new Model({ inputDim: 4, encodingDim: 8, targetL0: 2 });
    const back = await decodeKeras(await encodeKeras(asking));
    expect(back.getConfig()).toMatchObject({ inputDim: 4, encodingDim: 8 });
    for (const each of [asking, back]) each.dispose();
  }
});

test('every rule that the table names is there', () => {
  const codecs = [
    'value',
    'float',
    'last_axis',
    'axis',
    'axes',
    'axis_of_each',
    'axes_from_1',
    'padding_of_images',
    'padding_of_volumes',
    'numbers',
    'output_mode',
    'bin_boundaries',
    'crop_size',
    'activation',
    'initializer',
    'regularizer',
    'seed',
    'finite_or_null',
    'limit',
    'input_dtype',
    'learning_rate',
    'target_shape',
    'layer',
    'layers',
    'backward_layer',
    'unused',
    'only_at_start',
    'only_here',
  ];
  const sections = [
    TABLE.layers,
    TABLE.dictionaries,
    TABLE.initializers,
    TABLE.regularizers,
    TABLE.optimizers,
    TABLE.schedules,
    TABLE.loss_classes,
    TABLE.metric_classes,
  ];
  const names = sections.flatMap((section) =>
    Object.values(section).flatMap(({ options }) =>
      Object.values(options).map((rule) => (typeof rule === 'string' ? rule : rule.as)),
    ),
  );
  const unknown = names.filter(
    (name) => !codecs.includes(name) && !Object.hasOwn(TABLE.rules, name),
  );
  expect(unknown).toEqual([]);
  expect(Object.keys(TABLE.rules).filter((rule) => !names.includes(rule))).toEqual([]);
});

test('calls of a shared layer keep their numbers where tfjs would make them in another order', () => {
  // d is called with a's output first, and with x afterwards; a comes after d in the list.
  const graph = {
    names: ['x', 'd', 'a', 'out'],
    isModel: new Map<string, boolean>(),
    nodes: [
      [],
      [[['a', 0, 0]], [['x', 0, 0]]],
      [[['x', 0, 0]]],
      [
        [
          ['d', 0, 0],
          ['d', 1, 0],
        ],
      ],
    ] as const,
    inputs: [['x', 0, 0]] as const,
    outputs: [['out', 0, 0]] as const,
  };
  const { nodes } = inOrderOfMaking('m', graph);
  expect(nodes[1]).toEqual([[['x', 0, 0]], [['a', 0, 0]]]);
  expect(nodes[3]).toEqual([
    [
      ['d', 1, 0],
      ['d', 0, 0],
    ],
  ]);
});

test('a shared layer that is first called late', async () => {
  const x = tf.input({ shape: [3], name: 'x' });
  const shared = layers.dense({ units: 3, name: 'shared' });
  const deep = layers
    .dense({ units: 3, name: 'deep' })
    .apply(layers.dense({ units: 3, name: 'first' }).apply(x));
  const late = shared.apply(deep as tf.SymbolicTensor) as tf.SymbolicTensor;
  const early = shared.apply(x) as tf.SymbolicTensor;
  const model = tf.model({ inputs: x, outputs: [late, early] });
  const rows = tf.randomNormal([4, 3]);
  const again = await expectSamePredictions(model, [rows]);
  rows.dispose();
  for (const one of [model, again]) disposeModel(one);
});

test('a Sequential that was never given an input layer, nested models and their outputs', async () => {
  const inner = tf.sequential({
    name: 'inner',
    layers: [layers.dense({ units: 4, inputShape: [3], activation: 'relu', name: 'a' })],
  });
  const x = tf.input({ shape: [3], name: 'x' });
  const twice = [
    inner.apply(x),
    inner.apply(layers.dense({ units: 3, name: 'b' }).apply(x)),
  ] as tf.SymbolicTensor[];
  const model = tf.model({
    inputs: x,
    outputs: [...twice, layers.add({ name: 'sum' }).apply(twice) as tf.SymbolicTensor],
  });
  const rows = tf.randomNormal([4, 3]);
  const again = await expectSamePredictions(model, [rows]);
  expect(again.getLayer('inner').getClassName()).toBe('Sequential');
  rows.dispose();
  for (const one of [model, again]) disposeModel(one);
});

test('a dictionary’s layer in a model becomes the model that Python has in its place', async () => {
  const model = tf.sequential({
    layers: [
      layers.dense({ units: 6, inputShape: [4], name: 'features' }),
      new GatedSAELayer({ encodingDim: 12, lambdaSparse: 0.25, name: 'gated', trainable: false }),
      new ReluSAELayer({ encodingDim: 9, name: 'relu' }),
    ],
  });
  const rows = tf.randomNormal([5, 4]);
  const again = await expectSamePredictions(model, [rows]);
  const gated = again.getLayer('gated') as unknown as GatedSAE;
  expect(gated).toBeInstanceOf(GatedSAE);
  expect(gated.inputDim).toBe(6);
  expect(gated.sae.options).toEqual({ lambdaSparse: 0.25, auxWeight: 0.01, loss: 'paper' });
  expect(gated.trainableWeights).toHaveLength(0);
  expect(again.getLayer('relu').trainableWeights).toHaveLength(4);
  rows.dispose();
  for (const one of [model, again]) disposeModel(one);
});

test('each loss of a dictionary is a class of its own in Python, or an option of one', async () => {
  const norms = { penalty: 'l1-decoder-norm' } as const;
  const power = { penalty: 'lp', p: 0.5 } as const;
  const made = tf.sequential({
    layers: [
      new GatedSAELayer({ encodingDim: 12, inputShape: [4], name: 'paper' }),
      new GatedSAELayer({ encodingDim: 12, loss: 'saelens', name: 'saelens' }),
      new ReluSAELayer({ encodingDim: 9, ...norms, name: 'norms' }),
      new ReluSAELayer({ encodingDim: 9, ...power, name: 'power' }),
    ],
  });
  const { config } = await openArchive(bytesSource(await encodeKeras(made)));
  const { layers: written } = (config as { config: { layers: { class_name: string }[] } }).config;
  expect(written.map((one) => one.class_name).slice(1)).toEqual([
    ...['GatedSAE', 'SAELensGatedSAE', 'ReluSAE', 'ReluSAE'],
  ]);
  const rows = tf.randomNormal([5, 4]);
  const again = await expectSamePredictions(made, [rows]);
  const optionsOf = (name: string) => (again.getLayer(name) as unknown as SAEModel).sae.options;
  expect(optionsOf('paper')).toEqual({ lambdaSparse: 1e-3, auxWeight: 1e-2, loss: 'paper' });
  expect(optionsOf('saelens')).toEqual({ lambdaSparse: 1e-3, auxWeight: 1, loss: 'saelens' });
  expect(optionsOf('norms')).toEqual({ lambdaSparse: 1e-3, ...norms, p: 1 });
  expect(optionsOf('power')).toEqual({ lambdaSparse: 1e-3, ...power });
  rows.dispose();
  for (const one of [made, again]) disposeModel(one);
});

test('options of a dictionary’s layer come back from Python as they went', async () => {
  const k = 3;
  const target = { targetL0: 5, lambdaSparse: 0.2, bandwidth: 0.1, thresholdStart: 0.3 };
  const tanh = { penalty: 'tanh', tanhScale: 2, gradientToInput: true } as const;
  const model = tf.sequential({
    layers: [
      new TopKSAELayer({ encodingDim: 12, k, inputShape: [4], name: 'topk' }),
      new JumpReLUSAELayer({ encodingDim: 9, ...target, name: 'target' }),
      new JumpReLUSAELayer({ encodingDim: 9, ...tanh, name: 'tanh' }),
    ],
  });
  const rows = tf.randomNormal([5, 4]);
  const again = await expectSamePredictions(model, [rows]);
  const optionsOf = (name: string) => (again.getLayer(name) as unknown as SAEModel).sae.options;
  expect(optionsOf('topk')).toEqual({ k });
  expect(optionsOf('target')).toMatchObject({ ...target, penalty: 'step' });
  expect(optionsOf('tanh')).toMatchObject({ ...tanh, targetL0: null });
  rows.dispose();
  for (const one of [model, again]) disposeModel(one);
});

test('codes are what Python’s GatedSAE does not hand on', async () => {
  const model = tf.sequential({
    layers: [
      new GatedSAELayer({ encodingDim: 12, inputShape: [4], returns: 'codes', name: 'sae' }),
    ],
  });
  await expect(encodeKeras(model)).rejects.toThrow(
    /^SAE_UNSUPPORTED model ".*": expected options of GatedSAELayer "sae" that Keras and tfjs-layers share; received returns = "codes"\. Python's GatedSAE hands its reconstruction on\./,
  );
  disposeModel(model);
});

test('the name, options and frozenness of a dictionary come back', async () => {
  const sae = new GatedSAE({
    inputDim: 4,
    encodingDim: 8,
    lambdaSparse: 0.5,
    auxWeight: 0.25,
    clipNorm: null,
    name: 'my_sae',
    seed: 3,
    trainable: false,
  });
  const again = (await thereAndBack(sae)) as GatedSAE;
  const { seed: _, ...expected } = sae.getConfig();
  expect(again.getConfig()).toEqual(expected);
  expect(again.trainableWeights).toHaveLength(0);
  for (const one of [sae, again]) disposeModel(one);
});

describe('an optimizer that Keras computes otherwise', () => {
  const compiled = () => {
    const model = tf.sequential({ layers: [layers.dense({ units: 2, inputShape: [3] })] });
    model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    return model;
  };

  test('is left out with a warning', () =>
    scoped(async () => {
      const warn = jest.spyOn(console, 'warn').mockImplementation();
      const model = compiled();
      const again = await thereAndBack(model);
      expect(again.optimizer).toBeUndefined();
      expect(warn.mock.calls.map(([text]) => text)).toEqual([
        expect.stringMatching(
          /^SAE_UNSUPPORTED model ".*": expected optimizers .* received Adam.*without its optimizer/,
        ),
      ]);
      warn.mockRestore();
      for (const one of [model, again]) disposeModel(one);
    }));

  test('is an error where it has to come along, and none where it is not wanted', () =>
    scoped(async () => {
      const model = compiled();
      await expect(encodeKeras(model, { includeOptimizer: true })).rejects.toThrow(
        /^SAE_UNSUPPORTED .*Adam/,
      );
      const again = await thereAndBack(model, { includeOptimizer: false });
      expect(again.optimizer).toBeUndefined();
      for (const one of [model, again]) disposeModel(one);
    }));
});

test('the optimizer of an ordinary model comes along, with its loss and metrics', () =>
  scoped(async () => {
    const model = tf.sequential({
      layers: [layers.dense({ units: 2, inputShape: [3], activation: 'softmax' })],
    });
    model.compile({
      optimizer: new KerasAdam({ clipnorm: 0.5 }),
      loss: 'categoricalCrossentropy',
      metrics: ['accuracy'],
    });
    const [x, y] = [tf.randomNormal([4, 3]), tf.oneHot(tf.tensor1d([0, 1, 1, 0], 'int32'), 2)];
    await model.trainOnBatch(x, y);
    const again = await thereAndBack(model, { includeOptimizer: true });
    expect((again.optimizer as KerasAdam).clipnorm).toBe(0.5);
    expect(again.optimizer.iterations).toBe(1);
    expect(again.loss).toBe('categoricalCrossentropy');
    expect(again.metrics).toEqual(['accuracy']);
    expect(await again.trainOnBatch(x, y)).toEqual(await model.trainOnBatch(x, y));
    tf.dispose([x, y]);
    for (const one of [model, again]) disposeModel(one);
  }));

test.each([[[]], [{}], [null]])(
  'without metrics (%j in tfjs) Keras is told of none, without which its fit would stop',
  (metrics) => {
    const optimizer_config = {
      class_name: 'KerasAdam',
      config: new KerasAdam().getConfig() as Record<string, number>,
    };
    const onUnsupported = <T>(_: string, carry: () => T) => carry();
    const training = { optimizer_config, metrics };
    expect(kerasTraining(training, true, onUnsupported).config).toMatchObject({
      loss: null,
      metrics: null,
    });
  },
);

test.each([
  [
    'an activation',
    () => layers.dense({ units: 1, inputShape: [2], activation: 'hardSigmoid' }),
    /activation = "hard_sigmoid"/,
  ],
  [
    'a constraint',
    () => layers.dense({ units: 1, inputShape: [2], kernelConstraint: 'unitNorm' }),
    /kernel_constraint = .*tfjs applies constraints/,
  ],
  ['a layer', () => layers.thresholdedReLU({ inputShape: [2] }), /ThresholdedReLU/],
])('%s that Keras has not is refused by name', async (_, make, message) => {
  const model = tf.sequential({ layers: [make()] });
  await expect(encodeKeras(model)).rejects.toThrow(message);
  await expect(encodeKeras(model)).rejects.toThrow(/^SAE_UNSUPPORTED/);
  disposeModel(model);
});

test.each([
  [{ dtype: 'float8' }, /^SAE_OPTION encodeKeras\.dtype: expected one of "float16"/],
  [{ includOptimizer: true }, /^SAE_OPTION encodeKeras: .*Did you mean "includeOptimizer"\?/],
])('%j', async (options, message) => {
  const sae = new GatedSAE({ inputDim: 2, encodingDim: 3 });
  await expect(encodeKeras(sae, options as KerasOptions)).rejects.toThrow(message);
  disposeModel(sae);
});

const around = (inner: tf.layers.Layer): tf.LayersModel => {
  const x = tf.input({ shape: [3] });
  return tf.model({ inputs: x, outputs: inner.apply(x) as tf.SymbolicTensor });
};
const inRow = (inner: tf.layers.Layer): tf.Sequential =>
  tf.sequential({ layers: [layers.inputLayer({ inputShape: [3] }), inner] });

test.each<[place: string, make: (inner: tf.layers.Layer) => tf.LayersModel]>([
  ['a functional model', around],
  ['a Sequential', inRow],
  ['a nested model', (inner) => around(around(inner))],
  ['a Sequential in a functional model', (inner) => around(inRow(inner))],
  [
    'a model within a TimeDistributed',
    (inner) => {
      const layer = layers.timeDistributed({ layer: around(inner) });
      return tf.sequential({ layers: [layers.inputLayer({ inputShape: [2, 3] }), layer] });
    },
  ],
])('a name that JavaScript’s objects have, in %s, is refused for that', async (_place, make) => {
  const model = make(layers.dense({ units: 2, name: 'valueOf' }));
  await expect(encodeKeras(model)).rejects.toThrow(
    /^SAE_FILE .*received "valueOf" in .*, which JavaScript's objects have themselves\. Rename/,
  );
  disposeModel(model);
});

test('a penalty of one kind does not bring the other', () =>
  scoped(async () => {
    // tfjs's L1L2 takes 0.01 for what it is not given.
    const l2 = {
      module: 'keras.regularizers',
      class_name: 'L2',
      config: { l2: 0.25 },
      registered_name: null,
    };
    const dense = {
      module: 'keras.layers',
      class_name: 'Dense',
      config: { name: 'd', units: 1, kernel_regularizer: l2 },
      registered_name: null,
      build_config: { input_shape: [null, 1] },
    };
    const { json } = tfjsTopology({
      module: 'keras',
      class_name: 'Sequential',
      config: { name: 'm', layers: [dense], build_input_shape: [null, 1] },
    });
    const model = await tf.models.modelFromJSON(json as never);
    model.setWeights([tf.tensor2d([[2]]), tf.tensor1d([0])]);
    model.compile({ optimizer: new KerasAdam(), loss: 'meanSquaredError' });
    const [x, y] = [tf.tensor2d([[1]]), tf.tensor2d([[2]])];
    const loss = tf.tidy(() => (model.evaluate(x, y) as tf.Scalar).dataSync()[0]);
    const penalty = tf.tidy(() => tf.addN(model.calculateLosses()).dataSync()[0]);
    expect([loss, penalty]).toEqual([0, 1]);
    tf.dispose([x, y]);
    disposeModel(model);
  }));

test('an optimizer that has to come along has to be there', async () => {
  const model = tf.sequential({ layers: [layers.dense({ units: 1, inputShape: [2] })] });
  await expect(encodeKeras(model, { includeOptimizer: true })).rejects.toThrow(
    /^SAE_OPTION model ".*": includeOptimizer: expected a compiled model/,
  );
  disposeModel(model);
});

test('a whole learning rate is a float to Python', async () => {
  const model = tf.sequential({ layers: [layers.dense({ units: 1, inputShape: [2] })] });
  model.compile({ optimizer: new KerasSGD({ learningRate: 1 }), loss: 'meanSquaredError' });
  const text = Buffer.from(await encodeKeras(model)).toString('latin1');
  expect(text).toContain('"learning_rate":1.0');
  expect(text).toContain('"momentum":0.0');
  disposeModel(model);
});
