import * as tf from '@tensorflow/tfjs';
import { decodeKeras, encodeKeras } from '../../../src';
import { disposeModel } from './fixture';

/** Each keeps what it computes in a `.keras` file and back. */
const LAYERS: Record<string, () => tf.layers.Layer> = {
  'a SeparableConv2D': () =>
    tf.layers.separableConv2d({ filters: 2, kernelSize: 2, depthMultiplier: 3 }),
  'a DepthwiseConv2D': () => tf.layers.depthwiseConv2d({ kernelSize: 2, depthMultiplier: 3 }),
  'a DepthwiseConv2D with a regularizer, which tfjs saves as its constraint as well': () =>
    tf.layers.depthwiseConv2d({ kernelSize: 2, depthwiseRegularizer: 'l1l2' }),
};

const nested = (layer: tf.layers.Layer) =>
  tf.sequential({ layers: [tf.layers.inputLayer({ inputShape: [4, 4, 2] }), layer] });

const AROUND: Record<string, (layer: tf.layers.Layer) => tf.LayersModel> = {
  alone: nested,
  'in a nested model': (layer) =>
    tf.sequential({ layers: [tf.layers.inputLayer({ inputShape: [4, 4, 2] }), nested(layer)] }),
  'in a TimeDistributed': (layer) =>
    tf.sequential({ layers: [tf.layers.timeDistributed({ layer, inputShape: [3, 4, 4, 2] })] }),
};

const cases = Object.entries(LAYERS).flatMap(([name, make]) =>
  Object.entries(AROUND).map(([place, around]) => [name, place, make, around] as const),
);

test.each(cases)('%s %s', async (_name, _place, make, around) => {
  const model = around(make());
  const again = await decodeKeras(await encodeKeras(model));
  const x = tf.randomNormal((model.inputs[0]?.shape ?? []).map((dim) => dim ?? 2));
  const [expected, received] = [model, again].map((one) => one.predict(x) as tf.Tensor);
  expect(Array.from(received?.dataSync() ?? [])).toEqual(Array.from(expected?.dataSync() ?? []));
  tf.dispose([x, expected, received]);
  disposeModel(model);
  disposeModel(again);
});
