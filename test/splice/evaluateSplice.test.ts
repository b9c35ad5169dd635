import * as tf from '@tensorflow/tfjs';
import {
  drawSplice,
  evaluateSplice,
  GatedSAE,
  type GivenTargets,
  type Host,
  hookedModel,
  ReluSAE,
  type SAEModel,
  type SpliceEffects,
  type SpliceEvaluation,
  spliceSAE,
  spliceTable,
} from '../../src';
import { refusal } from '../refusal';

const CLASSES = 3;
const EXAMPLES = 11;
const LABELS = Array.from({ length: EXAMPLES }, (_, i) => (i * 2) % CLASSES);

function randomized<Model extends SAEModel>(sae: Model): Model {
  const weights = sae.getWeights();
  tf.tidy(() =>
    sae.setWeights(weights.map((w, i) => tf.randomNormal(w.shape, 0, 0.5, 'float32', i + 1))),
  );
  return sae;
}

/** Convolutions, a pooling and classes: 3 × 2 positions of the spliced layer. */
function convModel(activation: 'softmax' | 'linear' = 'softmax') {
  const seeded = (seed: number) => tf.initializers.randomNormal({ stddev: 0.7, seed });
  return tf.sequential({
    layers: [
      tf.layers.conv2d({
        ...{ filters: 5, kernelSize: 2, activation: 'tanh', name: 'conv' },
        inputShape: [4, 3, 1],
        kernelInitializer: seeded(1),
      }),
      tf.layers.flatten({ name: 'flat' }),
      tf.layers.dense({ units: 6, activation: 'tanh', kernelInitializer: seeded(3) }),
      tf.layers.dense({ units: CLASSES, activation, name: 'out', kernelInitializer: seeded(2) }),
    ],
  });
}

let model: tf.Sequential;
let sae: GatedSAE;
let x: tf.Tensor4D;
beforeAll(() => {
  model = convModel();
  sae = randomized(new GatedSAE({ inputDim: 5, encodingDim: 7, seed: 1 }));
  x = tf.randomNormal([EXAMPLES, 4, 3, 1], 0, 1, 'float32', 5);
});
afterAll(() => {
  tf.dispose(x);
  model.dispose();
  sae.dispose();
});

const arrayOf = (t: tf.Tensor) => t.arraySync() as number[][];

/** What the rest of a model makes of the layer's activations. */
function rest(hidden: tf.Tensor, host = model): tf.Tensor {
  return host.layers.slice(1).reduce((t, layer) => layer.apply(t) as tf.Tensor, hidden);
}
const hiddenOf = () => model.layers[0]?.apply(x) as tf.Tensor4D;
const at = <T>(list: ArrayLike<T>, i: number) => list[i] as T;
const means = (rows: readonly number[][]) =>
  [0, 1, 2].map((c) => mean(rows.map((row) => at(row, c))));
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const crossEntropy = (p: number[][]) =>
  mean(p.map((row, i) => -Math.log(row[LABELS[i] as number] as number)));
const divergence = (p: number[][], q: number[][]) =>
  mean(
    p.map((row, i) => row.reduce((sum, v, c) => sum + v * Math.log(v / (q[i]?.[c] as number)), 0)),
  );
const accuracy = (p: number[][]) =>
  mean(p.map((row, i) => (row.indexOf(Math.max(...row)) === LABELS[i] ? 1 : 0)));

/** The layer without a feature: x − f_i s W_dec,i at every position. */
function without(feature: number, dictionary: SAEModel = sae): tf.Tensor {
  return tf.tidy(() => {
    const spliced = spliceSAE(model, 'conv', dictionary, { mode: 'ablate', features: [feature] });
    const out = spliced.predict(x) as tf.Tensor;
    spliced.dispose();
    return out;
  });
}

const valuesOf = (found: SpliceEvaluation, by: 'byAblation' | 'byGradient') =>
  (found[by] as SpliceEffects).values;
const metricOf = (found: SpliceEvaluation) => (found.byGradient as Required<SpliceEffects>).metric;

