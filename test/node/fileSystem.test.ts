import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import { join, relative } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { GatedSAE, GatedSAELayer, KerasAdam, WarmupCosineDecay } from '../../src/index';
import { registerFileRouter } from '../../src/io/files/register';
import { fileSystem } from '../../src/node';
import { age, artifacts, at, bytesOf, listing, standing, weightFiles } from './modelFolder';

/** 64 rows of width 8, the same every time. */
const rows = () =>
  tf.tidy(() =>
    tf.tensor2d(
      Array.from({ length: 512 }, (_, i) => Math.sin(i * i + 1)),
      [64, 8],
    ),
  );

function trainable(): GatedSAE {
  const sae = new GatedSAE({ inputDim: 8, encodingDim: 24, lambdaSparse: 1e-2, seed: 7 });
  const learningRate = new WarmupCosineDecay({ peakLr: 1e-2, warmupSteps: 3, totalSteps: 40 });
  sae.compile({ optimizer: new KerasAdam({ learningRate }) });
  return sae;
}

async function train(model: tf.LayersModel, epochs: number): Promise<void> {
  const x = rows();
  await (model as GatedSAE).fit(x, { epochs, batchSize: 16, shuffle: false });
  x.dispose();
}

/** Weights and the optimizer's slots, as bytes in hexadecimal. */
async function stateOf(model: tf.LayersModel): Promise<string[]> {
  const slots = (await model.optimizer.getWeights()).map(({ tensor }) => tensor);
  return [...model.getWeights(), ...slots].map((t) =>
    Buffer.from(t.dataSync().slice().buffer).toString('hex'),
  );
}

function dispose(...models: tf.LayersModel[]): void {
  for (const model of models) {
    model.optimizer.dispose(); // where somebody gave it to the model, it is not the model's to do
    model.dispose();
  }
}

describe('file://', () => {
  it('brings back weights and optimizer to the bit, more than once in a process', async () => {
    const sae = trainable();
    await train(sae, 3);
    sae.setUserDefinedMetadata({ hook: 'blocks.0.hook_mlp_out' });
    await sae.save(`file://${at.folder}`);
    const loaded = await tf.loadLayersModel(`file://${at.folder}`);
    const again = await tf.loadLayersModel(`file://${at.folder}/model.json`);
    const state = await stateOf(sae);
    expect(state).toHaveLength(6 + 1 + 2 * 6);
    for (const other of [loaded, again]) {
      expect(other).toBeInstanceOf(GatedSAE);
      expect(await stateOf(other)).toEqual(state);
      expect((other as GatedSAE).getConfig()).toEqual(sae.getConfig());
      expect(other.optimizer.getConfig()).toEqual(sae.optimizer.getConfig());
      expect(other.getUserDefinedMetadata()).toEqual({ hook: 'blocks.0.hook_mlp_out' });
    }
    dispose(sae, loaded, again);
  });

  it('lets training go on as if there had been no break', async () => {
    const unbroken = trainable();
    const broken = trainable();
    await train(unbroken, 2);
    await train(broken, 2);
    await broken.save(`file://${at.folder}`);
    dispose(broken);
    await train(unbroken, 3);
    const loaded = await tf.loadLayersModel(`file://${at.folder}`);
    await train(loaded, 3);
    expect(await stateOf(loaded)).toEqual(await stateOf(unbroken));
    dispose(unbroken, loaded);
  });

  it('keeps an ordinary model with a layer of ours in it', async () => {
    const model = tf.sequential({
      layers: [
        tf.layers.dense({ units: 8, inputShape: [8] }),
        new GatedSAELayer({ encodingDim: 16, returns: 'codes', seed: 3 }),
        tf.layers.dense({ units: 8 }),
      ],
    });
    model.compile({ optimizer: new KerasAdam(), loss: 'meanSquaredError' });
    const x = rows();
    await model.fit(x, x, { epochs: 1, shuffle: false });
    await model.save(`file://${at.folder}`, { includeOptimizer: true });
    const loaded = await tf.loadLayersModel(`file://${at.folder}`);
    expect(loaded.layers[1]).toBeInstanceOf(GatedSAELayer);
    expect(await stateOf(loaded)).toEqual(await stateOf(model));
    for (const m of [model, loaded]) await m.fit(x, x, { epochs: 1, shuffle: false });
    expect(await stateOf(loaded)).toEqual(await stateOf(model));
    x.dispose();
    dispose(model, loaded);
  });

  it('takes URLs as people write them', async () => {
    const here = relative('.', at.folder);
    const urls = [
      `file://${at.folder}`,
      `file://${here}`,
      `file://./${here}`,
      `file://${at.folder}/`,
    ];
    for (const [i, url] of urls.entries()) {
      const [save] = tf.io.getSaveHandlers(url);
      await save?.save?.(artifacts(i));
      for (const loadUrl of [...urls, `file://${here}/model.json`]) {
        const [load, ...more] = tf.io.getLoadHandlers(loadUrl);
        expect(more).toEqual([]);
        expect((await load?.load?.())?.modelTopology).toEqual(artifacts(i).modelTopology);
      }
    }
    expect(await fs.readdir(at.root)).toEqual(['sae']);
  });

  it('takes a path as it stands, as tfjs-node does', async () => {
    at.folder = join(at.root, 'a%20b c#d?e');
    await tf.io.getSaveHandlers(`file://${at.folder}`)[0]?.save?.(artifacts(1));
    expect(await fs.readdir(at.root)).toEqual(['a%20b c#d?e']);
    expect(await standing()).toBe(1);
  });

  it('leaves other URLs, and lists of them, to others', () => {
    for (const url of ['http://a/model.json', 'myfile://a', 'file:/a', ['file://a', 'file://b']]) {
      expect(tf.io.getSaveHandlers(url)).toHaveLength(url[0] === 'h' ? 1 : 0);
      expect(tf.io.getLoadHandlers(url)).toHaveLength(url[0] === 'h' ? 1 : 0);
    }
  });

  it('is registered once, however often it is asked for', () => {
    registerFileRouter();
    expect(tf.io.getSaveHandlers('file://a')).toHaveLength(1);
    expect(tf.io.getLoadHandlers('file://a')).toHaveLength(1);
  });

  it('stands aside where tfjs-node is loaded, before or after', () => {
    tf.registerBackend('tensorflow', () => new tf.KernelBackend(), 0);
    try {
      expect(tf.io.getSaveHandlers('file://a')).toHaveLength(0);
      expect(tf.io.getLoadHandlers('file://a')).toHaveLength(0);
    } finally {
      tf.removeBackend('tensorflow');
    }
    expect(tf.io.getLoadHandlers('file://a')).toHaveLength(1);
  });
});

