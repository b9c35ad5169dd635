import * as tf from '@tensorflow/tfjs';
import { SAEError, type SAEModel, type SparseAutoencoderLayer } from '../../src';
import { differs, REPEATED } from '../backends/differences';
import {
  expectClose,
  expectSame,
  expectUnitRows,
  FEATURES,
  INPUT_DIM,
  named,
  rows,
  SUBJECTS,
  settled,
  stir,
  values,
} from './architecture';

const quiet = { verbose: 0 as const };
const RATE = 0.05;
/** Has a model's loss be that of the layers in it alone. */
const zero = () => tf.scalar(0);

/** Normal numbers of that shape, the same every time; the caller disposes them. */
const activations = (shape: number[], seed = 1): tf.Tensor =>
  tf.randomNormal(shape, 0, 1, 'float32', seed);

type Loss = string | (() => tf.Scalar);

/** One step of gradient descent: the loss before it. The model's weights are then other ones. */
async function step(
  model: tf.LayersModel,
  x: tf.Tensor,
  y: tf.Tensor,
  loss: Loss = 'meanSquaredError',
): Promise<number> {
  const optimizer = tf.train.sgd(RATE);
  model.compile({ optimizer, loss: loss as string });
  const size = x.shape[0] as number;
  try {
    const { history } = await model.fit(x, y, { batchSize: size, shuffle: false, ...quiet });
    return history['loss']?.[0] as number;
  } finally {
    optimizer.dispose();
  }
}

/** The same for a model of several inputs, of which only the layers' own losses count. */
async function stepOf(model: tf.LayersModel, x: tf.Tensor[]): Promise<number> {
  const optimizer = tf.train.sgd(RATE);
  model.compile({ optimizer, loss: x.map(() => zero) as never });
  const size = x[0]?.shape[0] as number;
  const { history } = await model.fit(x, x, { batchSize: size, ...quiet });
  optimizer.dispose();
  return history['loss']?.[0] as number;
}

/** What a layer's own losses of some inputs come to. */
const ownLoss = (layer: SparseAutoencoderLayer, ...inputs: tf.Tensor[]): number =>
  tf.tidy(() =>
    inputs
      .map((t) => tf.reshape<tf.Rank.R2>(t, [-1, INPUT_DIM]))
      .map((t) => layer.forward(t, t, true).loss.dataSync()[0] as number)
      .reduce((sum, loss) => sum + loss),
  );

/** Copies a model's weights into another one of the same layers. */
const copy = (from: tf.LayersModel, to: tf.LayersModel) => to.setWeights(from.getWeights());

const expectSameWeights = (ours: tf.LayersModel, theirs: tf.LayersModel) =>
  ours.getWeights().forEach((weight, i) => {
    expectSame(weight, theirs.getWeights()[i] as tf.Tensor);
  });

const saved = (model: tf.LayersModel): Promise<tf.io.ModelArtifacts> =>
  new Promise((resolve, reject) => {
    const handler = tf.io.withSaveHandler(async (artifacts) => {
      const { weightData, ...rest } = artifacts;
      resolve({ ...(JSON.parse(JSON.stringify(rest)) as tf.io.ModelArtifacts), weightData });
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    });
    model.save(handler).catch(reject);
  });

/** A layer of somebody's that calls the layer in it with its input, and with twice that. */
class Twice extends tf.layers.Layer {
  static readonly className = 'Twice';
  constructor(
    private readonly inner: SparseAutoencoderLayer,
    private readonly handsOnLosses: boolean,
  ) {
    super({});
  }
  override build(shape: tf.Shape): void {
    this.inner.build(shape);
    this.trainableWeights = this.inner.trainableWeights;
    this.nonTrainableWeights = this.inner.nonTrainableWeights;
    super.build(shape);
  }
  override get losses() {
    return this.handsOnLosses ? this.inner.losses : [];
  }
  override call(inputs: tf.Tensor[], kwargs: never): tf.Tensor {
    const x = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor;
    const both = [x, tf.mul(x, 2)].map((t) => this.inner.call(t, kwargs));
    return tf.addN(both);
  }
}

