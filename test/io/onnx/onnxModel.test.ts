/** @jest-environment ./test/setup/onnxruntime.cjs */
import * as tf from '@tensorflow/tfjs';
import {
  evaluateSplice,
  exposeTensors,
  GatedSAE,
  listLayers,
  type ModelInputs,
  onnxModel,
  type SpliceEffects,
} from '../../../src';
import { BERT, bytesOf, type Expected, expectedOf, FILES, pathOf, type Written } from './fixtures';
import { differenceOf, ort } from './runtime';

const AT = '/bert/encoder/layer.0/output/LayerNorm/LayerNormalization_output_0';
/** Rounding of float32 and, where a file has them, float16 and whole numbers of 8 bits. */
const WITHIN: Readonly<Record<string, number>> = { 'half.onnx': 4e-3, 'quantised.onnx': 2e-2 };

const tensorOf = ({ dtype, shape, values }: Written) =>
  tf.tensor([...values], [...shape], dtype === 'int64' ? 'int32' : 'float32');
const inputsOf = ({ inputs }: Expected): tf.NamedTensorMap =>
  Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, tensorOf(value)]));
const numbers = (tensor: tf.Tensor | undefined) => [...(tensor as tf.Tensor).dataSync()];

/** Opens a model, uses it with the inputs of its file, and gives both back. */
async function withModel(
  file: string,
  use: (model: Awaited<ReturnType<typeof onnxModel>>, inputs: tf.NamedTensorMap) => Promise<void>,
) {
  const model = await onnxModel(pathOf(file), { ort });
  const inputs = inputsOf(expectedOf(file));
  try {
    await use(model, inputs);
  } finally {
    tf.dispose(inputs);
    await model.dispose();
  }
}

// skl2onnx's last output is a list of maps, which is no tensor.
const MODELS = FILES.filter((file) => file !== 'sklearn.onnx');

test.each(FILES)(
  '%s: captures are as Python’s onnxruntime gives them, each alone too',
  async (file) => {
    const { hidden } = expectedOf(file);
    await withModel(file, async (model, inputs) => {
      const listed = model.layers().map(({ name }) => name);
      const names = Object.keys(hidden).filter((name) => listed.includes(name));
      expect(names.length).toBeGreaterThan(Object.keys(hidden).length / 3);
      const check = (captured: tf.Tensor[], asked: string[]) => {
        asked.forEach((name, i) => {
          const { shape, values } = hidden[name] as Written;
          expect(captured[i]?.shape).toEqual(shape);
          expect(differenceOf(numbers(captured[i]), [...values])).toBeLessThan(
            WITHIN[file] ?? 2e-5,
          );
        });
        tf.dispose(captured);
      };
      check(await model.capture(inputs, names), names);
      for (const name of names.slice(-3)) check(await model.capture(inputs, [name]), [name]);
      for (const { name, shape } of model.layers()) {
        if (names.includes(name)) expect(shape?.length).toBe(hidden[name]?.shape.length);
      }
    });
  },
);

test.each(MODELS)(
  '%s: the outputs, and the same with an edit that changes nothing',
  async (file) => {
    const { outputs, hidden } = expectedOf(file);
    await withModel(file, async (model, inputs) => {
      const check = (results: tf.Tensor[]) => {
        Object.values(outputs).forEach(({ values }, i) => {
          expect(differenceOf(numbers(results[i]), [...values])).toBeLessThan(WITHIN[file] ?? 2e-5);
        });
        tf.dispose(results);
      };
      expect(model.outputNames).toEqual(Object.keys(outputs));
      check(await model.run(inputs));
      const listed = new Set(model.layers().map(({ name }) => name));
      for (const layer of Object.keys(hidden)
        .filter((name) => listed.has(name))
        .slice(-6)) {
        check(await model.run(inputs, { layer, edit: (h) => h }));
        check(await model.run(inputs, { layer, edit: (h) => tf.mul(h, 1) }));
      }
    });
  },
);

test('an edit changes what follows as the layers behind it have it', async () => {
  await withModel('mlp.onnx', async (model, { x }) => {
    const inputs = x as tf.Tensor;
    const edited = (by: number) =>
      model
        .run(inputs, { layer: 'relu', edit: (h) => tf.mul(h, by) })
        .then(([y]) => y as tf.Tensor);
    const [none, once, twice] = [await edited(0), await edited(1), await edited(2)];
    // What follows is a matrix and a bias.
    const expected = tf.tidy(() => tf.sub(tf.mul(once, 2), none));
    expect(differenceOf(numbers(twice), numbers(expected))).toBeLessThan(1e-6);
    expect(differenceOf(numbers(twice), numbers(once))).toBeGreaterThan(0.05);
    tf.dispose([none, once, twice, expected]);
  });
});

