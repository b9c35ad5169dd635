/** @jest-environment ./test/setup/onnxruntime.cjs */
import * as tf from '@tensorflow/tfjs';
import {
  BatchTopKSAE,
  exposeTensors,
  GatedSAE,
  JumpReLUSAE,
  MatryoshkaSAE,
  ReluSAE,
  type SAEModel,
  steerable,
  TopKSAE,
} from '../../../src';
import { BERT, bytesOf, expectedOf, pathOf } from './fixtures';
import { differenceOf, numbersOf, runOf } from './runtime';

const written = (shape: number[], values: number[]) => ({ dtype: 'float32', shape, values });
const zeros = (length: number) => new Array<number>(length).fill(0);
/** Where a tensor can be steered: a file, its tensor, its width and the axes before it. */
const PLACES = [
  ['mlp.onnx', 'relu', 16, [1]],
  ['legacy.onnx', '/1/Relu_output_0', 16, [1]],
  ['half.onnx', 'relu', 16, [1]],
  ['fused.onnx', 'norm0', 8, [1, 1]],
  ['sklearn.onnx', 'next_activations', 12, [1]],
  [BERT, '/bert/encoder/layer.0/output/LayerNorm/LayerNormalization_output_0', 16, [1, 1]],
] as const;

const outputOf = (file: string) =>
  Object.keys(expectedOf(file).outputs).find((name) => name !== 'output_label') as string;
const ramp = (length: number) => Array.from({ length }, (_, i) => Math.sin(i) * 0.75);

describe.each(PLACES)('%s, %s', (file, name, width, axes) => {
  const { inputs, outputs, hidden } = expectedOf(file);
  const output = file === 'sklearn.onnx' ? 'output_label' : outputOf(file);
  const within = file === 'half.onnx' ? 4e-3 : 2e-5;
  const steer = (values: number[]) => written([...axes, width], values);

  test('zeros change nothing, others are added', async () => {
    const bytes = await exposeTensors(await steerable(pathOf(file), name), [name]);
    const [still, moved] = await Promise.all(
      [zeros(width), ramp(width)].map((values) =>
        runOf(bytes, { ...inputs, steer: steer(values) }, [name, output]),
      ),
    );
    if (!still || !moved) throw new Error('no results');
    const before = hidden[name]?.values as number[];
    const now = (results: typeof still, key: string = name) =>
      numbersOf(results[key] as Parameters<typeof numbersOf>[0]);
    expect(differenceOf(now(still), before)).toBeLessThan(within);
    const expected = before.map((value, i) => value + (ramp(width)[i % width] as number));
    expect(differenceOf(now(moved), expected)).toBeLessThan(within);
    expect(differenceOf(now(still, output), [...(outputs[output]?.values ?? [])])).toBeLessThan(
      within,
    );
    if (output !== 'output_label') {
      expect(differenceOf(now(moved, output), now(still, output))).toBeGreaterThan(1e-2);
    }
  });

  test('a vector in the file is what the same input is', async () => {
    const fixed = await steerable(pathOf(file), name, { vector: ramp(width) });
    const fed = await steerable(pathOf(file), name);
    const own = await runOf(fixed, inputs, [output]);
    const given = await runOf(fed, { ...inputs, steer: steer(ramp(width)) }, [output]);
    expect(own[output]?.data).toEqual(given[output]?.data);
  });
});

/** A dictionary with weights at random, and thresholds among their codes. */
function random(model: SAEModel, seed: number): SAEModel {
  tf.tidy(() => {
    for (const [name, variable] of model.sae.namedWeights) {
      const shape = variable.shape as number[];
      const isThreshold = name === 'threshold';
      const values = isThreshold
        ? tf.randomUniform(shape, 0.05, 0.6, 'float32', seed)
        : tf.randomNormal(
            shape,
            0,
            name.startsWith('b_') || name === 'r_mag' ? 0.2 : 0.5,
            'float32',
            seed + name.length,
          );
      variable.write(values as tf.Tensor);
    }
  });
  return model;
}

