import * as tf from '@tensorflow/tfjs';
import { TanhSAE, TanhSAELayer } from '../../docs/adding-an-architecture/tanh';
import {
  ARCHITECTURES,
  anneal,
  featureReport,
  GatedSAE,
  GatedSAELayer,
  KerasAdam,
  ReluSAELayer,
  registerArchitecture,
  SAEModel,
  type SAEModelArgs,
  sparsityReport,
  WarmupLinearDecay,
} from '../../src';
import {
  expectClose,
  expectUnitRows,
  named,
  rows,
  stir,
  values,
} from '../conformance/architecture';
import { disposeAll, throughMemory } from '../engine/unbroken';

const SIZES = { inputDim: 8, encodingDim: 32, seed: 1 };
const ARGS = { batchSize: 32, seed: 2, verbose: 0 } as const;

/** The equations as the paper has them, for autodiff. */
function formulas(x: tf.Tensor2D, weights: tf.Tensor[], lambda: number, saturation: number) {
  const [W_enc, b_enc, W_dec, b_dec] = weights as [tf.Tensor2D, tf.Tensor, tf.Tensor2D, tf.Tensor];
  const codes = tf.relu(tf.add(tf.matMul(tf.sub(x, b_dec) as tf.Tensor2D, W_enc), b_enc));
  const error = tf.sub(tf.add(tf.matMul(codes as tf.Tensor2D, W_dec), b_dec), x);
  const penalty = tf.tanh(tf.div(codes, saturation));
  const of = (t: tf.Tensor) => tf.mean(tf.sum(t, 1));
  return tf.add(of(tf.square(error)), tf.mul(of(penalty), lambda)) as tf.Scalar;
}

function compiled(options: object = {}, totalSteps = 100): TanhSAE {
  const sae = new TanhSAE({ ...SIZES, ...options });
  const learningRate = new WarmupLinearDecay({
    ...{ peakLr: 5e-3, warmupSteps: 5, decaySteps: totalSteps / 5, totalSteps },
  });
  sae.compile({ optimizer: new KerasAdam({ learningRate, beta1: 0 }) });
  return sae;
}

beforeAll(() => {
  // That it has no kernels is said once.
  jest.spyOn(console, 'warn').mockImplementation(() => {});
});

test('its gradients are autodiff of its formulas', () => {
  const sae = new TanhSAE({ ...SIZES, lambdaSparse: 0.3, saturation: 0.5 });
  stir(sae.sae);
  tf.tidy(() => {
    const x = rows(16, 1, 8);
    const pass = sae.sae.forward(x, x, true);
    const { weights } = sae.sae.backward(pass.saved, { dLoss: 1 });
    const given = Object.values(named(sae.sae));
    const { value, grads } = tf.valueAndGrads((...w: tf.Tensor[]) => formulas(x, w, 0.3, 0.5))(
      given,
    );
    expectClose(pass.loss, value);
    Object.keys(named(sae.sae)).forEach((name, i) => {
      expectClose(weights[name] as tf.Tensor, grads[i] as tf.Tensor);
    });
  });
  sae.dispose();
});

test('it has what every architecture has: seed, revival, annealing, unit rows, logs', async () => {
  const x = rows(256, 3, 8);
  const train = async () => {
    const sae = compiled({ auxK: 4, deadAfter: 128, lambdaSparse: 0 });
    const callbacks = [anneal('lambdaSparse', { from: 0, to: 0.5, steps: 20 })];
    const { history } = await sae.fit(x, { ...ARGS, epochs: 4, callbacks });
    return { sae, history };
  };
  const [one, other] = [await train(), await train()];
  expect(values(one.sae.sae.wDec.read())).toEqual(values(other.sae.sae.wDec.read()));
  expect(one.sae.sae.options).toMatchObject({ lambdaSparse: 0.5, saturation: 1 });
  const logged = ['loss', 'L_reconstruct', 'L_sparsity', 'L_auxk', 'l0', 'dead', 'grad_norm'];
  expect(Object.keys(one.history)).toEqual(expect.arrayContaining(logged));
  expectUnitRows(one.sae.sae);
  expect((await sparsityReport(one.sae, x)).l0Mean).toBeGreaterThan(0);
  expect((await featureReport(one.sae, x)).features).toHaveLength(32);
  for (const { sae } of [one, other]) disposeAll(sae);
  x.dispose();
});