const close = (received: ArrayLike<number>, expected: ArrayLike<number>, digits = 5) => {
  expect(received.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    expect(received[i]).toBeCloseTo(expected[i] as number, digits);
  }
};

test('costs are the formulas, written out', async () => {
  const tensors = tf.memory().numTensors;
  const args = { targets: LABELS, batchSize: 4, effects: 'none' } as const;
  const { costs, ...others } = await evaluateSplice(model, 'conv', sae, x, args);
  expect(tf.memory().numTensors).toBe(tensors);
  expect(others).toMatchObject({
    ...{ layer: 'conv', className: 'GatedSAE', features: 7, outputs: 'probabilities' },
    ...{ examples: EXAMPLES, rows: EXAMPLES * 6, predictions: EXAMPLES },
  });
  expect(others.byAblation ?? others.byGradient).toBeUndefined();
  const [original, spliced, zeros, means] = tf.tidy(() => {
    const hidden = hiddenOf();
    const rows = tf.reshape(hidden, [-1, 5]);
    const xHat = tf.reshape(sae.decode(sae.encode(rows)), hidden.shape);
    const average = tf.tile(tf.mean(rows, 0, true), [rows.shape[0] as number, 1]);
    return [hidden, xHat, tf.zerosLike(hidden), tf.reshape(average, hidden.shape)].map((h) =>
      arrayOf(rest(h)),
    ) as [number[][], number[][], number[][], number[][]];
  });
  const formulas = {
    'cross-entropy': crossEntropy,
    kl: (p: number[][]) => divergence(original, p),
    accuracy,
  };
  expect(costs.map(({ metric }) => metric)).toEqual(Object.keys(formulas));
  for (const cost of costs) {
    const of = formulas[cost.metric as keyof typeof formulas];
    const [h, hSae, h0, hMean] = [original, spliced, zeros, means].map(of) as number[];
    const wanted = [h, hSae, h0, hMean] as [number, number, number, number];
    close([cost.original, cost.spliced, cost.zeroAblated, cost.meanAblated], wanted);
    expect(cost.change).toBeCloseTo(wanted[1] - wanted[0], 5);
    const recovered = (ablated: number) => (ablated - wanted[1]) / (ablated - wanted[0]);
    if (wanted[2] === wanted[0]) expect(cost.recoveredFromZero).toBeNull();
    else expect(cost.recoveredFromZero).toBeCloseTo(recovered(wanted[2]), 3);
    if (wanted[3] === wanted[0]) expect(cost.recoveredFromMean).toBeNull();
    else expect(cost.recoveredFromMean).toBeCloseTo(recovered(wanted[3]), 3);
  }
});

test.each(['none', 'layer-norm', 'constant', 'mean-norm'] as const)(
  'effects by ablation are those of a spliced model, normalize: %s',
  async (normalize) => {
    const dictionary = randomized(new ReluSAE({ inputDim: 5, encodingDim: 7, normalize, seed: 2 }));
    const args = { targets: LABELS, batchSize: 4, effects: 'ablation' } as const;
    const { byAblation, fires } = await evaluateSplice(model, 'conv', dictionary, x, args);
    const { values, metric, classNames } = byAblation as Required<SpliceEffects>;
    expect(classNames).toEqual(['0', '1', '2']);
    const codes = tf.tidy(() => arrayOf(dictionary.encode(tf.reshape(hiddenOf(), [-1, 5]))));
    const p = tf.tidy(() => arrayOf(model.predict(x) as tf.Tensor));
    for (let feature = 0; feature < 7; feature++) {
      const examples = LABELS.map((_, e) =>
        codes.slice(6 * e, 6 * e + 6).some((row) => (row[feature] as number) > 0),
      );
      expect(fires[feature]).toBe(examples.filter(Boolean).length);
      const out = without(feature, dictionary);
      const q = arrayOf(out);
      out.dispose();
      const effect = means(p).map((value, c) => value - at(means(q), c));
      close(values.subarray(3 * feature, 3 * feature + 3), effect);
      expect(metric[feature]).toBeCloseTo(crossEntropy(p) - crossEntropy(q), 5);
    }
    expect(metric.some((one) => Math.abs(one) > 0.01)).toBe(true);
    dictionary.dispose();
  },
);

