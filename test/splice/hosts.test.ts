import * as tf from '@tensorflow/tfjs';
import { type Host, hookedModel, listLayers } from '../../src';
import { hostOf } from '../../src/splice/hosts';
import { refusal } from '../refusal';

/** A convolutional model with a nested one in it, which has a nested one in turn. */
function nestedModel() {
  const inner = tf.sequential({
    name: 'inner',
    layers: [
      tf.layers.conv2d({
        ...{ filters: 5, kernelSize: 3, padding: 'same', activation: 'relu', name: 'conv' },
        inputShape: [6, 6, 4],
      }),
      tf.layers.dropout({ rate: 0.5, name: 'drop' }),
    ],
  });
  const start = tf.input({ shape: [6, 6, 4], name: 'blockIn' });
  const block = tf.model({
    name: 'block',
    inputs: start,
    outputs: tf.layers
      .conv2d({ filters: 3, kernelSize: 1, name: 'last' })
      .apply(inner.apply(start)) as tf.SymbolicTensor,
  });
  const image = tf.input({ shape: [6, 6, 1], name: 'image' });
  const first = tf.layers
    .conv2d({ filters: 4, kernelSize: 3, padding: 'same', name: 'first' })
    .apply(image) as tf.SymbolicTensor;
  const flat = tf.layers.flatten({ name: 'flat' }).apply(block.apply(first)) as tf.SymbolicTensor;
  const classes = tf.layers.dense({ units: 3, name: 'classes' }).apply(flat) as tf.SymbolicTensor;
  return tf.model({ name: 'host', inputs: image, outputs: classes });
}

const arrays = (tensors: readonly tf.Tensor[]) => tensors.map((t) => Array.from(t.dataSync()));

describe('a LayersModel', () => {
  let model: tf.LayersModel;
  let host: Host;
  let x: tf.Tensor;
  beforeAll(() => {
    model = nestedModel();
    host = hostOf('test', model);
    x = tf.randomUniform([2, 6, 6, 1], 0, 1, 'float32', 1);
  });
  afterAll(() => {
    model.dispose();
    x.dispose();
  });

  test('lists its layers, and those of nested models behind theirs', async () => {
    expect((await listLayers(model)).map(({ name, kind, shape }) => [name, kind, shape])).toEqual([
      ['first', 'Conv2D', [null, 6, 6, 4]],
      ['block', 'Model', [null, 6, 6, 3]],
      ['block/inner', 'Sequential', [null, 6, 6, 5]],
      ['block/inner/conv', 'Conv2D', [null, 6, 6, 5]],
      ['block/inner/drop', 'Dropout', [null, 6, 6, 5]],
      ['block/last', 'Conv2D', [null, 6, 6, 3]],
      ['flat', 'Flatten', [null, 108]],
      ['classes', 'Dense', [null, 3]],
    ]);
  });

  test('is captured in any order, twice too, bit for bit, and stays as it was', async () => {
    const before = JSON.stringify(model.toJSON());
    const tensors = tf.memory().numTensors;
    const names = ['classes', 'block/inner/conv', 'first', 'block/last', 'first', 'block'];
    const found = await host.capture(x, names);
    expect(tf.memory().numTensors).toBe(tensors + names.length);
    const [classes, conv, first, last, again, block] = found as [tf.Tensor, ...tf.Tensor[]];
    const expected = model.predict(x) as tf.Tensor;
    expect(arrays([classes])).toEqual(arrays([expected]));
    const whole = tf.tidy(() => {
      const layer = (name: string) => model.getLayer(name);
      const made = layer('first').apply(x) as tf.Tensor;
      const nested = layer('block') as unknown as tf.LayersModel;
      const inner = nested.getLayer('inner') as unknown as tf.LayersModel;
      return arrays([
        inner.getLayer('conv').apply(made) as tf.Tensor,
        made,
        nested.predict(made) as tf.Tensor,
      ]);
    });
    expect(arrays([conv, first, last] as tf.Tensor[])).toEqual(whole);
    expect(arrays([again, block] as tf.Tensor[])).toEqual([whole[1], whole[2]]);
    tf.dispose([found, expected]);
    expect(tf.memory().numTensors).toBe(tensors);
    expect(JSON.stringify(model.toJSON())).toBe(before);
  });

  test('computes no more than what is asked for', async () => {
    const last = model.getLayer('classes');
    const call = jest.spyOn(last, 'call');
    tf.dispose(await host.capture(x, ['block/inner/conv']));
    expect(call).not.toHaveBeenCalled();
    call.mockRestore();
  });

  test('runs with an edit of a nested layer', async () => {
    const tensors = tf.memory().numTensors;
    const plain = await host.run(x);
    const same = await host.run(x, { layer: 'block/inner/conv', edit: (h) => tf.clone(h) });
    const zero = await host.run(x, { layer: 'block/inner/conv', edit: tf.zerosLike });
    expect(arrays(same)).toEqual(arrays(plain));
    const [bias] = tf.tidy(() => {
      const nested = model.getLayer('block') as unknown as tf.LayersModel;
      const block = nested.getLayer('last').apply(tf.zeros([2, 6, 6, 5])) as tf.Tensor;
      return arrays([model.getLayer('classes').apply(tf.reshape(block, [2, -1])) as tf.Tensor]);
    });
    expect(arrays(zero)).toEqual([bias]);
    tf.dispose([plain, same, zero]);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  test('is as it was after an edit that throws, or gives another shape', async () => {
    const tensors = tf.memory().numTensors;
    const fail = () => {
      throw new Error('no such edit');
    };
    await expect(host.run(x, { layer: 'first', edit: fail })).rejects.toThrow('no such edit');
    expect(Object.hasOwn(model.getLayer('first'), 'call')).toBe(false);
    await expect(host.run(x, { layer: 'first', edit: (h) => tf.mean(h, 0) })).rejects.toThrow(
      /SAE_SHAPE model "host": expected an edit of "first" that keeps/,
    );
    expect(tf.memory().numTensors).toBe(tensors);
  });

  test('refuses a layer that is not there', async () => {
    expect(await refusal(host.capture(x, ['block/iner/conv']))).toMatch(
      /SAE_OPTION model "host": .*Did you mean "block\/inner\/conv"\?/,
    );
  });

  test('refuses a layer that is used twice', async () => {
    const a = tf.input({ shape: [4] });
    const dense = tf.layers.dense({ units: 4, name: 'shared' });
    const twice = tf.model({
      inputs: a,
      outputs: dense.apply(dense.apply(a)) as tf.SymbolicTensor,
      name: 'twice',
    });
    const rows = tf.ones([1, 4]);
    expect(await refusal(hostOf('test', twice).capture(rows, ['shared']))).toMatch(
      /SAE_OPTION model "twice": expected a layer that is used once; received "shared", which is used 2 times/,
    );
    twice.dispose();
    dense.dispose(); // once for each use
    rows.dispose();
  });
});

test('the gradient of an output by a hidden layer can be had', () => {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units: 4, inputShape: [3], activation: 'relu', name: 'hidden' }),
      tf.layers.dense({ units: 2, name: 'out' }),
    ],
  });
  tf.tidy(() => {
    const host = hostOf('test', model) as Required<Host>;
    const x = tf.randomUniform([5, 3], -1, 1, 'float32', 4);
    const gradient = tf.grad((delta) => {
      const edit = (h: tf.Tensor) => tf.add(h, delta);
      const [out] = host.forward(x, { layer: 'hidden', edit }) as [tf.Tensor];
      return tf.sum(tf.slice(out, [0, 1], [-1, 1]));
    })(tf.zeros([5, 4]));
    const column = tf.slice(model.getLayer('out').getWeights()[0] as tf.Tensor, [0, 1], [-1, 1]);
    const expected = tf.tile(tf.reshape(column, [1, 4]), [5, 1]);
    expect(arrays([gradient])).toEqual(arrays([expected]));
  });
  model.dispose();
});