test('it comes to a targetL0', async () => {
  const x = rows(640, 3, 8);
  const sae = compiled({ targetL0: 5 }, 600);
  const { history } = await sae.fit(x, { ...ARGS, epochs: 30 });
  expect(history['l0']?.at(-1)).toBeGreaterThan(4);
  expect(history['l0']?.at(-1)).toBeLessThan(6);
  expect(history['lambda_sparse']).toHaveLength(30);
  disposeAll(sae);
  x.dispose();
});

test('it is saved and loaded, as a model, as a transcoder and as a layer of another model', async () => {
  const x = rows(16, 1, 8);
  const sae = compiled({ saturation: 0.5, outputDim: 3 });
  const loaded = await throughMemory(sae);
  expect(loaded).toBeInstanceOf(TanhSAE);
  expect(loaded.sae.getConfig()).toEqual(sae.sae.getConfig());
  tf.tidy(() => expectClose(loaded.predict(x), sae.predict(x), 0));
  const layer = new TanhSAELayer({ encodingDim: 32, inputShape: [8], lambdaSparse: 0.2 });
  const model = tf.sequential({ layers: [layer, tf.layers.dense({ units: 1 })] });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const before = values(layer.wDec.read());
  const y = tf.zeros([16, 1]);
  await model.fit(x, y, { epochs: 1, verbose: 0 });
  y.dispose();
  expect(values(layer.wDec.read())).not.toEqual(before);
  expectUnitRows(layer);
  disposeAll(sae);
  disposeAll(loaded);
  model.dispose();
  x.dispose();
});

test('options of another architecture are refused, with the name that is near', async () => {
  const made = (options: object) => () => new TanhSAE({ ...SIZES, ...options });
  expect(made({ saturations: 2 })).toThrow(/"saturations".*saturation/s);
  await expect(made({ saturations: 2 })).toBeRefused('SAE_OPTION', 'TanhSAE');
  await expect(made({ k: 2 })).toBeRefused('SAE_OPTION', 'TanhSAE');
  await expect(made({ saturation: 0 })).toBeRefused('SAE_OPTION', 'TanhSAE.saturation');
});

class OtherLayer extends ReluSAELayer {
  static override readonly className: string = 'OtherLayer';
}
class OtherSAE extends SAEModel<OtherLayer> {
  static override readonly className: string = 'OtherSAE';
  constructor(args: SAEModelArgs) {
    super(args, OtherLayer, {});
  }
}

test.each<[string, string, () => void]>([
  [
    'a name of something else',
    '.name',
    () => registerArchitecture('T a', OtherLayer, OtherSAE, {}),
  ],
  ['no name', '.name', () => registerArchitecture(3 as never, OtherLayer, OtherSAE, {})],
  ["another's name", '.name', () => registerArchitecture('relu', OtherLayer, OtherSAE, {})],
  [
    'a layer that is none',
    '.layer',
    () => registerArchitecture('other', tf.layers.Layer as never, OtherSAE, {}),
  ],
  [
    'a model that is none',
    '.model',
    () => registerArchitecture('other', OtherLayer, {} as never, {}),
  ],
  [
    "another's layer",
    '.layer',
    () => registerArchitecture('other', GatedSAELayer as never, OtherSAE, {}),
  ],
  [
    "another's model",
    '.model',
    () => registerArchitecture('other', OtherLayer, GatedSAE as never, {}),
  ],
  [
    'a class that has inherited its className',
    '.layer',
    () => registerArchitecture('other', class extends ReluSAELayer {}, OtherSAE, {}),
  ],
])('%s is not registered', async (_, at, register) => {
  const before = Object.keys(ARCHITECTURES);
  await expect(register).toBeRefused('SAE_OPTION', `registerArchitecture${at}`);
  expect(Object.keys(ARCHITECTURES)).toEqual(before);
});

test('the same classes may be registered again', () => {
  const before = { ...ARCHITECTURES };
  registerArchitecture('tanh', TanhSAELayer, TanhSAE, {});
  expect(Object.keys(ARCHITECTURES)).toEqual(Object.keys(before));
});