test('effects by gradient are the slope of an ablation', async () => {
  const tensors = tf.memory().numTensors;
  const args = { targets: LABELS, batchSize: 4, effects: 'gradient' } as const;
  const { byGradient } = await evaluateSplice(model, 'conv', sae, x, args);
  expect(tf.memory().numTensors).toBe(tensors);
  const { values, metric } = byGradient as Required<SpliceEffects>;
  const step = 0.01;
  for (let feature = 0; feature < 7; feature++) {
    const scaled = (value: number) => {
      const edit = { mode: 'scale', features: [feature], value } as const;
      const spliced = spliceSAE(model, 'conv', sae, edit);
      const p = tf.tidy(() => arrayOf(spliced.predict(x) as tf.Tensor));
      spliced.dispose();
      return { ce: crossEntropy(p), classes: means(p) };
    };
    const [more, less] = [scaled(1 + step), scaled(1 - step)];
    const slopes = more.classes.map((value, c) => (value - at(less.classes, c)) / (2 * step));
    close(values.subarray(3 * feature, 3 * feature + 3), slopes, 4);
    expect(metric[feature]).toBeCloseTo((more.ce - less.ce) / (2 * step), 4);
  }
});

test('of a linear rest both effects are the same', async () => {
  const linear = tf.sequential({
    layers: [
      tf.layers.dense({ units: 5, inputShape: [4], activation: 'tanh', name: 'conv' }),
      tf.layers.dense({ units: 2, name: 'out' }),
    ],
  });
  const rows = tf.randomNormal([9, 4], 0, 1, 'float32', 6);
  const targets = tf.ones([9, 2]);
  const result = await evaluateSplice(linear, 'conv', sae, rows, {
    ...{ metric: 'mse', targets, classNames: ['height', 'width'] },
  });
  expect(result.outputs).toBe('values');
  expect(result.costs).toHaveLength(1);
  const { byAblation, byGradient } = result as Required<typeof result>;
  expect(byAblation.classNames).toEqual(['height', 'width']);
  expect(byAblation.values.some((value) => Math.abs(value) > 0.01)).toBe(true);
  close(byAblation.values, byGradient.values);
  tf.dispose([rows, targets]);
  linear.dispose();
});

test('the size of batches changes nothing, nor does the form of targets', async () => {
  const oneHot = tf.tidy(() => tf.oneHot(tf.tensor1d(LABELS, 'int32'), CLASSES));
  const of = (targets: GivenTargets, batchSize: number) =>
    evaluateSplice(model, 'conv', sae, x, { targets, batchSize });
  const whole = await of(LABELS, 100);
  const ys = [Int32Array.from(LABELS), tf.tensor1d(LABELS, 'int32'), oneHot];
  for (const [i, targets] of ys.entries()) {
    const other = await of(targets, i + 2);
    close(Object.values(other.costs[0]).slice(1, 6) as number[], [
      ...(Object.values(whole.costs[0]).slice(1, 6) as number[]),
    ]);
    close(valuesOf(other, 'byAblation'), valuesOf(whole, 'byAblation'));
    close(valuesOf(other, 'byGradient'), valuesOf(whole, 'byGradient'));
  }
  const images = x.arraySync();
  const dataset = tf.data.zip({ xs: tf.data.array(images), ys: tf.data.array(LABELS) }).batch(4);
  const streamed = await evaluateSplice(model, 'conv', sae, dataset as never, {});
  close(metricOf(streamed), metricOf(whole));
  expect(streamed.costs[0].spliced).toBeCloseTo(whole.costs[0].spliced, 5);
  tf.dispose(ys);
});

