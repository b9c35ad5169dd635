import * as tf from '@tensorflow/tfjs';
import {
  GatedSAE,
  hookedModel,
  ReluSAE,
  type SAEModel,
  type SpliceArgs,
  setMetadata,
  spliceSAE,
  TopKSAE,
} from '../../src';
import { refusal } from '../refusal';

const WIDTH = 6;
const values = (t: tf.Tensor) => Array.from(t.dataSync());
const difference = (a: tf.Tensor, b: tf.Tensor) =>
  tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0] as number);

/** A model with two branches from the layer that is spliced, and a nested model after it. */
function hostModel(): tf.LayersModel {
  const x = tf.input({ shape: [4], name: 'x' });
  const dense = (units: number, name: string, from: tf.SymbolicTensor, activation?: 'relu') =>
    tf.layers
      .dense({ units, name, ...(activation && { activation }), biasInitializer: 'randomNormal' })
      .apply(from) as tf.SymbolicTensor;
  const hidden = dense(WIDTH, 'hidden', x, 'relu');
  const nested = tf.sequential({
    name: 'nested',
    layers: [
      tf.layers.dense({ units: WIDTH, inputShape: [WIDTH], name: 'inner' }),
      tf.layers.dense({ units: 3, name: 'last', activation: 'tanh' }),
    ],
  });
  const sum = tf.layers
    .add({ name: 'sum' })
    .apply([nested.apply(hidden) as tf.SymbolicTensor, dense(3, 'side', hidden)]);
  return tf.model({ inputs: x, outputs: sum as tf.SymbolicTensor, name: 'host' });
}

let model: tf.LayersModel;
let sae: GatedSAE;
let x: tf.Tensor2D;
beforeAll(() => {
  model = hostModel();
  sae = new GatedSAE({ inputDim: WIDTH, encodingDim: 10, seed: 1 });
  sae.setWeights(sae.getWeights().map((w, i) => tf.randomNormal(w.shape, 0, 0.6, 'float32', i)));
  x = tf.randomNormal([5, 4], 0, 1, 'float32', 3);
});
afterAll(() => {
  tf.dispose([x]);
  model.dispose();
  sae.dispose();
});

/** What the rest of the model makes of hidden activations. */
const rest = (hidden: tf.Tensor): tf.Tensor =>
  tf.add(
    (model.getLayer('nested') as unknown as tf.LayersModel).apply(hidden) as tf.Tensor,
    model.getLayer('side').apply(hidden) as tf.Tensor,
  );
const hiddenOf = () => model.getLayer('hidden').apply(x) as tf.Tensor2D;

/** The formulas, written out. */
function expected(args: SpliceArgs): number[] {
  return tf.tidy(() => {
    const hidden = hiddenOf();
    const codes = sae.encode(hidden);
    const rows = codes.arraySync();
    const { mode = 'reconstruct', features = rows[0]?.map((_, i) => i) ?? [], value = 0 } = args;
    const edited = rows.map((row) => {
      const out = [...row];
      for (const [i, f] of features.entries()) {
        const v = typeof value === 'number' ? value : (value[i] as number);
        const code = row[f] as number;
        out[f] =
          mode === 'ablate'
            ? 0
            : mode === 'clamp'
              ? v
              : mode === 'scale'
                ? v * code
                : mode === 'add'
                  ? code + v
                  : code;
      }
      return out;
    });
    const decoded = sae.decode(tf.tensor2d(edited));
    const withError = args.error ?? mode !== 'reconstruct';
    const output = withError ? tf.add(decoded, tf.sub(hidden, sae.decode(codes))) : decoded;
    return values(rest(output));
  });
}

const CASES: [string, SpliceArgs][] = [
  ['reconstructs', {}],
  ['ablates one', { mode: 'ablate', features: [2] }],
  ['ablates all without the error', { mode: 'ablate', error: false }],
  ['clamps two', { mode: 'clamp', features: [1, 7], value: [2, -1] }],
  ['scales', { mode: 'scale', features: [0, 3, 4], value: 3 }],
  ['scales all without the error', { mode: 'scale', value: 0.5, error: false }],
  ['adds', { mode: 'add', features: [9], value: 4 }],
];