describe('the folder', () => {
  it('holds what tfjs itself would send to a server, and one weights file', async () => {
    const model: tf.io.ModelArtifacts = {
      ...artifacts(1),
      signature: { inputs: {} },
      userDefinedMetadata: { a: { b: 1 } },
      modelInitializer: { c: 2 },
      initializerSignature: { d: 3 },
      trainingConfig: { loss: 'meanSquaredError', optimizer_config: {} },
    };
    let sent: Record<string, unknown> = {};
    const fetchFunc = async (_: unknown, init?: RequestInit) => {
      const file = new Map(init?.body as FormData).get('model.json') as File;
      sent = JSON.parse(await file.text());
      return new Response();
    };
    await tf.io.http('http://localhost', { fetchFunc }).save?.(model);
    await fileSystem(at.folder).save(model);

    const written = JSON.parse(await fs.readFile(join(at.folder, 'model.json'), 'utf8'));
    const [name] = await weightFiles();
    expect(written).toEqual({
      ...sent,
      weightsManifest: [{ paths: [name], weights: model.weightSpecs }],
      weightsSha256: createHash('sha256').update(bytesOf(model.weightData)).digest('hex'),
    });
    expect(await listing()).toEqual(['model.json', name]);
    expect(await fs.readFile(join(at.folder, name as string))).toEqual(bytesOf(model.weightData));
    expect(await fileSystem(at.folder).load()).toEqual(model);
  });

  it('is the same for the same model', async () => {
    await fileSystem(at.folder).save(artifacts(1));
    const other = join(at.root, 'other');
    await fileSystem(other).save(artifacts(1));
    for (const name of await listing()) {
      expect(await fs.readFile(join(other, name))).toEqual(
        await fs.readFile(join(at.folder, name)),
      );
    }
    expect(await fs.readdir(other)).toHaveLength(2);
  });

  it('tells what was saved', async () => {
    const { modelArtifactsInfo } = await fileSystem(at.folder).save(artifacts(1));
    expect(modelArtifactsInfo).toMatchObject({ modelTopologyType: 'JSON', weightDataBytes: 12 });
  });

  it('is made with the folders above it, and may be given as its model.json', async () => {
    at.folder = join(at.root, 'a/b/c');
    await fileSystem(join(at.folder, 'model.json')).save(artifacts(1));
    expect(await standing()).toBe(1);
    await fileSystem(join(at.folder, 'model.json')).save(artifacts(2));
    expect(await standing()).toBe(2);
    expect(await listing()).toHaveLength(2);
  });

  it('may itself be named model.json, as tfjs-node makes it', async () => {
    at.folder = join(at.root, 'model.json');
    await fs.mkdir(at.folder);
    await fileSystem(at.folder).save(artifacts(1));
    expect(await standing()).toBe(1);
  });

  it('is that of the moment when the handler was made', async () => {
    const handler = fileSystem(relative('.', at.folder));
    const before = process.cwd();
    try {
      process.chdir(at.root);
      await handler.save(artifacts(1));
    } finally {
      process.chdir(before);
    }
    expect(await standing()).toBe(1);
  });

  it('takes a topology alone', async () => {
    const { weightData: _, weightSpecs: __, ...topology } = artifacts(1);
    await fileSystem(at.folder).save(topology);
    expect(await listing()).toEqual(['model.json']);
    expect(await fileSystem(at.folder).load()).toEqual(topology);
  });

  it('takes weights in several buffers, and of no bytes', async () => {
    const parts = [new Uint8Array([1, 2, 3]), new Uint8Array(), new Uint8Array(9).fill(4)];
    const weightData = parts.map(({ buffer }) => buffer);
    await fileSystem(at.folder).save({ ...artifacts(1), weightData });
    expect(bytesOf((await fileSystem(at.folder).load()).weightData)).toEqual(Buffer.concat(parts));

    const none = { ...artifacts(1), weightSpecs: [], weightData: new ArrayBuffer(0) };
    await fileSystem(at.folder).save(none);
    expect(await fileSystem(at.folder).load()).toEqual(none);
    expect(await listing()).toHaveLength(2);
  });

  it('takes more than is written at once', async () => {
    const length = 2 ** 24 + 5; // 64 MiB and a little
    const model = artifacts(1, length);
    new Float32Array(model.weightData)[length - 1] = 3;
    await fileSystem(at.folder).save(model);
    expect(
      bytesOf((await fileSystem(at.folder).load()).weightData).equals(bytesOf(model.weightData)),
    ).toBe(true);
  });
});