test('some features, some classes', async () => {
  const args = { targets: LABELS, features: [4, 1], classes: [2, 0] };
  const some = await evaluateSplice(model, 'conv', sae, x, args);
  const all = await evaluateSplice(model, 'conv', sae, x, { targets: LABELS });
  expect(some.byAblation?.classNames).toEqual(['2', '0']);
  for (const by of ['byAblation', 'byGradient'] as const) {
    const wanted = Array.from({ length: 7 }, (_, f) =>
      [2, 0].map((c) => ([4, 1].includes(f) ? at(valuesOf(all, by), 3 * f + c) : 0)),
    );
    close(valuesOf(some, by), wanted.flat());
  }
});

/** Two layers of a network as a graph: `[4] → hidden [5] → classes [3]`. */
async function graphOf(weights: readonly tf.Tensor[]): Promise<tf.GraphModel> {
  const names = ['w1', 'b1', 'w2', 'b2'];
  const type = { type: 'DT_FLOAT' };
  const node = (name: string, op: string, input: string[] = []) => ({
    ...{ name, op, input, attr: { T: type, dtype: type } },
  });
  const modelTopology = {
    versions: { producer: 1 },
    node: [
      node('x', 'Placeholder'),
      ...names.map((name) => node(name, 'Const')),
      node('product', 'MatMul', ['x', 'w1']),
      node('sum', 'BiasAdd', ['product', 'b1']),
      node('hidden', 'Tanh', ['sum']),
      node('product2', 'MatMul', ['hidden', 'w2']),
      node('sum2', 'BiasAdd', ['product2', 'b2']),
      node('classes', 'Softmax', ['sum2']),
    ],
  };
  const weightSpecs = weights.map(({ shape }, i) => ({
    ...{ name: names[i] as string, shape, dtype: 'float32' as const },
  }));
  const weightData = Float32Array.from(weights.flatMap((w) => [...w.dataSync()])).buffer;
  return tf.loadGraphModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData }));
}

test('a network as a graph has the figures that it has as layers', async () => {
  const kernelInitializer = tf.initializers.randomNormal({ stddev: 0.7, seed: 4 });
  const layers = tf.sequential({
    layers: [
      tf.layers.dense({
        ...{ units: 5, activation: 'tanh', name: 'hidden', inputShape: [4], kernelInitializer },
        biasInitializer: kernelInitializer,
      }),
      tf.layers.dense({ units: CLASSES, activation: 'softmax', kernelInitializer }),
    ],
  });
  const graph = await graphOf(layers.getWeights());
  const rows = tf.randomNormal([EXAMPLES, 4], 0, 1, 'float32', 10);
  const tensors = tf.memory().numTensors;
  const of = (host: tf.LayersModel | tf.GraphModel) =>
    evaluateSplice(host, 'hidden', sae, rows, { targets: LABELS, batchSize: 4 });
  const [wanted, found] = [await of(layers), await of(graph)];
  expect(tf.memory().numTensors).toBe(tensors);
  expect(found.outputs).toBe('probabilities');
  expect(found.fires).toEqual(wanted.fires);
  expect(found.costs).toHaveLength(3);
  found.costs.forEach(({ metric, original, spliced, zeroAblated, meanAblated }, i) => {
    const other = at(wanted.costs, i);
    expect(metric).toBe(other.metric);
    const { original: h, spliced: hSae, zeroAblated: h0, meanAblated: hMean } = other;
    close([original, spliced, zeroAblated, meanAblated], [h, hSae, h0, hMean]);
  });
  for (const by of ['byAblation', 'byGradient'] as const) {
    close(valuesOf(found, by), valuesOf(wanted, by));
    expect(valuesOf(found, by).some((value) => Math.abs(value) > 0.01)).toBe(true);
  }
  close(metricOf(found), metricOf(wanted));
  for (const one of [layers, graph, rows]) one.dispose();
});

