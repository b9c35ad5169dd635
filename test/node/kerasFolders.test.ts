import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { encodeKeras, inspectKeras, KerasAdam, kerasArchive, loadKerasWeights } from '../../src';
import {
  apart,
  arraysOf,
  bytesOf,
  disposeModel,
  expectedOf,
  NEWEST,
  tensorOf,
} from '../io/keras/fixture';

const FOLDER = join(NEWEST, 'unzipped');
const SHARDS = join(NEWEST, 'sharded', 'parts.weights.json');

/** The files of a folder as a page gets them. */
const filesOf = (folder: string, names: readonly string[]) =>
  names.map((name) => new File([new Uint8Array(readFileSync(join(folder, name)))], name));

const UNZIPPED = ['config.json', 'metadata.json', 'model.weights.h5'];
const PARTS = ['json', ...[0, 1, 2, 3, 4, 5]].map((part) =>
  part === 'json' ? 'parts.weights.json' : `parts_0000${part}.weights.h5`,
);

/** A server of one folder. */
const serve =
  (folder: string): typeof fetch =>
  async (address) => {
    const { pathname } = new URL(String(address));
    try {
      const bytes = new Uint8Array(readFileSync(join(folder, basename(pathname))));
      return new Response(bytes);
    } catch {
      return new Response(null, { status: 404, statusText: 'Not Found' });
    }
  };

async function holdsAllOf(model: tf.LayersModel, file: string): Promise<void> {
  const expected = expectedOf(file);
  const found = await arraysOf(await encodeKeras(model));
  expect([...found.keys()].sort()).toEqual(Object.keys(expected.arrays).sort());
  for (const [path, array] of Object.entries(expected.arrays)) {
    const [, bytes] = found.get(path) as [string, Uint8Array];
    expect(`${path} ${Buffer.compare(bytes, bytesOf(array))}`).toBe(`${path} 0`);
  }
  const x = tensorOf(expected.inputs[0] as (typeof expected.inputs)[0]);
  const y = model.predict(x) as tf.Tensor;
  const theirs = tensorOf(expected.outputs[0] as (typeof expected.inputs)[0]);
  expect(apart(y.dataSync(), theirs.dataSync())).toBeLessThan(1e-5);
  tf.dispose([x, y, theirs]);
}

function small(): tf.LayersModel {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units: 5, activation: 'tanh', inputShape: [4] }),
      tf.layers.batchNormalization(),
      tf.layers.dense({ units: 2 }),
    ],
  });
  model.compile({ optimizer: new KerasAdam({ learningRate: 1e-2 }), loss: 'meanSquaredError' });
  return model;
}

describe('a folder that Keras has saved with zipped=False', () => {
  test.each([
    ['by its path', () => kerasArchive(FOLDER)],
    ['by the path of its config.json', () => kerasArchive(join(FOLDER, 'config.json'))],
    ['by a file: address', () => kerasArchive(pathToFileURL(FOLDER))],
    [
      'by an address that ends in a slash',
      () => kerasArchive('https://x.test/model/?v=1', { fetchFunc: serve(FOLDER) }),
    ],
    ['as files', () => kerasArchive(filesOf(FOLDER, UNZIPPED))],
  ])('%s', async (_, handler) => {
    const model = await tf.loadLayersModel(handler());
    expect((model.optimizer as KerasAdam).iterations).toBe(2);
    await holdsAllOf(model, join(NEWEST, 'unzipped.json').replace('.json', '.keras'));
    disposeModel(model);
  });

  test('inspect', async () => {
    const { className, bytes, savedAt, optimizer } = await inspectKeras(FOLDER);
    expect(className).toBe('Sequential');
    expect(bytes).toBeGreaterThan(24_000);
    expect(savedAt).toMatch(/^20/);
    expect(optimizer).toMatchObject({ className: 'Adam', steps: 2 });
  });

  test.each([
    ['the configuration alone', () => filesOf(FOLDER, ['config.json'])[0], /this file alone/],
    [
      'without weights',
      () => filesOf(FOLDER, ['config.json', 'metadata.json']),
      /config\.json: expected model\.weights\.h5 among the files; received no such file/,
    ],
    ['the map of shards', () => SHARDS, /received the map of sharded weights.*loadKerasWeights/],
    [
      'two configurations',
      () => filesOf(FOLDER, ['config.json', 'config.json']),
      /one config\.json/,
    ],
  ])('%s is refused', async (_, source, message) => {
    await expect(kerasArchive(source() as Blob[]).load()).rejects.toThrow(message);
  });
});

test('a folder whose config.json is a link out of it is refused', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'keras-'));
  cpSync(FOLDER, folder, { recursive: true });
  rmSync(join(folder, 'config.json'));
  symlinkSync(join(FOLDER, 'config.json'), join(folder, 'config.json'));
  await expect(kerasArchive(folder).load()).rejects.toThrow(
    /expected config\.json in the same folder; received a link to another/,
  );
  rmSync(folder, { recursive: true });
});

