import * as tf from '@tensorflow/tfjs';
import { GatedSAE, KerasAdam, KerasSGD, SAEError, WarmupCosineDecay } from '../../src';
import { differs } from '../backends/differences';
import { expectUnitRows, rows, values } from '../conformance/architecture';

const fromConfig = (config: tf.serialization.ConfigDict) =>
  KerasSGD.fromConfig(KerasSGD as never, JSON.parse(JSON.stringify(config))) as unknown as KerasSGD;

test('its config makes it anew, and holds what is set', () => {
  const learningRate = new WarmupCosineDecay({ peakLr: 0.1, warmupSteps: 3, totalSteps: 9 });
  for (const args of [
    {},
    { learningRate: 0.5, momentum: 0.5, nesterov: true, weightDecay: 0, globalClipnorm: 2 },
    { learningRate, clipvalue: 0.5 },
  ]) {
    const optimizer = new KerasSGD(args);
    const again = fromConfig(optimizer.getConfig());
    expect(again.getConfig()).toEqual(optimizer.getConfig());
    expect(again.currentLearningRate).toBe(optimizer.currentLearningRate);
  }
  expect(new KerasSGD().getConfig()).toEqual({
    learningRate: 1e-2,
    momentum: 0,
    nesterov: false,
    globalClipnorm: null,
  });
});

test('wrong options', () => {
  expect(() => new KerasSGD({ momentum: 1.5 })).toThrow('SAE_OPTION KerasSGD.momentum: expected');
  expect(() => new KerasSGD({ nesterov: 1 as never })).toThrow('expected true or false');
  expect(() => new KerasSGD({ learning_rate: 1 } as never)).toThrow('Did you mean "learningRate"?');
  const optimizer = new KerasSGD();
  expect(() => Object.assign(optimizer, { learningRate: -1 })).toThrow('KerasSGD.learningRate');
});

test('each optimizer is an instance of its own class alone', () => {
  const [adam, sgd, other] = [new KerasAdam(), new KerasSGD(), tf.train.sgd(1)];
  for (const each of [adam, sgd]) expect(each instanceof tf.Optimizer).toBe(true);
  expect([adam, sgd, other, null, 1].map((each) => (each as unknown) instanceof KerasAdam)).toEqual(
    [true, false, false, false, false],
  );
  expect([adam, sgd, other, null, 1].map((each) => (each as unknown) instanceof KerasSGD)).toEqual([
    false,
    true,
    false,
    false,
    false,
  ]);
  other.dispose();
});

test('without momentum nothing is kept, so it is free to move other variables', async () => {
  const optimizer = new KerasSGD({ learningRate: 0.5 });
  for (const size of [2, 3]) {
    tf.tidy(() => {
      const w = tf.variable(tf.ones([size]));
      optimizer.applyGradients([{ name: w.name, tensor: tf.ones([size]) }]);
      expect(values(w)).toEqual(new Array(size).fill(0.5));
      w.dispose();
    });
  }
  const weights = await optimizer.getWeights();
  expect(weights.map(({ name, tensor }) => [name, values(tensor)])).toEqual([['iter', [2]]]);
  await optimizer.setWeights(weights.slice(0, 1));
  const more = { name: 'w/m', tensor: tf.ones([2]) };
  await expect(optimizer.setWeights([...weights, more])).rejects.toThrow(
    'expected the step count and 0 moments a variable; received 2 tensors.',
  );
  more.tensor.dispose();
  optimizer.dispose();
});

test.each([
  ['plain', {}],
  ['momentum', { momentum: 0.9 }],
  ['nesterov', { momentum: 0.9, nesterov: true, weightDecay: 1e-3, clipnorm: 1 }],
])(
  'an ordinary model is saved in the middle of training and goes on (%s)',
  async (_name, options) => {
    const host = tf.sequential({
      layers: [
        tf.layers.dense({ units: 3, inputShape: [6], activation: 'tanh' }),
        tf.layers.dense({ units: 2 }),
      ],
    });
    const optimizer = new KerasSGD({ learningRate: 0.1, ...options });
    host.compile({ optimizer, loss: 'meanSquaredError' });
    const [x, y] = [rows(8), rows(8, 2, 2)];
    const trained = async (model: tf.LayersModel) => {
      const { history } = await model.fit(x, y, { epochs: 2, shuffle: false, verbose: 0 });
      return history['loss'] as number[];
    };
    const losses = await trained(host);
    expect(losses[1]).toBeLessThan(losses[0] as number);
    let artifacts: tf.io.ModelArtifacts | undefined;
    const handler = tf.io.withSaveHandler(async (given) => {
      artifacts = { ...JSON.parse(JSON.stringify(given)), weightData: given.weightData };
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    });
    await host.save(handler, { includeOptimizer: true });
    const again = await tf.loadLayersModel(tf.io.fromMemory(artifacts as tf.io.ModelArtifacts));
    expect((again.optimizer as KerasSGD).getConfig()).toEqual(optimizer.getConfig());
    expect(await trained(again)).toEqual(await trained(host));
    expect(again.getWeights().map(values)).toEqual(host.getWeights().map(values));
    for (const model of [host, again]) {
      model.optimizer.dispose();
      model.dispose();
    }
    tf.dispose([x, y]);
  },
);

test('a dictionary trains with it, by the tensor step', async () => {
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => {});
  const sae = new GatedSAE({ inputDim: 6, encodingDim: 10, seed: 1 });
  const optimizer = new KerasSGD({ learningRate: 0.05, momentum: 0.9, weightDecay: 1e-4 });
  sae.compile({ optimizer });
  const x = rows(16);
  const { history } = await sae.fit(x, { epochs: 20, verbose: 0 });
  const loss = history['loss'] as number[];
  expect(loss.at(-1)).toBeLessThan(loss[0] as number);
  expect(sae.stepTaken).toEqual({ step: 'tensor' });
  const warnings = warn.mock.calls.flat().filter((text) => /trains with/.test(text as string));
  expect(warnings).toEqual(
    differs('sparseIsNotFaster')
      ? []
      : [expect.stringMatching(/slower tensor step: .*not KerasAdam/)],
  );
  expectUnitRows(sae.sae);
  expect((await optimizer.getWeights()).map(({ name }) => name.split('/').at(-1))).toEqual([
    'iter',
    ...new Array(6).fill('m'),
  ]);
  sae.compile({ optimizer, step: 'sparse' });
  await expect(sae.trainOnBatch(x)).rejects.toThrow(/SAE_STATE.*not KerasAdam/);
  await expect(sae.trainOnBatch(x)).rejects.toBeInstanceOf(SAEError);
  warn.mockRestore();
  x.dispose();
  sae.dispose();
  optimizer.dispose();
});