const sizes = { inputDim: 16, encodingDim: 48 };
const DICTIONARIES: readonly [string, () => SAEModel][] = [
  ['GatedSAE', () => new GatedSAE(sizes)],
  ['ReluSAE', () => new ReluSAE(sizes)],
  ['JumpReLUSAE', () => new JumpReLUSAE(sizes)],
  ['JumpReLUSAE, not centred', () => new JumpReLUSAE({ ...sizes, centred: false })],
  ['BatchTopKSAE', () => new BatchTopKSAE({ ...sizes, k: 6 })],
  ['MatryoshkaSAE', () => new MatryoshkaSAE({ ...sizes, k: 6, prefixes: [12, 48] })],
];
const AT = '/bert/encoder/layer.0/output/LayerNorm/LayerNormalization_output_0';

describe.each(DICTIONARIES)('a %s in a model', (_, make) => {
  const { inputs, hidden } = expectedOf(BERT);
  const { shape, values } = hidden[AT] as (typeof hidden)[string];
  let model: SAEModel;
  beforeAll(() => {
    model = random(make(), 7);
  });
  afterAll(() => model.dispose());
  const own = () =>
    tf.tidy(() => {
      const rows = tf.tensor([...values], [...shape]);
      const codes = model.encode(rows);
      return [codes, model.decode(codes)].map((tensor) => [...tensor.dataSync()]) as [
        number[],
        number[],
      ];
    });

  test('has this library’s codes, and its reconstructions go on', async () => {
    const bytes = await exposeTensors(await steerable(pathOf(BERT), AT, { dictionary: model }), [
      AT,
    ]);
    const results = await runOf(bytes, inputs);
    const [codes, rows] = own();
    const active = codes.reduce((sum, value) => sum + (value > 0 ? 1 : 0), 0);
    expect(active).toBeGreaterThan(codes.length / 50);
    expect(active).toBeLessThan(codes.length);
    const given = results[`${AT}/codes`];
    if (!given || !results[AT]) throw new Error('no codes');
    expect(given.dims).toEqual([2, 6, 48]);
    expect(numbersOf(given).map((value) => value > 0)).toEqual(codes.map((value) => value > 0));
    expect(differenceOf(numbersOf(given), codes)).toBeLessThan(2e-5);
    expect(differenceOf(numbersOf(results[AT]), rows)).toBeLessThan(2e-5);
  });

  test('with its error term changes by what is added to codes alone', async () => {
    const vector = zeros(48).map((_, i) => (i === 5 ? 3 : 0));
    const { W_dec } = Object.fromEntries(
      model.sae.namedWeights.map(([name]) => [name, model.sae.read(name)]),
    );
    const row = [...(W_dec as tf.Tensor).dataSync().subarray(5 * 16, 6 * 16)];
    const read = await steerable(pathOf(BERT), AT, { dictionary: model, errorTerm: true });
    const steered = await steerable(pathOf(BERT), AT, {
      dictionary: model,
      errorTerm: true,
      vector,
    });
    const names = [AT, 'last_hidden_state'];
    const [same, moved] = await Promise.all(
      [read, steered].map(async (bytes) => runOf(await exposeTensors(bytes, [AT]), inputs, names)),
    );
    if (!same?.[AT] || !moved?.[AT] || !same['last_hidden_state']) throw new Error('no results');
    expect(differenceOf(numbersOf(same[AT]), [...values])).toBeLessThan(2e-5);
    const known = expectedOf(BERT).outputs['last_hidden_state']?.values ?? [];
    expect(differenceOf(numbersOf(same['last_hidden_state']), [...known])).toBeLessThan(2e-5);
    const expected = values.map((value, i) => value + 3 * (row[i % 16] as number));
    expect(differenceOf(numbersOf(moved[AT]), expected)).toBeLessThan(2e-5);
  });

  test('its codes can be added to by an input', async () => {
    const bytes = await steerable(pathOf(BERT), AT, { dictionary: model, input: 'codes' });
    const [codes] = own();
    const added = {
      ...inputs,
      codes: written(
        [...shape.slice(0, -1), 48],
        codes.map((value) => -value),
      ),
    };
    const results = await runOf(await exposeTensors(bytes, [AT]), added, [AT]);
    const bias = model.sae.read('b_dec').dataSync();
    // All features taken away: the decoder's bias is left.
    const expected = values.map((_, i) => bias[i % 16] as number);
    if (!results[AT]) throw new Error('no result');
    expect(differenceOf(numbersOf(results[AT]), expected)).toBeLessThan(2e-5);
  });
});