describe('saving over a model', () => {
  it('leaves the new one and nothing of the old one', async () => {
    for (const value of [1, 2, 2, 2, 1, 3]) {
      await fileSystem(at.folder).save(artifacts(value));
      expect(await standing()).toBe(value);
      expect(await listing()).toHaveLength(2);
    }
  });

  it('never writes to the weights that the old one names, even where they are the same', async () => {
    await fileSystem(at.folder).save(artifacts(1));
    const [before] = await weightFiles();
    await fileSystem(at.folder).save(artifacts(1));
    const [after] = await weightFiles();
    expect(before).toMatch(/^weights-[0-9a-f]{16}\.bin$/);
    expect(after).toMatch(/^weights-[0-9a-f]{16}-[0-9a-f]{8}\.bin$/);
    expect(after?.slice(0, 24)).toBe(before?.slice(0, 24));
  });

  it('leaves what others have put there', async () => {
    await fs.mkdir(at.folder);
    const theirs = [
      ...['weights.bin', 'group1-shard1of1.bin', 'weights-0123456789abcdef.bin', 'model.json.tmp'],
      ...['.gated-sae-notes', 'gated-sae-01234567-1-89abcdef.json.tmp', 'notes.txt'],
    ];
    const theirModel = {
      modelTopology: artifacts(9).modelTopology,
      weightsManifest: [
        { paths: ['weights.bin', '../other', 'group1-shard1of1.bin'], weights: [] },
      ],
    };
    await fs.writeFile(join(at.folder, 'model.json'), JSON.stringify(theirModel));
    const old = new Date(2000, 1, 1);
    for (const name of theirs) {
      await fs.writeFile(join(at.folder, name), name);
      await fs.utimes(join(at.folder, name), old, old);
    }
    for (const value of [1, 2]) await fileSystem(at.folder).save(artifacts(value));
    expect(await listing()).toEqual([...theirs, 'model.json', ...(await newWeights())].sort());
    for (const name of theirs) expect(await fs.readFile(join(at.folder, name), 'utf8')).toBe(name);

    async function newWeights() {
      return (await weightFiles()).filter((name) => !theirs.includes(name));
    }
  });

  it('leaves what has the name that it would give', async () => {
    const other = join(at.root, 'other');
    await fileSystem(other).save(artifacts(1));
    const name = (await fs.readdir(other)).find((file) => file !== 'model.json') as string;
    await fs.mkdir(at.folder);
    await fs.writeFile(join(at.folder, name), 'theirs');
    await fileSystem(at.folder).save(artifacts(1));
    expect(await fs.readFile(join(at.folder, name), 'utf8')).toBe('theirs');
    expect(await standing()).toBe(1);
  });

  it('does so whatever stood in model.json', async () => {
    await fs.mkdir(at.folder);
    const texts = [
      '',
      '{',
      '5',
      'null',
      '[]',
      '{"weightsManifest":5}',
      '{"weightsManifest":[null]}',
    ];
    for (const text of [...texts, '{"weightsManifest":[{"paths":[5,"../x"]}]}']) {
      await fs.writeFile(join(at.folder, 'model.json'), text);
      await fileSystem(at.folder).save(artifacts(1));
      expect(await standing()).toBe(1);
    }
  });

  it('removes what a save left that was cut off, once it is surely nobody’s', async () => {
    await fileSystem(at.folder).save(artifacts(1));
    const orphan = 'weights-00000000000000ff.bin';
    // One was cut off before it named its weights, and is done over: the third save.
    await fileSystem(join(at.root, 'third')).save(artifacts(3));
    const used = (await fs.readdir(join(at.root, 'third'))).find((name) => /^weights/.test(name));
    const journal = JSON.stringify({ weightsManifest: [{ paths: [orphan, used, '../x', 'y'] }] });
    const left = {
      '.gated-sae-00000000-1-00000001.weights.tmp': 'half of some wei',
      '.gated-sae-00000000-1-00000002.json.tmp': '{"weightsManif',
      '.gated-sae-00000000-1-00000003.record.tmp': journal,
      [orphan]: 'nobody names them',
    };
    for (const [name, text] of Object.entries(left))
      await fs.writeFile(join(at.folder, name), text);
    await fs.writeFile(join(at.folder, 'y'), '');
    await fs.writeFile(join(at.root, 'x'), '');

    await fileSystem(at.folder).save(artifacts(2));
    // As another machine may be saving here, what this save has replaced is written down as well.
    const done = (await listing()).filter((name) => name.endsWith('.done.tmp'));
    expect(done).toHaveLength(1);
    const everything = [...Object.keys(left), ...done, 'y', 'model.json'];
    expect(await listing()).toEqual([...everything, ...(await mine())].sort());

    await age(11);
    await fileSystem(at.folder).save(artifacts(3));
    expect(await listing()).toEqual(['model.json', ...(await mine()), 'y'].sort());
    expect(await fs.readdir(at.root)).toContain('x');
    expect(await standing()).toBe(3);

    async function mine() {
      return (await weightFiles()).filter((name) => name !== orphan);
    }
  });

  it('counts as done where only the cleaning up has failed', async () => {
    await fileSystem(at.folder).save(artifacts(1));
    const { rm } = fs;
    jest.spyOn(fs, 'rm').mockImplementation(async (path, options) => {
      // As on Windows, while somebody reads them.
      if (String(path).endsWith('.bin')) throw Object.assign(new Error(), { code: 'EPERM' });
      return rm(path, options);
    });
    await fileSystem(at.folder).save(artifacts(2));
    jest.spyOn(fs, 'readdir').mockRejectedValueOnce(new Error());
    await fileSystem(at.folder).save(artifacts(3));
    jest.restoreAllMocks();
    expect(await standing()).toBe(3);
    expect(await weightFiles()).toHaveLength(3);
    await age(11);
    await fileSystem(at.folder).save(artifacts(4));
    expect(await listing()).toHaveLength(2);
  });
});
