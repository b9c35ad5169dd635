import fs from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { GatedSAE } from '../../src';
import { fileSystem } from '../../src/node';
import { artifacts, at, bytesOf, failure, standing, weightFiles } from './modelFolder';

const modelJson = () => join(at.folder, 'model.json');

/** Changes model.json as somebody else's program, or nobody's, would have it. */
async function change(field: string, value: unknown): Promise<void> {
  const json = JSON.parse(await fs.readFile(modelJson(), 'utf8'));
  await fs.writeFile(modelJson(), JSON.stringify({ ...json, [field]: value }));
}

/** Turns one bit in the file of weights. */
async function damage(byte: number): Promise<string> {
  const file = join(at.folder, (await weightFiles())[0] as string);
  const bytes = await fs.readFile(file);
  bytes.writeUInt8(bytes.readUInt8(byte) ^ 1, byte);
  await fs.writeFile(file, bytes);
  return file;
}

test.each([0, 5, 11])('wrong bytes of the right length are seen: byte %d', async (byte) => {
  await fileSystem(at.folder).save(artifacts(1));
  const file = await damage(byte);
  expect((await failure(fileSystem(at.folder).load())).message).toBe(
    `SAE_FILE ${file}: expected weights of the checksum in model.json; received others, or damaged ones. Copy the whole folder again, or save the model again.`,
  );
});

test('weights of another save, of the same length, are seen', async () => {
  await fileSystem(at.folder).save(artifacts(1));
  const other = join(at.root, 'other');
  await fileSystem(other).save(artifacts(2));
  const [own] = await weightFiles();
  const [theirs] = (await fs.readdir(other)).filter((name) => name.startsWith('weights-'));
  await fs.copyFile(join(other, theirs as string), join(at.folder, own as string));
  await failure(fileSystem(at.folder).load());
});

test('it is over all files in their order', async () => {
  await fileSystem(at.folder).save(artifacts(1));
  const [name] = await weightFiles();
  const bytes = await fs.readFile(join(at.folder, name as string));
  const parts = { 'b.bin': bytes.subarray(0, 4), 'a.bin': bytes.subarray(4) };
  for (const [part, content] of Object.entries(parts)) {
    await fs.writeFile(join(at.folder, part), content);
  }
  const weights = artifacts(1).weightSpecs;
  await change('weightsManifest', [{ paths: Object.keys(parts), weights }]);
  expect(await standing()).toBe(1);
  await fs.writeFile(join(at.folder, 'a.bin'), new Uint8Array(8));
  expect((await failure(fileSystem(at.folder).load())).message).toContain(
    `SAE_FILE ${at.folder}: expected weights of the checksum in model.json;`,
  );
});

test.each(['', 'abc', 5, 'A'.repeat(64), []])('one that is none is refused: %p', async (value) => {
  await fileSystem(at.folder).save(artifacts(1));
  await change('weightsSha256', value);
  expect((await failure(fileSystem(at.folder).load())).message).toContain(
    'expected weightsSha256 to be a SHA-256 in hexadecimal; received ',
  );
});

test('where there is none it is said once', async () => {
  await fileSystem(at.folder).save(artifacts(1));
  await change('weightsSha256', undefined);
  const warnings: unknown[] = [];
  jest.spyOn(console, 'warn').mockImplementation((text) => warnings.push(text));
  await damage(3);
  for (let i = 0; i < 3; i++) await fileSystem(at.folder).load();
  expect(warnings).toEqual([
    `gated-sae-tfjs: ${modelJson()}: it has no checksum of its weights, so damage that leaves their length as it was is not seen. A model that is saved here has one.`,
  ]);
});

describe("tfjs's own loaders pass it over", () => {
  const model = () => new GatedSAE({ inputDim: 4, encodingDim: 8, seed: 1 });
  const valuesOf = (one: tf.LayersModel) => one.getWeights().map((w) => Array.from(w.dataSync()));

  test('over HTTP', async () => {
    const sae = model();
    await sae.save(fileSystem(at.folder));
    const server = createServer(async (request, response) => {
      response.end(await fs.readFile(join(at.folder, (request.url ?? '').slice(1))));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const loaded = await tf.loadLayersModel(`http://127.0.0.1:${port}/model.json`);
    server.closeAllConnections();
    server.close();
    expect(valuesOf(loaded)).toEqual(valuesOf(sae));
    sae.dispose();
    loaded.dispose();
  });

  test('as files that were chosen, and through their text', async () => {
    const sae = model();
    await sae.save(fileSystem(at.folder));
    const json = JSON.parse(await fs.readFile(modelJson(), 'utf8'));
    const [name] = await weightFiles();
    const bytes = await fs.readFile(join(at.folder, name as string));
    const read = await tf.io.getModelArtifactsForJSON(json, async (manifest) => [
      manifest.flatMap(({ weights }) => weights),
      new Uint8Array(bytes).buffer,
    ]);
    expect(bytesOf(read.weightData)).toEqual(bytes);
    const loaded = await tf.loadLayersModel(tf.io.fromMemory(read));
    expect(valuesOf(loaded)).toEqual(valuesOf(sae));
    sae.dispose();
    loaded.dispose();
  });
});
