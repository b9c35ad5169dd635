import * as tf from '@tensorflow/tfjs';
import { KerasAdam, type SAEModel, WarmupCosineDecay } from '../../src';
import { differs, REPEATED } from '../backends/differences';
import {
  expectClose,
  expectUnitRows,
  INPUT_DIM,
  rows,
  SUBJECTS,
  stir,
  values,
} from './architecture';

const quiet = { verbose: 0 as const };
const saved = (model: tf.LayersModel, config?: tf.io.SaveConfig): Promise<tf.io.ModelArtifacts> =>
  new Promise((resolve, reject) => {
    const handler = tf.io.withSaveHandler(async (artifacts) => {
      // As a file would: through JSON, so that nothing survives that a file could not hold.
      const { weightData, ...rest } = artifacts;
      resolve({ ...(JSON.parse(JSON.stringify(rest)) as tf.io.ModelArtifacts), weightData });
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    });
    model.save(handler, config).catch(reject);
  });
const loaded = async (artifacts: tf.io.ModelArtifacts) =>
  (await tf.loadLayersModel(tf.io.fromMemory(artifacts))) as unknown as SAEModel;
const schedule = () => new WarmupCosineDecay({ peakLr: 1e-2, warmupSteps: 2, totalSteps: 8 });

describe.each(SUBJECTS)('%s', (_, subject) => {
  test.each([
    ['momentum', 0.9],
    ['no momentum', 0],
  ])(
    'saved in the middle of training and loaded, it goes on as if it had not been (%s)',
    async (_name, beta1) => {
      const sae = subject.model();
      const optimizer = new KerasAdam({ learningRate: schedule(), beta1 });
      sae.compile({ optimizer });
      const x = rows(8);
      for (let step = 0; step < 3; step++) await sae.trainOnBatch(x);

      const again = await loaded(await saved(sae));
      expect(again).toBeInstanceOf(sae.constructor);
      expect(again.getConfig()).toEqual(sae.getConfig());
      expect((again.optimizer as KerasAdam).getConfig()).toEqual(optimizer.getConfig());
      expect(again.optimizer.iterations).toBe(3);
      const twice = await loaded(await saved(again)); // tfjs renames variables in the same process
      for (const model of [sae, again, twice]) await model.trainOnBatch(x);
      sae.getWeights().forEach((weight, i) => {
        for (const other of [again, twice]) {
          const there = other.getWeights()[i] as tf.Tensor;
          if (differs('repeated')) expectClose(there, weight, REPEATED);
          else expect(values(there)).toEqual(values(weight));
        }
      });
      x.dispose();
      for (const model of [sae, again, twice]) model.dispose();
      optimizer.dispose();
    },
  );

  test('without a compiled optimizer, or without its state, the weights alone are kept', async () => {
    const sae = subject.model();
    stir(sae.sae);
    const bare = await loaded(await saved(sae));
    expect(bare.optimizer).toBeUndefined();
    sae.compile();
    const without = await loaded(await saved(sae, { includeOptimizer: false }));
    expect(without.optimizer).toBeUndefined();
    for (const model of [bare, without]) {
      expect(model.getWeights().map(values)).toEqual(sae.getWeights().map(values));
      model.dispose();
    }
    sae.dispose();
  });

  test('with more metrics than its own, and under another name', async () => {
    const sae = subject.model({ name: 'before' });
    const optimizer = new KerasAdam();
    sae.compile({ optimizer, metrics: [tf.metrics.meanAbsoluteError, 'mse'] });
    sae.name = 'after';
    const again = await loaded(await saved(sae));
    expect(again.name).toBe('after');
    expect(again.metricsNames).toHaveLength(sae.metricsNames.length);
    expect(again.getWeights().map(values)).toEqual(sae.getWeights().map(values));
    sae.dispose();
    again.dispose();
    optimizer.dispose();
  });

  test('a training configuration that is not known here', async () => {
    const sae = subject.model();
    const optimizer = new KerasAdam(); // one that holds no tensor of its own
    sae.compile({ optimizer });
    const artifacts = await saved(sae);
    for (const trainingConfig of [
      {},
      { ...artifacts.trainingConfig, optimizer_config: { class_name: 'Nadam', config: {} } },
      { ...artifacts.trainingConfig, metrics: ['unheard_of'] },
    ]) {
      expect(() => sae.loadTrainingConfig(trainingConfig as never)).toThrow('SAE_');
    }
    sae.dispose();
    optimizer.dispose();
  });

  test('saving again and again leaks nothing', async () => {
    const sae = subject.model();
    sae.compile();
    const x = rows(4);
    await sae.trainOnBatch(x);
    await saved(sae);
    const before = tf.memory().numTensors;
    for (let i = 0; i < 3; i++) await saved(sae);
    expect(tf.memory().numTensors).toBe(before);
    x.dispose();
    sae.dispose();
  });

  test('as a layer, and as a model within a model, it is saved with its host and trains on', async () => {
    const host = tf.sequential({
      layers: [
        tf.layers.dense({ units: INPUT_DIM, inputShape: [INPUT_DIM] }),
        subject.layer(subject.lambda),
        subject.model({ name: 'one' }),
        subject.model({ name: 'two' }),
      ],
    });
    host.compile({ optimizer: new KerasAdam({ beta1: 0 }), loss: 'meanSquaredError' });
    const x = rows(6);
    await host.fit(x, x, quiet);
    const again = (await loaded(
      await saved(host, { includeOptimizer: true }),
    )) as unknown as tf.Sequential;
    expect(again.layers.map((layer) => layer.getClassName())).toEqual(
      host.layers.map((layer) => layer.getClassName()),
    );
    const options = again.layers[1] as unknown as { options: object };
    expect(options.options).toEqual({ ...subject.layer().options, ...subject.lambda });
    tf.tidy(() => expectClose(again.predict(x) as tf.Tensor, host.predict(x) as tf.Tensor, 1e-6));
    await again.fit(x, x, { batchSize: 6, shuffle: false, ...quiet });
    await host.fit(x, x, { batchSize: 6, shuffle: false, ...quiet });
    tf.tidy(() => expectClose(again.predict(x) as tf.Tensor, host.predict(x) as tf.Tensor, 1e-6));
    expectUnitRows((again.layers[2] as SAEModel).sae);
    for (const model of [host, again]) {
      for (const layer of model.layers.slice(2)) layer.dispose();
      model.optimizer.dispose();
      model.dispose();
    }
    x.dispose();
  });
});