describe('a hand-written model', () => {
  let w1: tf.Tensor2D;
  let w2: tf.Tensor2D;
  beforeAll(() => {
    w1 = tf.randomNormal([4, 8], 0, 1, 'float32', 1);
    w2 = tf.randomNormal([8, 3], 0, 1, 'float32', 2);
  });
  afterAll(() => tf.dispose([w1, w2]));
  let ends = 0;
  const model = hookedModel((x, hook) => {
    const hidden = hook('hidden', tf.relu(tf.matMul(x as tf.Tensor2D, w1)));
    ends++;
    return tf.matMul(hidden as tf.Tensor2D, w2);
  });

  test('is captured without the rest, and edited', async () => {
    const x = tf.randomUniform([5, 4], -1, 1, 'float32', 3);
    const tensors = tf.memory().numTensors;
    const [hidden] = (await model.capture(x, ['hidden'])) as [tf.Tensor];
    expect(ends).toBe(0);
    expect(await listLayers(model, x)).toEqual([
      { name: 'hidden', kind: 'hook', shape: [null, 8] },
    ]);
    const edit = (h: tf.Tensor) => tf.mul(h, 2);
    const [twice] = (await model.run(x, { layer: 'hidden', edit })) as [tf.Tensor];
    const expected = tf.tidy(() => tf.matMul(tf.mul(hidden, 2) as tf.Tensor2D, w2).dataSync());
    expect(twice.dataSync()).toEqual(expected);
    expect(await refusal(model.capture(x, ['hiden']))).toMatch(/Did you mean "hidden"\?/);
    expect(await refusal(model.run(x, { layer: 'none', edit }))).toMatch(/SAE_OPTION/);
    tf.dispose([hidden, twice]);
    expect(tf.memory().numTensors).toBe(tensors);
    x.dispose();
  });
});

test('anything else is no model', async () => {
  expect(await refusal(listLayers({} as never))).toMatch(
    /SAE_OPTION listLayers\.model: expected a tf\.LayersModel/,
  );
});
