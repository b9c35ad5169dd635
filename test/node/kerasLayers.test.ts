import * as tf from '@tensorflow/tfjs';
// Not the public API, which brings Keras's layers along: so it is in a page that does not use them.
import '../../src/architectures';
import { KERAS_LAYERS } from '../../src/layers/kerasLayers';

/** A model with one layer, as its model.json has it. */
const modelWith = (className: string, config: object) => ({
  className: 'Sequential',
  config: {
    name: 'model',
    layers: [{ className, config: { name: 'first', batchInputShape: [null, 4], ...config } }],
  },
});
const load = (topology: object) =>
  tf.loadLayersModel(tf.io.fromMemory({ modelTopology: { model_config: topology } } as never));

test('a model with a layer of Keras says what makes tfjs know it, and opens with that', async () => {
  const topology = modelWith('Normalization', { mean: 1, variance: 4 });
  await expect(load(topology)).toBeRefused(
    'SAE_MISSING',
    'Normalization "first"',
    'expected a layer of Keras; it is not here. Call useKerasLayers() of gated-sae-tfjs first.',
  );
  const known = tf.serialization.SerializationMap.getMap().classNameMap;
  const missing = KERAS_LAYERS.map((name) => known[name]);

  const { useKerasLayers } = await import('../../src/io/keras/layers/useKerasLayers');
  useKerasLayers();
  const model = await load(topology);
  const x = tf.tensor([[1, 3, 5, 7]]);
  const y = model.predict(x) as tf.Tensor;
  expect(Array.from(y.dataSync())).toEqual([0, 1, 2, 3]);
  tf.dispose([x, y]);
  model.dispose();

  // Each name in the list is of a class that has come in its place, and there is no class besides.
  for (const [i, name] of KERAS_LAYERS.entries()) {
    expect([name, known[name]?.[0].className, known[name] === missing[i]]).toEqual([
      name,
      name,
      false,
    ]);
  }
});

test('a class of somebody else with such a name stays', async () => {
  class Mine extends tf.layers.Layer {
    static readonly className = 'Normalization';
  }
  tf.serialization.registerClass(Mine);
  const { tellOfKerasLayers } = await import('../../src/layers/kerasLayers');
  tellOfKerasLayers();
  const known = tf.serialization.SerializationMap.getMap().classNameMap;
  expect(known['Normalization']?.[0]).toBe(Mine);
});
