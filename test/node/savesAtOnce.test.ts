import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { GatedSAE, KerasAdam, KerasSGD, kerasArchive } from '../../src';
import { fileSystem } from '../../src/node';
import { at } from './modelFolder';

type Saved = Awaited<ReturnType<typeof stateOf>>;

/** Weights, the step count and the moments, as bytes in hexadecimal. */
async function stateOf(model: tf.LayersModel) {
  const kept = (await model.optimizer.getWeights()).map(({ tensor }) => tensor);
  return [...model.getWeights(), ...kept].map((t) =>
    Buffer.from(t.dataSync().slice().buffer).toString('hex'),
  );
}

/** Saves a model to folders and archives at once, some of them twice, and opens what is there. */
async function allSaved(model: tf.LayersModel): Promise<Saved[]> {
  const places = [
    ...['a', 'b', 'a'].map((name) => fileSystem(join(at.root, name))),
    ...['c', 'd', 'c'].map((name) => kerasArchive(join(at.root, `${name}.keras`))),
  ];
  await Promise.all(places.map((place) => model.save(place, { includeOptimizer: true })));
  const states: Saved[] = [];
  for (const place of places) {
    const loaded = await tf.loadLayersModel(place);
    states.push(await stateOf(loaded));
    loaded.optimizer.dispose();
    loaded.dispose();
  }
  return states;
}

test.each(['tensor', 'sparse'] as const)(
  'saves of one dictionary at once are each whole, after the %s step',
  async (step) => {
    const sae = new GatedSAE({ inputDim: 8, encodingDim: 32, seed: 1 });
    const optimizer = new KerasAdam({ beta1: 0.9 });
    sae.compile({ optimizer, step });
    const x = tf.randomUniform([64, 8], 0, 1, 'float32', 3);
    await sae.fit(x, { epochs: 2, shuffle: false });
    const state = await stateOf(sae);
    expect(await allSaved(sae)).toEqual(Array(6).fill(state));
    // Training goes on, and what is saved after it has its own number of steps.
    await sae.fit(x, { epochs: 1, shuffle: false });
    expect(await allSaved(sae)).toEqual(Array(6).fill(await stateOf(sae)));
    tf.dispose(x);
    sae.dispose();
    optimizer.dispose();
  },
);

test.each([() => new KerasAdam({}), () => new KerasSGD({ momentum: 0.9 })])(
  'of an ordinary model too: %s',
  async (makeOptimizer) => {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 4, inputShape: [8] })] });
    const optimizer = makeOptimizer();
    model.compile({ optimizer, loss: 'meanSquaredError' });
    const x = tf.randomUniform([64, 8], 0, 1, 'float32', 3);
    const y = tf.randomUniform([64, 4], 0, 1, 'float32', 4);
    await model.fit(x, y, { epochs: 2, shuffle: false });
    expect(await allSaved(model)).toEqual(Array(6).fill(await stateOf(model)));
    tf.dispose([x, y]);
    model.dispose();
    optimizer.dispose();
  },
);
