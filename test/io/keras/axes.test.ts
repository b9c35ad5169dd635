import * as tf from '@tensorflow/tfjs';
import { decodeKeras, encodeKeras, SAEError } from '../../../src';
import { disposeModel } from './fixture';

/** A model of one layer, called on inputs of a shape. */
function modelOf(layer: tf.layers.Layer, shape: number[], count = 1): tf.LayersModel {
  const inputs = Array.from({ length: count }, () => tf.input({ shape }));
  const outputs = layer.apply(count === 1 ? (inputs[0] as tf.SymbolicTensor) : inputs);
  return tf.model({ inputs, outputs: outputs as tf.SymbolicTensor });
}

async function refusal(model: tf.LayersModel): Promise<SAEError> {
  const error = await encodeKeras(model).catch((thrown: unknown) => thrown);
  disposeModel(model);
  expect(error).toBeInstanceOf(SAEError);
  return error as SAEError;
}

/** The options of the layer once it has been to a `.keras` file and back. */
async function andBack(model: tf.LayersModel): Promise<Record<string, unknown>> {
  const again = await decodeKeras(await encodeKeras(model));
  const config = again.layers.at(-1)?.getConfig() as Record<string, unknown>;
  disposeModel(model);
  disposeModel(again);
  return config;
}

test.each([
  ['Concatenate', () => modelOf(tf.layers.concatenate({ axis: -2 }), [3, 4], 2), 'axis = -2'],
  ['PReLU', () => modelOf(tf.layers.prelu({ sharedAxes: [-1] }), [3, 4]), 'shared_axes = [-1]'],
  ['Softmax', () => modelOf(tf.layers.softmax({ axis: 1 }), [3, 4]), 'axis = 1'],
  [
    'LayerNormalization',
    () => modelOf(tf.layers.layerNormalization({ axis: [3, 2, 1] }), [2, 3, 4]),
    'axis = [3,2,1]',
  ],
])('%s does not go to Keras, which would compute otherwise', async (name, make, received) => {
  const { code, message } = await refusal(make());
  expect(code).toBe('SAE_UNSUPPORTED');
  expect(message).toContain(`options of ${name} "`);
  expect(message).toContain(`received ${received}. `);
});

test("tfjs's Softmax has axis 1 by default, which is the last one of a vector", async () => {
  expect(await andBack(modelOf(tf.layers.softmax({}), [3]))).toMatchObject({ axis: -1 });
});

test('an open dimension of a Reshape is -1 to Keras, whatever it is here', async () => {
  const reshape = tf.layers.reshape({ targetShape: [null as unknown as number, 2] });
  expect(await andBack(modelOf(reshape, [6]))).toMatchObject({ targetShape: [3, 2] });
});

test('axes in another order than Keras has them are counted from the back', async () => {
  const layer = tf.layers.layerNormalization({ axis: [3, 1] });
  expect(await andBack(modelOf(layer, [2, 3, 4]))).toMatchObject({ axis: [3, 1] });
});