/** The network of mlp.onnx as layers: what is affine is told by what it makes of 0 and of each axis. */
async function mlpLayers(model: Awaited<ReturnType<typeof onnxModel>>) {
  const affine = async (width: number, of: (rows: tf.Tensor) => Promise<tf.Tensor[]>) => {
    const [axes, zero] = [tf.eye(width), tf.zeros([1, width])];
    const made = [await of(axes), await of(zero)].flat() as [tf.Tensor, tf.Tensor];
    const weights = tf.tidy(() => [tf.sub(...made), tf.sum(made[1], 0)]);
    tf.dispose([axes, zero, made]);
    return weights;
  };
  const first = await affine(8, (rows) => model.capture(rows, ['linear']));
  const second = await affine(16, async (rows) => {
    const x = tf.zeros([rows.shape[0] as number, 8]);
    const made = await model.run(x, { layer: 'relu', edit: () => rows });
    x.dispose();
    return made;
  });
  const layers = tf.sequential({
    layers: [
      tf.layers.dense({ units: 16, activation: 'relu', inputShape: [8], name: 'relu' }),
      tf.layers.dense({ units: 3, name: 'y' }),
    ],
  });
  const weights = [...first, ...second];
  layers.setWeights(weights);
  tf.dispose(weights);
  return layers;
}

test('a dictionary costs and does what it does in the same network of layers', async () => {
  const model = await onnxModel(pathOf('mlp.onnx'), { ort });
  const layers = await mlpLayers(model);
  const sae = new GatedSAE({ inputDim: 16, encodingDim: 24, seed: 3 });
  const rows = tf.randomNormal([10, 8], 0, 1, 'float32', 6);
  const targets = Array.from({ length: 10 }, (_, i) => i % 3);
  const before = tf.memory().numTensors;
  const of = (host: typeof model | tf.LayersModel) =>
    evaluateSplice(host, 'relu', sae, rows, {
      ...{ targets, outputs: 'logits', effects: 'ablation', batchSize: 4 },
    });
  const [wanted, found] = [await of(layers), await of(model)];
  expect(tf.memory().numTensors).toBe(before);
  const close = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    expect(differenceOf(Array.from(a), Array.from(b))).toBeLessThan(1e-5);
  expect(found.fires).toEqual(wanted.fires);
  expect(found.costs.map(({ metric }) => metric)).toEqual(['cross-entropy', 'kl', 'accuracy']);
  found.costs.forEach(({ original, spliced, zeroAblated, meanAblated }, i) => {
    const other = wanted.costs[i] as (typeof wanted.costs)[0];
    const { original: h, spliced: hSae, zeroAblated: h0, meanAblated: hMean } = other;
    close([original, spliced, zeroAblated, meanAblated], [h, hSae, h0, hMean]);
  });
  const effects = found.byAblation as Required<SpliceEffects>;
  close(effects.values, (wanted.byAblation as SpliceEffects).values);
  close(effects.metric, (wanted.byAblation as Required<SpliceEffects>).metric);
  expect(effects.values.some((value) => Math.abs(value) > 0.01)).toBe(true);
  for (const one of [layers, sae, rows]) one.dispose();
  await model.dispose();
});

test('an edit of a transformer’s layer is what the next ones get', async () => {
  await withModel(BERT, async (model, inputs) => {
    const edit = (h: tf.Tensor) => tf.tanh(h);
    const [y] = await model.run(inputs, { layer: AT, edit });
    // The same in two steps: the edited layer is what an edit by a constant gives.
    const [h] = await model.capture(inputs, [AT]);
    const constant = tf.tanh(h as tf.Tensor);
    const [same] = await model.run(inputs, { layer: AT, edit: () => constant });
    expect(numbers(y)).toEqual(numbers(same));
    const [plain] = await model.run(inputs);
    expect(differenceOf(numbers(y), numbers(plain))).toBeGreaterThan(0.05);
    expect(constant.isDisposed).toBe(false);
    tf.dispose([y, h, constant, same, plain] as tf.Tensor[]);
  });
});

test('an edit of an output is that output', async () => {
  await withModel('mlp.onnx', async (model, inputs) => {
    const [y] = await model.run(inputs);
    const [doubled] = await model.run(inputs, { layer: 'y', edit: (h) => tf.mul(h, 2) });
    expect(numbers(doubled)).toEqual(numbers(y).map((value) => 2 * value));
    tf.dispose([y, doubled] as tf.Tensor[]);
  });
});

test('inputs in order, by name, and one alone; from bytes and a Blob', async () => {
  const bytes = bytesOf('mlp.onnx');
  const x = tensorOf(expectedOf('mlp.onnx').inputs['x'] as Written);
  const results: number[][] = [];
  for (const given of [bytes, new Blob([bytes]), pathOf('mlp.onnx')]) {
    const model = await onnxModel(given, { ort });
    for (const inputs of [x, [x], { x }] as ModelInputs[]) {
      const [y] = await model.run(inputs);
      results.push(numbers(y));
      y?.dispose();
    }
    await model.dispose();
  }
  x.dispose();
  expect(new Set(results.map((each) => each.join())).size).toBe(1);
});

