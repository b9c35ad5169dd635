import * as tf from '@tensorflow/tfjs';
import { KerasAdam } from '../../src';
import {
  expectClose,
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

describe.each(SUBJECTS)('%s as a layer in an ordinary model', (_, subject) => {
  test.each(['reconstruction', 'codes'] as const)(
    'fit takes the step that autodiff of host loss plus own loss would take (%s)',
    async (returns) => {
      const first = tf.layers.dense({ units: INPUT_DIM, inputShape: [4], activation: 'tanh' });
      const layer = subject.layer({ returns });
      const last = tf.layers.dense({ units: 2 });
      const host = tf.sequential({ layers: [first, layer, last] });
      stir(layer);
      const optimizer = tf.train.sgd(RATE);
      host.compile({ optimizer, loss: 'meanSquaredError' });
      const [x, y] = [rows(8, 1, 4), rows(8, 2, 2)];

      const variables = host.trainableWeights.map((w) => w.read() as tf.Variable);
      const expected = tf.tidy(() => {
        const { value, grads } = tf.variableGrads(() => {
          const h = first.apply(x) as tf.Tensor2D;
          const pass = subject.reference(h, h, named(layer), layer.options as never);
          const out = last.apply(pass[returns]) as tf.Tensor;
          return tf.add(tf.losses.meanSquaredError(y, out), pass.loss) as tf.Scalar;
        }, variables);
        const after = variables.map((v) => {
          const next = tf.sub(v, tf.mul(grads[v.name] as tf.Tensor, RATE)) as tf.Tensor2D;
          return settled(layer, v.name, next);
        });
        return { loss: value.dataSync()[0] as number, after: after.map((t) => tf.keep(t)) };
      });

      const { history } = await host.fit(x, y, { batchSize: 8, ...quiet });
      expect(history['loss']?.[0]).toBeCloseTo(expected.loss, 4);
      variables.forEach((v, i) => {
        expectClose(v, expected.after[i] as tf.Tensor);
      });
      expectUnitRows(layer);
      tf.dispose([x, y, ...expected.after]);
      host.dispose();
      optimizer.dispose();
    },
  );

  test('shared, in a nested model, and by any optimizer: rows stay unit and nothing leaks', async () => {
    const shared = subject.layer();
    const [a, b] = [tf.input({ shape: [INPUT_DIM] }), tf.input({ shape: [INPUT_DIM] })];
    const inner = tf.model({ inputs: a, outputs: shared.apply(a) as tf.SymbolicTensor });
    const both = [inner.apply(a), shared.apply(b)] as tf.SymbolicTensor[];
    const sum = tf.layers.add().apply(both) as tf.SymbolicTensor;
    const host = tf.model({ inputs: [a, b], outputs: sum });
    const x = [rows(8), rows(8, 2)] as const;
    for (const optimizer of [
      new KerasAdam({ beta1: 0 }),
      tf.train.adam(1e-2),
      tf.train.sgd(1e-3),
    ]) {
      host.compile({ optimizer, loss: 'meanSquaredError' });
      const before = values(shared.wDec.read());
      const logs = await host.fit([...x], x[0], { epochs: 3, batchSize: 3, ...quiet });
      expect(Object.values(logs.history).flat().every(Number.isFinite)).toBe(true);
      expect(values(shared.wDec.read())).not.toEqual(before);
      expectUnitRows(shared);
      optimizer.dispose();
    }
    tf.dispose([...x]);
    host.dispose();
  });

  test('one call that stands twice adds its loss twice', async () => {
    const loss = async (times: number) => {
      const layer = subject.layer();
      const inputs = Array.from({ length: times }, () => tf.input({ shape: [INPUT_DIM] }));
      const outputs = inputs.map((input) => layer.apply(input) as tf.SymbolicTensor);
      const host = tf.model({ inputs, outputs });
      const zero = () => tf.scalar(0); // leaves the layer's own losses alone
      const optimizer = tf.train.sgd(0);
      host.compile({ optimizer, loss: outputs.map(() => zero) });
      const x = rows(8);
      const data = inputs.map(() => x);
      const { history } = await host.fit(data, data, { batchSize: 8, ...quiet });
      x.dispose();
      host.dispose();
      for (let more = 1; more < times; more++) layer.dispose();
      optimizer.dispose();
      return history['loss']?.[0] as number;
    };
    expect(await loss(2)).toBeCloseTo(2 * (await loss(1)), 4);
  });

  test('the whole model works as a part of another one', async () => {
    const sae = subject.model();
    const host = tf.sequential({
      layers: [tf.layers.dense({ units: INPUT_DIM, inputShape: [3] }), sae],
    });
    host.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    const [x, y] = [rows(8, 1, 3), rows(8, 2)];
    const before = values(sae.sae.wDec.read());
    await host.fit(x, y, { epochs: 2, ...quiet });
    expect(values(sae.sae.wDec.read())).not.toEqual(before);
    expectUnitRows(sae.sae);
    tf.dispose([x, y]);
    host.dispose();
    sae.dispose();
  });

  test('frozen, it is a fixed dictionary that adds no loss and lets the gradient through', async () => {
    const first = tf.layers.dense({ units: INPUT_DIM, inputShape: [INPUT_DIM] });
    const layer = subject.layer();
    const host = tf.sequential({ layers: [first, layer] });
    layer.trainable = false;
    const optimizer = tf.train.sgd(0.1);
    host.compile({ optimizer, loss: 'meanSquaredError' });
    const x = rows(8);
    const [weights, upstream] = [
      layer.getWeights().map(values),
      values(first.getWeights()[0] as never),
    ];
    const expected = tf.tidy(
      () => tf.losses.meanSquaredError(x, host.predict(x) as tf.Tensor).dataSync()[0] as number,
    );
    const { history } = await host.fit(x, x, { batchSize: 8, ...quiet });
    expect(history['loss']?.[0]).toBeCloseTo(expected, 5);
    expect(layer.getWeights().map(values)).toEqual(weights);
    expect(values(first.getWeights()[0] as never)).not.toEqual(upstream);
    x.dispose();
    host.dispose();
    optimizer.dispose();
  });

  test.each(['the model', 'its host'])(
    'as a model that is frozen by way of %s, it adds no loss either',
    async (way) => {
      const sae = subject.model();
      const host = tf.sequential({
        layers: [tf.layers.dense({ units: INPUT_DIM, inputShape: [INPUT_DIM] }), sae],
      });
      const frozen = way === 'the model' ? sae : sae.sae;
      frozen.trainable = false;
      const optimizer = tf.train.sgd(0.1);
      host.compile({ optimizer, loss: 'meanSquaredError' });
      const x = rows(8);
      const weights = sae.getWeights().map(values);
      const expected = tf.tidy(
        () => tf.losses.meanSquaredError(x, host.predict(x) as tf.Tensor).dataSync()[0] as number,
      );
      const { history } = await host.fit(x, x, { batchSize: 8, ...quiet });
      expect(history['loss']?.[0]).toBeCloseTo(expected, 5);
      expect(sae.getWeights().map(values)).toEqual(weights);
      x.dispose();
      host.dispose();
      sae.dispose();
      optimizer.dispose();
    },
  );

  test('what is written after a recorded pass without an optimizer is kept as it is', async () => {
    const layer = subject.layer();
    const x = rows(4);
    tf.dispose(layer.apply(x) as tf.Tensor);
    tf.tidy(() => {
      tf.variableGrads(() => tf.sum(layer.apply(x, { training: true }) as tf.Tensor) as tf.Scalar);
    });
    await Promise.resolve();
    tf.tidy(() => layer.setWeights(layer.getWeights().map((w) => tf.fill(w.shape, 2))));
    expect(values(layer.wDec.read())).toEqual(new Array(FEATURES * INPUT_DIM).fill(2));
    x.dispose();
    layer.dispose();
  });

  test('writes that are no optimizer step are kept as they are', () => {
    const layer = subject.layer({ inputShape: [INPUT_DIM] });
    const host = tf.sequential({ layers: [layer] });
    tf.tidy(() => {
      const twos = layer.getWeights().map((w) => tf.fill(w.shape, 2));
      layer.setWeights(twos);
      host.setWeights(twos);
      expect(values(layer.wDec.read())).toEqual(new Array(FEATURES * INPUT_DIM).fill(2));
      (layer.bDec.read() as tf.Variable).assign(tf.fill([INPUT_DIM], 3));
      expect(values(layer.wDec.read())).toEqual(new Array(FEATURES * INPUT_DIM).fill(2));
    });
    host.dispose();
  });

  test('a recorded pass that nobody asks about leaks nothing, and is told of once', () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => {});
    const layer = subject.layer();
    const x = rows(4);
    tf.dispose(layer.apply(x) as tf.Tensor);
    const forward = () =>
      tf.tidy(() => {
        const { value, grads } = tf.variableGrads(() =>
          tf.sum(layer.apply(x, { training: true }) as tf.Tensor),
        );
        tf.dispose([value, grads]);
      });
    forward();
    const before = tf.memory().numTensors;
    forward();
    forward();
    expect(tf.memory().numTensors).toBe(before);
    expect(warn.mock.calls).toEqual([[expect.stringContaining('has a loss of its own, which')]]);
    warn.mockRestore();
    x.dispose();
    layer.dispose();
  });
});