describe('a hand-written model of tokens', () => {
  const [width, vocabulary] = [5, 4];
  let table: tf.Tensor2D;
  let w: tf.Tensor2D;
  const tokens = [
    [1, 0, 3],
    [2, 2, 1],
  ];
  const next = [
    [0, 3, -1],
    [2, -1, -1],
  ];
  beforeAll(() => {
    table = tf.randomNormal([vocabulary, width], 0, 1, 'float32', 7);
    w = tf.randomNormal([width, vocabulary], 0, 1, 'float32', 8);
  });
  afterAll(() => tf.dispose([table, w]));
  const language = hookedModel((ids, hook) => {
    const hidden = hook('embedding', tf.gather(table, ids as tf.Tensor2D));
    return tf.reshape(tf.matMul(tf.reshape(tf.tanh(hidden), [-1, width]), w), [
      ...hidden.shape.slice(0, 2),
      vocabulary,
    ]);
  });

  const outputOf = (ids: tf.Tensor) => (language as Required<Host>).forward(ids)[0] as tf.Tensor;

  test('counts each token that is not left out', async () => {
    const ids = tf.tensor2d(tokens, [2, 3], 'int32');
    const targets = tf.tensor2d(next, [2, 3], 'int32');
    const tensors = tf.memory().numTensors;
    const args = { targets, outputs: 'logits', batchSize: 1 } as const;
    const result = await evaluateSplice(language, 'embedding', sae, ids, args);
    expect(tf.memory().numTensors).toBe(tensors);
    expect(result).toMatchObject({ predictions: 3, rows: 6, examples: 2 });
    const p = tf.tidy(() => tf.softmax(outputOf(ids)).arraySync() as number[][][]);
    const logs = next.flatMap((row, i) =>
      row.flatMap((label, j) => (label < 0 ? [] : [-Math.log(at(at(at(p, i), j), label))])),
    );
    expect(result.costs[0].original).toBeCloseTo(mean(logs), 5);
    expect(result.costs[1]?.original).toBe(0);
    expect(result.costs[1]?.spliced).toBeGreaterThan(0);
    expect(await refusal(evaluateSplice(language, 'embedding', sae, ids, { targets }))).toMatch(
      /SAE_OPTION evaluateSplice\.outputs: .*"logits"/,
    );
    tf.dispose([ids, targets]);
  });

  test('leaves the layer alone where a mask or a token says so', async () => {
    const ids = tf.tensor2d(tokens, [2, 3], 'int32');
    const targets = tf.tensor2d(next, [2, 3], 'int32');
    const left = at(at(tokens, 0), 1);
    const excludeTokens = [left];
    const kept = tokens.flat().map((token) => token !== left);
    const args = { targets, outputs: 'logits', batchSize: 1 } as const;
    const tensors = tf.memory().numTensors;
    const found = await evaluateSplice(language, 'embedding', sae, ids, { ...args, excludeTokens });
    const mask = (inputs: unknown) => tf.notEqual(inputs as tf.Tensor, left);
    const masked = await evaluateSplice(language, 'embedding', sae, ids, { ...args, mask });
    expect(tf.memory().numTensors).toBe(tensors);
    expect(masked).toEqual(found);
    const count = kept.filter(Boolean).length;
    expect(count).toBeLessThan(6);
    expect(found).toMatchObject({ rows: count, predictions: 3, examples: 2 });
    // By the formulas: the dictionary at the positions that are kept, the mean of these at all.
    const forward = (edit: (hidden: tf.Tensor) => tf.Tensor) =>
      (language as Required<Host>).forward(ids, { layer: 'embedding', edit })[0] as tf.Tensor;
    const lossOf = (edit: (hidden: tf.Tensor) => tf.Tensor) =>
      tf.tidy(() => {
        const p = tf.softmax(forward(edit)).arraySync() as number[][][];
        const logs = next.flatMap((row, i) =>
          row.flatMap((label, j) => (label < 0 ? [] : [-Math.log(at(at(at(p, i), j), label))])),
        );
        return mean(logs);
      });
    const flags = tf.tensor(kept, [2, 3, 1], 'bool');
    const spliced = lossOf((h) =>
      tf.where(flags, tf.reshape(sae.decode(sae.encode(h)), h.shape), h),
    );
    const average = lossOf((h) => {
      const sum = tf.sum(tf.where(flags, h, tf.zerosLike(h)), [0, 1]);
      return tf.add(tf.zerosLike(h), tf.div(sum, count));
    });
    expect(found.costs[0].spliced).toBeCloseTo(spliced, 5);
    expect(found.costs[0].meanAblated).toBeCloseTo(average, 5);
    expect(found.costs[0].zeroAblated).toBeCloseTo(lossOf(tf.zerosLike), 5);
    const whole = await evaluateSplice(language, 'embedding', sae, ids, args);
    expect(whole.costs[0].spliced).not.toBeCloseTo(found.costs[0].spliced, 3);
    const fires = tf.tidy(() => {
      let hidden: tf.Tensor | undefined;
      forward((h) => {
        hidden = tf.keep(tf.clone(h));
        return h;
      });
      const codes = arrayOf(sae.encode(tf.reshape(hidden as tf.Tensor, [6, width])));
      hidden?.dispose();
      return codes;
    });
    for (let feature = 0; feature < 7; feature++) {
      const examples = [0, 1].filter((e) =>
        [0, 1, 2].some((j) => kept[3 * e + j] && at(at(fires, 3 * e + j), feature) > 0),
      );
      expect(found.fires[feature]).toBe(examples.length);
    }
    tf.dispose([ids, targets, flags]);
  });

  test('is measured by a metric of one’s own', async () => {
    const ids = tf.tensor2d(tokens, [2, 3], 'int32');
    const largest = (outputs: tf.Tensor) => tf.max(outputs, [1, 2]);
    const { costs, byAblation, byGradient } = await evaluateSplice(
      language,
      'embedding',
      sae,
      ids,
      {
        metric: largest,
      },
    );
    expect(costs).toHaveLength(1);
    const outputs = tf.tidy(() => outputOf(ids).arraySync() as unknown as number[][][]);
    expect(costs[0].metric).toBe('largest');
    expect(costs[0].original).toBeCloseTo(mean(outputs.map((one) => Math.max(...one.flat()))), 5);
    expect(byAblation?.metric).toHaveLength(7);
    expect(byGradient?.metric).toBeUndefined();
    const wrong = evaluateSplice(language, 'embedding', sae, ids, { metric: () => [1] });
    expect(await refusal(wrong)).toMatch(/SAE_OPTION evaluateSplice\.metric: .*2 numbers/);
    ids.dispose();
  });
});