test('weights in files beside it are found beside a path, and taken where they are given', async () => {
  const x = tensorOf(expectedOf('external.onnx').inputs['x'] as Written);
  const files = { 'external.onnx_data': bytesOf('external.onnx_data') };
  const model = await onnxModel(bytesOf('external.onnx'), { ort, files });
  const [hidden] = await model.capture(x, ['relu']);
  const known = expectedOf('external.onnx').hidden['relu']?.values ?? [];
  expect(differenceOf(numbers(hidden), [...known])).toBeLessThan(2e-5);
  tf.dispose([x, hidden] as tf.Tensor[]);
  await model.dispose();
  await expect(onnxModel(bytesOf('external.onnx'), { ort })).rejects.toThrow(
    'SAE_MISSING onnxModel: expected the model\'s file "external.onnx_data"; it is not here. Give it as files: { "external.onnx_data": … }.',
  );
});

test('calls at the same time wait for each other', async () => {
  await withModel(BERT, async (model, inputs) => {
    const [[a], [b], [c]] = await Promise.all([
      model.capture(inputs, [AT]),
      model.run(inputs, { layer: AT, edit: (h) => h }),
      model.capture(inputs, [AT]),
    ]);
    expect(numbers(a)).toEqual(numbers(c));
    tf.dispose([a, b, c] as tf.Tensor[]);
  });
});

test('what can be listed says operations and shapes, as far as they are known', async () => {
  await withModel('mlp.onnx', async (model) => {
    expect(await listLayers(model)).toEqual([
      { name: 'linear', kind: 'Gemm', shape: [null, 16] },
      { name: 'relu', kind: 'Relu', shape: [null, 16] },
      { name: 'y', kind: 'Gemm', shape: [null, 3] },
    ]);
  });
  await withModel('legacy.onnx', async (model, inputs) => {
    const shapeOf = () => model.layers().find(({ kind }) => kind === 'Relu')?.shape;
    expect(shapeOf()).toBeUndefined();
    tf.dispose(await model.capture(inputs, ['/1/Relu_output_0']));
    expect(shapeOf()).toEqual([null, 16]);
  });
});

test('only the nodes that a layer needs are computed', async () => {
  // Behind the layer stands a node that onnxruntime does not know: a part without it runs.
  const bytes = bytesOf('fused.onnx');
  const broken = Uint8Array.from(bytes);
  const text = new TextDecoder('latin1').decode(broken);
  const at = text.lastIndexOf('SkipLayerNormalization');
  broken.set(new TextEncoder().encode('SkipLayerNormalizatioX'), at);
  const model = await onnxModel(broken, { ort });
  const x = tensorOf(expectedOf('fused.onnx').inputs['x'] as Written);
  const [g] = await model.capture(x, ['g']);
  const known = expectedOf('fused.onnx').hidden['g']?.values ?? [];
  expect(differenceOf(numbers(g), [...known])).toBeLessThan(2e-5);
  await expect(model.run(x)).rejects.toThrow(
    'SAE_UNSUPPORTED the ONNX model: expected a model that onnxruntime runs; received one of which it says',
  );
  tf.dispose([x, g] as tf.Tensor[]);
  await model.dispose();
});

describe('is refused', () => {
  test('a layer that is not there, and inputs that are not the model’s', async () => {
    await withModel('mlp.onnx', async (model, { x }) => {
      const inputs = x as tf.Tensor;
      await expect(model.capture(inputs, ['relo'])).rejects.toThrow('Did you mean "relu"?');
      await expect(model.run(inputs, { layer: 'odd', edit: (h) => h })).rejects.toThrow(
        'SAE_OPTION the ONNX model: expected one of its layers: linear, relu, y; received "odd".',
      );
      await expect(model.run({ z: inputs })).rejects.toThrow(
        'SAE_OPTION the ONNX model: expected the inputs x; received "z". Give each of them',
      );
      await expect(model.run([inputs, inputs])).rejects.toThrow('received "x", "1".');
      await expect(model.run(inputs, { layer: 'relu', edit: (h) => tf.sum(h) })).rejects.toThrow(
        'SAE_SHAPE the ONNX model: expected an edit of "relu" that keeps the shape',
      );
    });
  });

  test('a model that is disposed, wrong options, a file that is none', async () => {
    const model = await onnxModel(pathOf('mlp.onnx'), { ort });
    await model.dispose();
    const x = tf.ones([1, 8]);
    await expect(model.run(x)).rejects.toThrow('SAE_STATE the ONNX model');
    x.dispose();
    await expect(onnxModel(pathOf('mlp.onnx'), { ort: {} as typeof ort })).rejects.toThrow(
      'SAE_OPTION onnxModel.ort: expected the module onnxruntime-web',
    );
    await expect(onnxModel(new Uint8Array(8), { ort })).rejects.toThrow(
      'SAE_FILE the file: expected an ONNX model',
    );
  });
});

test('a model that has been changed is one like any other', async () => {
  const model = await onnxModel(await exposeTensors(pathOf('mlp.onnx'), ['relu']), { ort });
  const x = tensorOf(expectedOf('mlp.onnx').inputs['x'] as Written);
  const results = await model.run(x);
  expect(results.map(({ shape }) => shape)).toEqual([
    [3, 3],
    [3, 16],
  ]);
  tf.dispose([x, ...results]);
  await model.dispose();
});