test('several tensors of a model, one call behind another', async () => {
  const first = await steerable(pathOf('mlp.onnx'), 'linear', { input: 'a' });
  const both = await steerable(first, 'relu', { input: 'b' });
  const { inputs, outputs } = expectedOf('mlp.onnx');
  const results = await runOf(both, {
    ...inputs,
    a: written([1, 16], zeros(16)),
    b: written([1, 16], zeros(16)),
  });
  if (!results['y']) throw new Error('no y');
  expect(differenceOf(numbersOf(results['y']), [...(outputs['y']?.values ?? [])])).toBeLessThan(
    2e-5,
  );
});

test('a Blob becomes a Blob of the same bytes', async () => {
  const blob = await steerable(new Blob([bytesOf('fused.onnx')]), 'norm0');
  const bytes: Uint8Array = await steerable(bytesOf('fused.onnx'), 'norm0');
  expect(new Uint8Array(await blob.arrayBuffer())).toEqual(bytes);
});

describe('is refused', () => {
  const file = pathOf('mlp.onnx');
  const withModel = (dictionary: SAEModel) =>
    steerable(file, 'relu', { dictionary }).finally(() => dictionary.dispose());
  const wide = { inputDim: 12, encodingDim: 24 };
  test.each<[string, () => Promise<unknown>, string]>([
    [
      'an input of the model',
      () => steerable(file, 'x'),
      'SAE_OPTION steerable: expected the name of a tensor that the model computes; received "x".',
    ],
    [
      'a tensor that nothing reads',
      () => steerable(pathOf('fused.onnx'), 'norm0:3'),
      'expected a tensor that something in the model reads; received "norm0:3".',
    ],
    [
      'a name that is taken',
      () => steerable(file, 'relu', { input: 'linear' }),
      'SAE_OPTION steerable.input: expected a name that is free; received "linear".',
    ],
    [
      'a vector of another width',
      () => steerable(file, 'relu', { vector: [1, 2] }),
      'SAE_OPTION steerable.vector: expected 16 numbers; received "2 of them".',
    ],
    [
      'a vector of no numbers',
      () => steerable(file, 'relu', { vector: [Number.NaN] }),
      'SAE_OPTION steerable.vector: expected an array of finite numbers',
    ],
    [
      'an option that there is not',
      () => steerable(file, 'relu', { vectr: [1] } as object),
      'Did you mean "vector"?',
    ],
    [
      'a dictionary of another width',
      () => withModel(new ReluSAE(wide)),
      'SAE_SHAPE steerable: expected [..., 12]',
    ],
    [
      'a TopKSAE',
      () => withModel(new TopKSAE({ ...sizes, k: 4 })),
      'SAE_UNSUPPORTED onnx: expected a dictionary that the format "onnx" can say',
    ],
    [
      'a transcoder',
      () => withModel(new ReluSAE({ ...sizes, outputDim: 8 })),
      'received a transcoder.',
    ],
    [
      'what is no dictionary',
      () => steerable(file, 'relu', { dictionary: {} as SAEModel }),
      'SAE_OPTION steerable.model: expected a sparse autoencoder',
    ],
    [
      'a tensor of whole numbers',
      () => steerable(pathOf('sklearn.onnx'), 'output_label'),
      'expected output_label to be of floats; received int64. Choose another tensor.',
    ],
  ])('%s', async (_, call, message) => {
    await expect(call()).rejects.toThrow(message);
  });
});
