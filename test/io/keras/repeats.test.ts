import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { decodeKeras, encodeKeras, loadKerasWeights } from '../../../src';
import { apart, disposeModel, expectedOf, filesIn, NEWEST, tensorOf } from './fixture';

/**
 * Outputs that are given out twice: tfjs has a layer more for the second time, and so the others in
 * another order. Layers of one class and shape have their arrays by that order alone.
 */
const FOLDER = join(NEWEST, 'reordered');

test.each(filesIn(FOLDER))(
  '%s predicts as Keras does, and the same on the way back',
  async (name) => {
    const file = join(FOLDER, name);
    const { inputs, outputs } = expectedOf(file);
    const model = await decodeKeras(readFileSync(file));
    const again = await decodeKeras(await encodeKeras(model));
    const given = inputs.map(tensorOf);
    for (const one of [model, again]) {
      const predicted = one.predict(given) as tf.Tensor[];
      const expected = outputs.map(tensorOf);
      expect(predicted).toHaveLength(expected.length);
      predicted.forEach((ours, i) => {
        const theirs = expected[i] as tf.Tensor;
        expect(apart(ours.dataSync(), theirs.dataSync())).toBeLessThan(1e-5);
      });
      tf.dispose([predicted, expected]);
      disposeModel(one);
    }
    tf.dispose(given);
  },
);

test.each(filesIn(FOLDER))(
  'the weights of %s, and those that go back, come into the model again, each to its own layer',
  async (name) => {
    const archive = readFileSync(join(FOLDER, name));
    const model = await decodeKeras(archive);
    const valuesOf = () => model.getWeights().map((weight) => [...weight.dataSync()]);
    const before = valuesOf();
    for (const bytes of [archive, await encodeKeras(model)]) {
      tf.tidy(() => {
        for (const weight of model.weights) weight.write(tf.zerosLike(weight.read()));
      });
      await loadKerasWeights(model, bytes);
      expect(valuesOf()).toEqual(before);
    }
    disposeModel(model);
  },
);

test('there is such a file', () => {
  expect(filesIn(FOLDER)).toHaveLength(1);
});
