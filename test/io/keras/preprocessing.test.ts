import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { decodeKeras, encodeKeras } from '../../../src';
import { apart, disposeModel, NEWEST } from './fixture';

const FILES = [
  'category_encoding',
  'center_crop',
  'discretization',
  'normalization',
  'normalization_trained',
  'random_image_layers',
  'rescaling_by_channel',
  'resizing',
];

async function outputs(model: tf.LayersModel, x: tf.Tensor[]): Promise<number[][]> {
  const y = [model.predict(x)].flat() as tf.Tensor[];
  const values = y.map((one) => Array.from(one.dataSync()));
  tf.dispose(y);
  return values;
}

/** Saved and loaded by tfjs itself. */
async function throughTfjs(model: tf.LayersModel): Promise<tf.LayersModel> {
  let saved: tf.io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      saved = JSON.parse(JSON.stringify({ ...artifacts, weightData: null }));
      Object.assign(saved as object, { weightData: artifacts.weightData });
      return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
    }),
  );
  return tf.loadLayersModel(tf.io.fromMemory(saved as tf.io.ModelArtifacts));
}

test.each(FILES)('%s survives a tfjs folder, and goes back from there', async (name) => {
  const warn = jest.spyOn(console, 'warn').mockImplementation();
  const model = await decodeKeras(readFileSync(join(NEWEST, `${name}.keras`)));
  const again = await throughTfjs(model);
  const back = await decodeKeras(await encodeKeras(again));
  const x = model.inputs.map(({ shape }) =>
    tf.tidy(() => tf.randomUniform([2, ...(shape.slice(1) as number[])], 0, 5).floor()),
  );
  const expected = await outputs(model, x);
  for (const one of [again, back]) {
    const found = await outputs(one, x);
    found.forEach((values, i) => {
      expect(apart(values, expected[i] as number[])).toBe(0);
    });
  }
  tf.dispose(x);
  for (const one of [model, again, back]) disposeModel(one);
  warn.mockRestore();
});

test('a mean and a variance are not trained, and what comes before them is', async () => {
  const model = await decodeKeras(readFileSync(join(NEWEST, 'normalization_trained.keras')));
  expect(model.trainableWeights.map(({ originalName }) => originalName)).toEqual([
    'dense/kernel',
    'dense/bias',
  ]);
  const before = model.layers[0]?.getWeights().map((weight) => Array.from(weight.dataSync()));
  const [x, y] = [tf.randomNormal([8, 4]), tf.randomNormal([8, 2])];
  await model.fit(x, y, { verbose: 0 });
  expect(model.layers[0]?.getWeights().map((weight) => Array.from(weight.dataSync()))).toEqual(
    before,
  );
  tf.dispose([x, y]);
  disposeModel(model);
});

test('categories beyond the last are left out, as Keras does', async () => {
  const model = await decodeKeras(readFileSync(join(NEWEST, 'category_encoding.keras')));
  const x = [tf.tensor2d([[0, 7, 1]], [1, 3], 'int32'), tf.tensor2d([[9]], [1, 1], 'int32')];
  const [both, alone] = await outputs(model, x);
  expect(both).toEqual([1, 1, 0, 0, 0]);
  expect(alone).toEqual([0, 0, 0, 0, 0]);
  tf.dispose(x);
  disposeModel(model);
});

test('layers that change images at random say once that in training they do not', async () => {
  const model = await decodeKeras(readFileSync(join(NEWEST, 'random_image_layers.keras')));
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const warn = jest.spyOn(console, 'warn').mockImplementation();
  const [x, y] = [tf.randomUniform([2, 4, 5, 3]), tf.zeros([2, 2])];
  await model.fit(x, y, { epochs: 2, verbose: 0 });
  const said = warn.mock.calls.map(([text]) => String(text));
  expect(said).toHaveLength(6);
  expect(said).toContain('RandomFlip "random_flip" changes nothing in training here.');
  warn.mockRestore();
  tf.dispose([x, y]);
  disposeModel(model);
});