/** Passes its input on, and keeps the mask that it was given with it. */
class SeesMask extends tf.layers.Layer {
  static readonly className = 'SeesMask';
  mask: number[] | undefined;
  override call(inputs: tf.Tensor[], { mask }: { mask?: tf.Tensor[] }): tf.Tensor {
    const [given] = [mask ?? []].flat();
    this.mask = given && [...given.dataSync()];
    return (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor;
  }
}

describe.each(SUBJECTS)('%s', (_, subject) => {
  describe.each([[[4]], [[4, 3]], [[4, 3, 2]]])('on input with leading axes %j', (leading) => {
    test.each(['reconstruction', 'codes'] as const)(
      'computes and trains as on the same rows, those before it as well (%s)',
      async (returns) => {
        const make = (shape: number[]) => {
          const layer = subject.layer({ returns });
          const before = tf.layers.dense({ units: INPUT_DIM, inputShape: [...shape, 5] });
          const model = tf.sequential({ layers: [before, layer] });
          return { model, layer };
        };
        const [ours, flat] = [make(leading.slice(1)), make([])];
        stir(ours.layer);
        copy(ours.model, flat.model);
        const width = returns === 'codes' ? FEATURES : INPUT_DIM;
        const [x, y] = [activations([...leading, 5]), activations([...leading, width], 2)];
        const [xRows, yRows] = [tf.reshape(x, [-1, 5]), tf.reshape(y, [-1, width])];

        expect(ours.model.outputs[0]?.shape).toEqual([null, ...leading.slice(1), width]);
        tf.tidy(() => {
          const output = ours.model.predict(x) as tf.Tensor;
          expect(output.shape).toEqual([...leading, width]);
          expectSame(tf.reshape(output, [-1, width]), flat.model.predict(xRows) as tf.Tensor);
        });
        const losses = [await step(ours.model, x, y), await step(flat.model, xRows, yRows)];
        expect((losses[0] as number) / (losses[1] as number)).toBeCloseTo(1, 6);
        ours.model.getWeights().forEach((weight, i) => {
          expectClose(weight, flat.model.getWeights()[i] as tf.Tensor, 1e-6);
        });
        expectUnitRows(ours.layer);
        tf.dispose([x, y, xRows, yRows]);
        ours.model.dispose();
        flat.model.dispose();
      },
    );

    test('takes the step that autodiff of its own loss over the rows would take', async () => {
      const layer = subject.layer({ inputShape: [...leading.slice(1), INPUT_DIM] });
      const model = tf.sequential({ layers: [layer] });
      stir(layer);
      const x = activations([...leading, INPUT_DIM]);
      const variables = model.trainableWeights.map((w) => w.read() as tf.Variable);
      const [loss, after] = tf.tidy(() => {
        const flat = tf.reshape<tf.Rank.R2>(x, [-1, INPUT_DIM]);
        const { value, grads } = tf.variableGrads(
          () => subject.reference(flat, flat, named(layer), layer.options as never).loss,
          variables,
        );
        const stepped = variables.map((v) => {
          const next = tf.sub(v, tf.mul(grads[v.name] as tf.Tensor, RATE)) as tf.Tensor2D;
          return settled(layer, v.name, next);
        });
        return [value.dataSync()[0] as number, stepped.map((t) => tf.keep(t))] as const;
      });
      expect(await step(model, x, x, zero)).toBeCloseTo(loss, 4);
      variables.forEach((v, i) => {
        expectClose(v, after[i] as tf.Tensor);
      });
      tf.dispose([x, ...after]);
      model.dispose();
    });
  });

  test('says its shapes before it has data, unknown axes among them', () => {
    const layer = subject.layer();
    expect(layer.computeOutputShape([null, null, INPUT_DIM])).toEqual([null, null, INPUT_DIM]);
    const input = tf.input({ shape: [null, 3, INPUT_DIM] });
    const output = layer.apply(input) as tf.SymbolicTensor;
    expect(output.shape).toEqual([null, null, 3, INPUT_DIM]);
    expect(layer.inputSpec).toMatchObject([{ minNDim: 2, axes: { '-1': INPUT_DIM } }]);
    const codes = subject.layer({ returns: 'codes' });
    expect(codes.computeOutputShape([2, null, INPUT_DIM])).toEqual([2, null, FEATURES]);
    expect(layer.wDec.shape).toEqual([FEATURES, INPUT_DIM]);
    layer.dispose();
  });

  test('is shared by places of other ranks, within a model too, and each adds its loss', async () => {
    const layer = subject.layer();
    const [a, b] = [tf.input({ shape: [3, INPUT_DIM] }), tf.input({ shape: [INPUT_DIM] })];
    const inner = tf.model({ inputs: a, outputs: layer.apply(a) as tf.SymbolicTensor });
    const outputs = [inner.apply(a), layer.apply(b)] as tf.SymbolicTensor[];
    const host = tf.model({ inputs: [a, b], outputs });
    const x = [activations([4, 3, INPUT_DIM]), activations([4, INPUT_DIM], 2)];
    const expected = ownLoss(layer, ...x);
    expect(await stepOf(host, x)).toBeCloseTo(expected, 4);
    tf.dispose(x);
    host.dispose();
  });

  test('is saved and loaded with its model', async () => {
    const layer = subject.layer({ inputShape: [3, INPUT_DIM], returns: 'codes' });
    const model = tf.sequential({ layers: [layer, tf.layers.flatten()] });
    const again = await tf.loadLayersModel(tf.io.fromMemory(await saved(model)));
    expect(again.outputs[0]?.shape).toEqual([null, 3 * FEATURES]);
    const x = activations([2, 3, INPUT_DIM]);
    tf.tidy(() => expectSame(again.predict(x) as tf.Tensor, model.predict(x) as tf.Tensor));
    x.dispose();
    model.dispose();
    again.dispose();
  });

  describe('behind a mask', () => {
    /** Steps of zeros are masked. */
    const masked = (layer: tf.layers.Layer, after: tf.layers.Layer[] = []) =>
      tf.sequential({
        layers: [tf.layers.masking({ inputShape: [3, INPUT_DIM] }), layer, ...after],
      });
    const sequences = (x: tf.Tensor) =>
      tf.tidy(() => tf.mul(x, tf.tensor([1, 1, 0, 1, 0, 0], [2, 3, 1])));

    test.each(['the layer', 'the whole model'])(
      'only steps that are not masked count in the own loss and its gradient (%s)',
      async (which) => {
        const part = which === 'the layer' ? subject.layer() : subject.model();
        const model = masked(part);
        const layer =
          which === 'the layer' ? (part as SparseAutoencoderLayer) : (part as SAEModel).sae;
        const other = subject.layer({ inputShape: [INPUT_DIM] });
        const flat = tf.sequential({ layers: [other] });
        stir(layer);
        copy(model, flat);
        const noise = activations([2, 3, INPUT_DIM]);
        const x = sequences(noise);
        const kept = tf.tidy(() =>
          tf.gather(tf.reshape(x, [6, INPUT_DIM]), tf.tensor1d([0, 1, 3], 'int32')),
        );
        const losses = [await step(model, x, x, zero), await step(flat, kept, kept, zero)];
        expect((losses[0] as number) / (losses[1] as number)).toBeCloseTo(1, 6);
        model.getWeights().forEach((weight, i) => {
          expectClose(weight, flat.getWeights()[i] as tf.Tensor, 1e-6);
        });
        tf.dispose([noise, x, kept]);
        model.dispose();
        if (which === 'the whole model') part.dispose();
        flat.dispose();
      },
    );

    test('its gradient goes on into what is before it, by the steps that count', async () => {
      const make = (shape: number[]) => {
        const before = tf.layers.dense({ units: INPUT_DIM, inputShape: [...shape, INPUT_DIM] });
        const layer = subject.layer();
        return { before, layer };
      };
      const [ours, flat] = [make([3]), make([])];
      // tfjs's dense hands a mask on, and so it comes to the layer behind it.
      const model = masked(ours.before, [ours.layer]);
      const rowsAlone = tf.sequential({ layers: [flat.before, flat.layer] });
      stir(ours.layer);
      copy(model, rowsAlone);
      const noise = activations([2, 3, INPUT_DIM]);
      const x = sequences(noise);
      const kept = tf.tidy(() =>
        tf.gather(tf.reshape(x, [6, INPUT_DIM]), tf.tensor1d([0, 1, 3], 'int32')),
      );
      await step(model, x, x, zero);
      await step(rowsAlone, kept, kept, zero);
      model.trainableWeights.forEach((weight, i) => {
        expectClose(weight.read(), rowsAlone.trainableWeights[i]?.read() as tf.Tensor, 1e-6);
      });
      tf.dispose([noise, x, kept]);
      model.dispose();
      rowsAlone.dispose();
    });

    test('masked steps are computed as all others, and the mask goes on', () => {
      const layer = subject.layer();
      const behind = new SeesMask({});
      const model = masked(layer, [behind]);
      stir(layer);
      tf.tidy(() => {
        const x = sequences(activations([2, 3, INPUT_DIM]));
        expectSame(model.predict(x) as tf.Tensor, layer.apply(x) as tf.Tensor);
      });
      expect(behind.mask).toEqual([1, 1, 0, 1, 0, 0]);
      model.dispose();
    });

    test('a batch without a step that counts has no loss', async () => {
      const model = masked(subject.layer());
      const x = tf.zeros([2, 3, INPUT_DIM]);
      expect(await step(model, x, x, zero)).toBe(0);
      x.dispose();
      model.dispose();
    });

    test('a mask of something else is not taken for its own', async () => {
      // tfjs hands the last mask that there was to every layer behind it.
      const layer = subject.layer();
      const mean = tf.layers.globalAveragePooling1d({});
      const model = tf.sequential({
        layers: [tf.layers.masking({ inputShape: [3, INPUT_DIM] }), mean, layer],
      });
      const x = activations([2, 3, INPUT_DIM]);
      const hidden = tf.tidy(() => mean.apply(x) as tf.Tensor2D);
      const expected = tf.tidy(() => layer.forward(hidden, hidden, true).loss.dataSync()[0]);
      expect(await step(model, x, hidden, zero)).toBeCloseTo(expected as number, 5);
      tf.dispose([x, hidden]);
      model.dispose();
    });
  });

  describe('in timeDistributed', () => {
    const shape = [2, 3, INPUT_DIM];
    type Wrap = (subjects: typeof subject) => tf.layers.Layer;
    const WAYS: [string, Wrap][] = [
      ['the layer', (s) => tf.layers.timeDistributed({ layer: s.layer() })],
      [
        'the layer with codes',
        (s) => tf.layers.timeDistributed({ layer: s.layer({ returns: 'codes' }) }),
      ],
      ['the whole model', (s) => tf.layers.timeDistributed({ layer: s.model() })],
    ];
    test.each(WAYS)('%s computes and trains as without it', async (_way, wrap) => {
      const wrapper = wrap(subject) as tf.layers.Layer & { layer: tf.layers.Layer };
      const { returns = 'reconstruction' } = wrapper.layer as Partial<SparseAutoencoderLayer>;
      const input = tf.input({ shape: shape.slice(1) });
      const outputs = wrapper.apply(input) as tf.SymbolicTensor;
      const wrapped = tf.model({ inputs: input, outputs });
      const layer = subject.layer({ returns, inputShape: shape.slice(1) });
      const direct = tf.sequential({ layers: [layer] });
      stir(layer);
      copy(direct, wrapped);
      const width = returns === 'codes' ? FEATURES : INPUT_DIM;
      const [x, y] = [activations(shape), activations([...shape.slice(0, 2), width], 2)];
      tf.tidy(() => expectSame(wrapped.predict(x) as tf.Tensor, direct.predict(x) as tf.Tensor));
      const [ours, theirs] = [await step(wrapped, x, y), await step(direct, x, y)];
      const apart = differs('repeated') ? REPEATED * theirs : 0;
      expect(Math.abs(ours - theirs)).toBeLessThanOrEqual(apart);
      expectSameWeights(wrapped, direct);
      tf.dispose([x, y]);
      wrapped.dispose();
      direct.dispose();
    });

    test('shared by two places, and within another one, every call counts', async () => {
      const layer = subject.layer();
      const inner = tf.layers.timeDistributed({ layer });
      const outer = tf.layers.timeDistributed({ layer: inner });
      const inputs = [[3], [3], [2, 3]].map((l) => tf.input({ shape: [...l, INPUT_DIM] }));
      const outputs = inputs.map((i, at) => (at < 2 ? inner : outer).apply(i) as tf.SymbolicTensor);
      const model = tf.model({ inputs, outputs });
      const x = inputs.map((i, at) => activations([4, ...(i.shape.slice(1) as number[])], at));
      const expected = ownLoss(layer, ...x);
      expect(await stepOf(model, x)).toBeCloseTo(expected, 4);
      tf.dispose(x);
      model.dispose();
    });

    test('takes the weights that the layer was made with, as any wrapper does', () => {
      const made = subject.layer({ inputShape: [INPUT_DIM] });
      const alone = tf.sequential({ layers: [made] });
      stir(made);
      const layer = subject.layer({ weights: made.getWeights() });
      const wrapped = tf.sequential();
      wrapped.add(tf.layers.timeDistributed({ layer, inputShape: [3, INPUT_DIM] }));
      expectSameWeights(wrapped, alone);
      const other = subject.layer({ weights: made.getWeights() });
      const input = tf.input({ shape: [INPUT_DIM] });
      const outputs = new Twice(other, true).apply(input) as tf.SymbolicTensor;
      const custom = tf.model({ inputs: input, outputs });
      expect(other.getWeights().map(values)).toEqual(made.getWeights().map(values));
      const wrong = subject.layer({ weights: made.getWeights().slice(1) });
      const wrapper = tf.layers.timeDistributed({ layer: wrong });
      expect(() => wrapper.apply(tf.input({ shape: [3, INPUT_DIM] }))).toThrow(/^SAE_SHAPE /);
      for (const model of [alone, wrapped, custom]) model.dispose();
      tf.dispose(wrong.weights.map((w) => w.read()));
    });

    test('is saved and loaded', async () => {
      const model = tf.sequential();
      model.add(tf.layers.timeDistributed({ layer: subject.layer(), inputShape: [3, INPUT_DIM] }));
      const again = await tf.loadLayersModel(tf.io.fromMemory(await saved(model)));
      expectSameWeights(again as tf.LayersModel, model);
      model.dispose();
      again.dispose();
    });

    test('within a model in it, training is refused, and all else is not', async () => {
      const layer = subject.layer({ inputShape: [INPUT_DIM] });
      const inner = tf.sequential({ layers: [layer] });
      const model = tf.sequential();
      model.add(tf.layers.timeDistributed({ layer: inner, inputShape: [3, INPUT_DIM] }));
      const x = activations(shape);
      tf.tidy(() => expectClose(model.predict(x) as tf.Tensor, layer.apply(x) as tf.Tensor, 1e-6));
      const optimizer = tf.train.sgd(RATE);
      model.compile({ optimizer, loss: 'meanSquaredError' });
      const fault = await model.trainOnBatch(x, x).catch((error) => error);
      optimizer.dispose();
      expect(fault).toBeInstanceOf(SAEError);
      expect(fault.message).toMatch(/^SAE_STATE .* use the model's layers directly/);
      x.dispose();
      model.dispose();
    });

    test("a mask leaves steps out of the loss, as the layer's own does", async () => {
      const make = (layer: tf.layers.Layer) =>
        tf.sequential({
          layers: [tf.layers.masking({ inputShape: [3, INPUT_DIM] }), layer],
        });
      const model = make(tf.layers.timeDistributed({ layer: subject.layer() }));
      const direct = make(subject.layer());
      copy(direct, model);
      const x = tf.tidy(() => tf.mul(activations(shape), tf.tensor([1, 0, 0, 1, 1, 0], [2, 3, 1])));
      expect(await step(model, x, x, zero)).toBe(await step(direct, x, x, zero));
      expectSameWeights(model, direct);
      x.dispose();
      model.dispose();
      direct.dispose();
    });
  });

  test('called several times by a layer of somebody’s, every call counts', async () => {
    const layer = subject.layer();
    const input = tf.input({ shape: [INPUT_DIM] });
    const outputs = new Twice(layer, true).apply(input) as tf.SymbolicTensor;
    const host = tf.model({ inputs: input, outputs });
    const [x, doubled] = tf.tidy(() => [rows(4), tf.mul(rows(4), 2)] as const);
    const expected = ownLoss(layer, x, doubled);
    expect(await step(host, x, x, zero)).toBeCloseTo(expected, 4);
    expectUnitRows(layer);
    tf.dispose([x, doubled]);
    host.dispose();
  });

  test('where a layer of somebody’s hands no loss on, it is said once', async () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => {});
    const layer = subject.layer();
    const input = tf.input({ shape: [INPUT_DIM] });
    const outputs = new Twice(layer, false).apply(input) as tf.SymbolicTensor;
    const host = tf.model({ inputs: input, outputs });
    const x = rows(4);
    const optimizer = tf.train.sgd(RATE);
    host.compile({ optimizer, loss: 'meanSquaredError' });
    await host.fit(x, x, { epochs: 3, ...quiet });
    const told = warn.mock.calls.filter(([text]) => /a loss of its own, which/.test(String(text)));
    expect(told).toHaveLength(1);
    warn.mockRestore();
    tf.dispose([x, ...layer.calculateLosses()]); // the last pass's
    host.dispose();
    optimizer.dispose();
  });
});