test('binary outputs are two classes', async () => {
  const binary = tf.sequential({
    layers: [
      tf.layers.dense({ units: 5, inputShape: [4], activation: 'tanh', name: 'hidden' }),
      tf.layers.dense({ units: 1, activation: 'sigmoid' }),
    ],
  });
  const rows = tf.randomNormal([6, 4], 0, 1, 'float32', 9);
  const targets = [0, 1, 1, 0, 1, 0];
  const { costs, byAblation } = await evaluateSplice(binary, 'hidden', sae, rows, { targets });
  const p = tf.tidy(() => (binary.predict(rows) as tf.Tensor).dataSync());
  const logs = targets.map((label, i) => -Math.log(label === 1 ? at(p, i) : 1 - at(p, i)));
  expect(costs[0].original).toBeCloseTo(mean(logs), 5);
  expect(byAblation?.values).toHaveLength(7);
  rows.dispose();
  binary.dispose();
});

describe('what does not fit is refused', () => {
  const of = (args: object, data: unknown = x) =>
    refusal(evaluateSplice(model, 'conv', sae, data as tf.Tensor, args));
  test.each<[string, object, RegExp]>([
    ['no targets', { metric: 'accuracy' }, /SAE_DATA evaluateSplice\.targets: .*"accuracy"/],
    ['too few targets', { targets: [1, 2] }, /SAE_DATA evaluateSplice\.targets: .*received 2/],
    ['too many targets', { targets: [...LABELS, 1] }, /SAE_DATA .*received 12/],
    ['another class', { targets: LABELS.map(() => 3) }, /SAE_DATA .*below 3.*received 3/],
    ['half a class', { targets: LABELS.map(() => 0.5) }, /SAE_DATA .*below 3.*received 0.5/],
    [
      'another shape',
      {
        targets: Array(EXAMPLES + 1)
          .fill(0)
          .slice(1),
        head: 0,
        outputs: 'values',
      },
      /SAE_DATA .*class numbers \[11\]/,
    ],
    ['a feature beyond', { features: [7] }, /SAE_OPTION .*\.features: .*below 7; received 7/],
    ['a class beyond', { classes: [3] }, /SAE_OPTION .*\.classes: .*below 3; received 3/],
    ['names for others', { classNames: ['a'] }, /SAE_OPTION .*\.classNames: .*3 texts/],
    ['a head beyond', { head: 1 }, /SAE_OPTION .*\.head: .*below 1; received 1/],
    ['a metric of values', { metric: 'mse' }, /SAE_DATA .*\.targets/],
    ['an unknown option', { feature: [1] }, /SAE_OPTION .*Did you mean "features"/],
    ['no metric', { metric: 'kll' }, /SAE_OPTION .*\.metric/],
  ])('%s', async (_, args, message) => {
    const tensors = tf.memory().numTensors;
    expect(await of(args)).toMatch(message);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  test('gradients of a model that another runtime computes', async () => {
    const { forward: _, ...other } = hookedModel((rows, hook) =>
      tf.softmax(hook('h', rows as never)),
    );
    const rows = tf.randomNormal([4, 5], 0, 1, 'float32', 1);
    const args = { outputs: 'probabilities', batchSize: 2 } as const;
    const { byAblation, byGradient } = await evaluateSplice(other, 'h', sae, rows, args);
    expect([byAblation !== undefined, byGradient !== undefined]).toEqual([true, false]);
    const wanted = evaluateSplice(other, 'h', sae, rows, { ...args, effects: 'gradient' });
    expect(await refusal(wanted)).toMatch(/SAE_UNSUPPORTED evaluateSplice: .*Give effects: "abl/);
    rows.dispose();
  });
});

test('effects by a gradient that a backend lacks are left out, or refused where they are asked for', async () => {
  const behind = tf.sequential({
    layers: [
      tf.layers.conv2d({ filters: 5, kernelSize: 2, inputShape: [4, 3, 1], name: 'conv' }),
      tf.layers.conv2d({ filters: 3, kernelSize: 2 }),
      tf.layers.globalAveragePooling2d({}),
      tf.layers.softmax(),
    ],
  });
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => {});
  const { numTensors } = tf.memory();
  const found = await evaluateSplice(behind, 'conv', sae, x, { targets: LABELS, batchSize: 4 });
  expect(tf.memory().numTensors).toBe(numTensors);
  const said = warn.mock.calls.map(String);
  warn.mockRestore();
  expect(found.byAblation).toBeDefined();
  if (tf.getKernel('Conv2DBackpropFilter', tf.getBackend()) === undefined) {
    const reason =
      /SAE_UNSUPPORTED evaluateSplice: .*Conv2DBackpropFilter.*"wasm".*"cpu".*effects: "ablation"/;
    expect(found.byGradient).toBeUndefined();
    expect(said).toEqual([expect.stringMatching(reason)]);
    const asked = { targets: LABELS, effects: 'both' } as const;
    expect(await refusal(evaluateSplice(behind, 'conv', sae, x, asked))).toMatch(reason);
  } else {
    expect(found.byGradient).toBeDefined();
    expect(said).toEqual([]);
  }
  behind.dispose();
});

test('the table has a line a metric, and one a feature', async () => {
  const evaluation = await evaluateSplice(model, 'conv', sae, x, { targets: LABELS });
  const lines = spliceTable(evaluation).split('\n');
  expect(lines[0]).toMatch(/^metric +original +spliced +zeros +mean +recovered: zeros +mean$/);
  expect(lines[1]).toMatch(/^cross-entropy +[\d.]+/);
  expect(lines[5]).toMatch(/^feature +examples +cross-entropy by ablation +cross-entropy by grad/);
  expect(drawSplice(evaluation).toSVG()).toContain('cross-entropy');
  expect(() => spliceTable({} as never)).toThrow(/SAE_OPTION spliceTable\.evaluation/);
});