test.each(CASES)('%s as the formulas say', (_, args) => {
  const before = tf.memory().numTensors;
  const spliced = spliceSAE(model, 'hidden', sae, args);
  tf.tidy(() => {
    const output = values(spliced.predict(x) as tf.Tensor);
    const wanted = expected(args);
    expect(difference(tf.tensor1d(output), tf.tensor1d(wanted))).toBeLessThan(1e-5);
  });
  spliced.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test('with the error a dictionary that is not edited changes nothing, and a perfect one neither', () => {
  const spliced = spliceSAE(model, 'hidden', sae, { error: true });
  const identity = new ReluSAE({ inputDim: WIDTH, encodingDim: WIDTH, centred: false });
  tf.tidy(() => {
    const eye = tf.eye(WIDTH);
    identity.setWeights([eye, tf.zeros([WIDTH]), eye, tf.zeros([WIDTH])]);
  });
  const perfect = spliceSAE(model, 'hidden', identity);
  tf.tidy(() => {
    const plain = model.predict(x) as tf.Tensor;
    expect(difference(plain, spliced.predict(x) as tf.Tensor)).toBe(0);
    expect(difference(plain, perfect.predict(x) as tf.Tensor)).toBeLessThan(1e-6);
  });
  spliced.dispose();
  perfect.dispose();
  identity.dispose();
});

test('ablating all features leaves b_dec, in the model’s own scale', () => {
  const scaled = new ReluSAE({ inputDim: WIDTH, encodingDim: 8, normalize: 'mean-norm', seed: 2 });
  tf.tidy(() => {
    const weights = scaled.getWeights().map((w, i) => tf.randomNormal(w.shape, 0, 1, 'float32', i));
    scaled.setWeights([...weights.slice(0, -1), tf.scalar(4)]);
    const spliced = spliceSAE(model, 'hidden', scaled, { mode: 'ablate', error: false });
    const bias = tf.div(scaled.sae.bDec.read(), 4);
    const wanted = rest(tf.tile(tf.reshape(bias, [1, WIDTH]), [5, 1]));
    expect(difference(spliced.predict(x) as tf.Tensor, wanted)).toBeLessThan(1e-6);
    const kept = spliceSAE(model, 'hidden', scaled, { mode: 'ablate', error: true });
    const hidden = hiddenOf();
    const missed = tf.add(bias, tf.sub(hidden, scaled.decode(scaled.encode(hidden))));
    expect(difference(kept.predict(x) as tf.Tensor, rest(missed))).toBeLessThan(1e-5);
    spliced.dispose();
    kept.dispose();
  });
  scaled.dispose();
});

test('weights are shared, and the host knows of nothing', async () => {
  const own = hostModel();
  const before = JSON.stringify(own.toJSON());
  const nodes = own.layers.map((layer) => [layer.inboundNodes.length, layer.outboundNodes.length]);
  const tensors = tf.memory().numTensors;
  const spliced = spliceSAE(own, 'hidden', sae, { mode: 'ablate', features: [1] });
  expect(tf.memory().numTensors).toBe(tensors);
  const dictionary = sae.getWeights().map(values);
  spliced.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const y = tf.randomNormal([5, 3], 0, 1, 'float32', 8);
  const kernel = values(own.getLayer('hidden').getWeights()[0] as tf.Tensor);
  await spliced.fit(x, y, { epochs: 1, verbose: 0 });
  expect(values(own.getLayer('hidden').getWeights()[0] as tf.Tensor)).not.toEqual(kernel);
  expect(sae.getWeights().map(values)).toEqual(dictionary);
  expect(JSON.stringify(own.toJSON())).toBe(before);
  expect(
    own.layers.map((layer) => [layer.inboundNodes.length, layer.outboundNodes.length]),
  ).toEqual(nodes);
  spliced.dispose();
  (own.predict(x) as tf.Tensor).dispose();
  tf.tidy(() => void sae.encode(tf.ones([1, WIDTH])));
  own.dispose();
  y.dispose();
});

test('it saves, loads and nests', async () => {
  const spliced = spliceSAE(model, 'nested/inner', sae, {
    mode: 'clamp',
    features: [1, 2],
    value: 3,
  });
  let saved: tf.io.ModelArtifacts | undefined;
  await spliced.save(
    tf.io.withSaveHandler(async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    }),
  );
  const loaded = await tf.loadLayersModel(tf.io.fromMemory(saved as tf.io.ModelArtifacts));
  const outer = tf.sequential({ layers: [tf.layers.inputLayer({ inputShape: [4] })] });
  outer.add(loaded);
  tf.tidy(() => {
    const output = spliced.predict(x) as tf.Tensor;
    expect(difference(output, model.predict(x) as tf.Tensor)).toBeGreaterThan(0.01);
    expect(difference(output, loaded.predict(x) as tf.Tensor)).toBe(0);
    expect(difference(output, outer.predict(x) as tf.Tensor)).toBe(0);
  });
  spliced.dispose();
  outer.dispose();
  loaded.dispose();
});

test('the same of a Sequential, of a feature map, and of a hand-written pass', async () => {
  const sequential = tf.sequential({
    layers: [
      tf.layers.conv2d({ filters: WIDTH, kernelSize: 2, inputShape: [4, 4, 1], name: 'conv' }),
      tf.layers.globalAveragePooling2d({ name: 'pool' }),
    ],
  });
  const images = tf.randomNormal([3, 4, 4, 1], 0, 1, 'float32', 5);
  const args: SpliceArgs = { mode: 'add', features: [0, 1], value: [2, -1] };
  const spliced = spliceSAE(sequential, 'conv', sae, args);
  expect(spliced.getClassName()).toBe('Sequential');
  const pass = hookedModel((inputs, hook) => {
    const map = sequential.getLayer('conv').apply(inputs as tf.Tensor) as tf.Tensor;
    return sequential.getLayer('pool').apply(hook('conv', map)) as tf.Tensor;
  });
  const [byHand] = (await spliceSAE(pass, 'conv', sae, args).predict(images)) as [tf.Tensor];
  tf.tidy(() => {
    const output = spliced.predict(images) as tf.Tensor;
    expect(difference(output, sequential.predict(images) as tf.Tensor)).toBeGreaterThan(1e-3);
    expect(difference(output, byHand)).toBeLessThan(1e-6);
  });
  tf.dispose([images, byHand]);
  spliced.dispose();
  sequential.dispose();
});

describe('refuses', () => {
  const args = (given: object) => () => spliceSAE(model, 'hidden', sae, given as SpliceArgs);
  test.each<[string, () => unknown, RegExp]>([
    ['a layer that is not there', () => spliceSAE(model, 'hiden', sae), /Did you mean "hidden"\?/],
    [
      'another width',
      () => spliceSAE(model, 'side', sae),
      /SAE_SHAPE model "host", layer "side": expected activations \[\.\.\., 6\]/,
    ],
    [
      'what is no dictionary',
      () => spliceSAE(model, 'hidden', model as SAEModel),
      /SAE_OPTION spliceSAE\.model/,
    ],
    ['an unknown mode', args({ mode: 'ablat' }), /Did you mean "ablate"\?/],
    [
      'a feature that is not there',
      args({ mode: 'ablate', features: [10] }),
      /spliceSAE\.features: expected numbers below 10/,
    ],
    ['clamping all', args({ mode: 'clamp', value: 1 }), /spliceSAE\.features: expected some/],
    ['no value', args({ mode: 'add', features: [1] }), /spliceSAE\.value: expected a number/],
    ['a value of no use', args({ mode: 'ablate', value: 1 }), /spliceSAE\.value: expected none/],
    [
      'too few values',
      args({ mode: 'scale', features: [1, 2], value: [1] }),
      /one for each of 2 features/,
    ],
  ])('%s', async (_, attempt, message) => {
    expect(await refusal(attempt)).toMatch(message);
  });

  test('a dictionary of another layer, unless it is forced', async () => {
    const other = new TopKSAE({ inputDim: WIDTH, encodingDim: 8, k: 2 });
    setMetadata(other, { hookName: 'other' });
    expect(await refusal(() => spliceSAE(model, 'hidden', other))).toMatch(
      /SAE_OPTION spliceSAE\.layer: expected the layer that the dictionary was made for: "other"/,
    );
    spliceSAE(model, 'hidden', other, { force: true }).dispose();
    other.dispose();
  });

  test('a transcoder, and a scale that nobody knows', async () => {
    const transcoder = new ReluSAE({ inputDim: WIDTH, encodingDim: 8, outputDim: WIDTH });
    const unscaled = new ReluSAE({ inputDim: WIDTH, encodingDim: 8, normalize: 'mean-norm' });
    expect(await refusal(() => spliceSAE(model, 'hidden', transcoder))).toMatch(/SAE_UNSUPPORTED/);
    expect(await refusal(() => spliceSAE(model, 'hidden', unscaled))).toMatch(/initNormalization/);
    transcoder.dispose();
    unscaled.dispose();
  });
});