describe('sharded weights', () => {
  test.each([
    ['by their path', SHARDS, {}],
    [
      'by an address',
      'https://x.test/a/parts.weights.json',
      { fetchFunc: serve(join(SHARDS, '..')) },
    ],
    ['as files', filesOf(join(NEWEST, 'sharded'), PARTS), {}],
  ])('%s', async (_, source, options) => {
    const model = small();
    await loadKerasWeights(model, source, options);
    expect((model.optimizer as KerasAdam).iterations).toBe(2);
    await holdsAllOf(model, join(NEWEST, 'sharded.keras'));
    disposeModel(model);
  });

  test('in the place of the weights of a folder', async () => {
    const files = [
      ...filesOf(FOLDER, ['config.json']),
      new File([new Uint8Array(readFileSync(SHARDS))], 'model.weights.json'),
      ...filesOf(join(SHARDS, '..'), PARTS.slice(1)),
    ];
    // Not by its name: of two maps only one would be the first.
    const folder = mkdtempSync(join(tmpdir(), 'keras-'));
    for (const file of files) {
      writeFileSync(join(folder, file.name), new Uint8Array(await file.arrayBuffer()));
    }
    const model = await tf.loadLayersModel(kerasArchive(folder));
    await holdsAllOf(model, join(NEWEST, 'sharded.keras'));
    disposeModel(model);
    rmSync(folder, { recursive: true });
  });

  const map = () => JSON.parse(readFileSync(SHARDS, 'utf8'));
  const withMap = (change: (map: Record<string, unknown>) => void) => (folder: string) => {
    const json = map();
    change(json.weight_map);
    writeFileSync(join(folder, 'parts.weights.json'), JSON.stringify(json));
  };

  test.each([
    [
      'a shard that is missing',
      (folder: string) => rmSync(join(folder, 'parts_00001.weights.h5')),
      /parts_00001\.weights\.h5: expected a file that can be read/,
    ],
    [
      'a name that leads out of the folder',
      withMap((groups) => {
        groups['/layers/dense/vars'] = '../parts_00000.weights.h5';
      }),
      /expected names of files beside it; received "\.\.\/parts_00000\.weights\.h5"/,
    ],
    [
      'a name that is an address',
      withMap((groups) => {
        groups['/layers/dense/vars'] = 'https://x.test/a.weights.h5';
      }),
      /expected names of files beside it; received "https:/,
    ],
    [
      'a name of another file',
      withMap((groups) => {
        groups['/layers/dense/vars'] = 'passwd';
      }),
      /expected names of \.weights\.h5 files in weight_map/,
    ],
    [
      'no names',
      withMap((groups) => {
        for (const group of Object.keys(groups)) groups[group] = [];
      }),
      /expected 1 to 1000 shards; received 0/,
    ],
    [
      'arrays that the map does not have',
      withMap((groups) => {
        delete groups['/layers/dense_1/vars'];
      }),
      /expected the arrays of its map in parts_00001\.weights\.h5; received another one, layers\/dense_1\/vars\/0/,
    ],
    [
      'a shard of something else',
      (folder: string) =>
        cpSync(join(folder, 'parts_00004.weights.h5'), join(folder, 'parts_00000.weights.h5')),
      /expected the arrays of its map in parts_00000/,
    ],
    [
      'arrays that are there twice',
      (folder: string) => {
        withMap((groups) => {
          groups['/optimizer/vars'] = [...(groups['/optimizer/vars'] as string[]), 'x.weights.h5'];
        })(folder);
        cpSync(join(folder, 'parts_00004.weights.h5'), join(folder, 'x.weights.h5'));
      },
      /in one shard; received it again in x\.weights\.h5/,
    ],
    [
      'a group that a shard lacks',
      withMap((groups) => {
        groups['/layers/dense/vars'] = ['parts_00000.weights.h5', 'parts_00003.weights.h5'];
      }),
      /expected arrays of layers\/dense\/vars in parts_00003\.weights\.h5; received none/,
    ],
    [
      'a link that leads out of the folder',
      (folder: string) => {
        rmSync(join(folder, 'parts_00002.weights.h5'));
        symlinkSync(
          join(SHARDS, '..', 'parts_00002.weights.h5'),
          join(folder, 'parts_00002.weights.h5'),
        );
      },
      /expected parts_00002\.weights\.h5 in the same folder; received a link to another/,
    ],
    [
      'a name that no address can have',
      withMap((groups) => {
        groups['/layers/dense/vars'] = '\ud800.weights.h5';
      }),
      /expected names of files beside it; received "\\ud800\.weights\.h5"/,
    ],
  ])('%s is refused, and nothing is changed', async (_, spoil, message) => {
    const folder = mkdtempSync(join(tmpdir(), 'shards-'));
    cpSync(join(SHARDS, '..'), folder, { recursive: true });
    spoil(folder);
    const model = small();
    const before = model.getWeights().map((weight) => Array.from(weight.dataSync()));
    const source = join(folder, 'parts.weights.json');
    await expect(loadKerasWeights(model, source)).rejects.toThrow(message);
    expect(model.getWeights().map((weight) => Array.from(weight.dataSync()))).toEqual(before);
    disposeModel(model);
    rmSync(folder, { recursive: true });
  });

  test('the map alone is refused', async () => {
    const model = small();
    await expect(loadKerasWeights(model, readFileSync(SHARDS))).rejects.toThrow(
      /^SAE_FILE bytes: expected parts_00000\.weights\.h5 beside it; received this file alone/,
    );
    disposeModel(model);
  });
});
