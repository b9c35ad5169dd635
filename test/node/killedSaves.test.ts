import fs from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { GatedSAE, kerasArchive } from '../../src';
import { fileSystem } from '../../src/node';
import { killSaves } from './killedSaves';
import { at } from './modelFolder';

jest.setTimeout(240_000);

test.each([
  ['one process', 6, 1],
  ['two processes that save into one place', 2, 2],
])(
  '%s, killed: every model is whole, and the next save leaves nothing else',
  async (_, times, atOnce) => {
    const folder = fileSystem(join(at.root, 'folder'));
    const archive = kerasArchive(join(at.root, 'sae.keras'));
    const killed = await killSaves(at.root, times, atOnce, async () => {
      for (const place of [folder, archive]) (await tf.loadLayersModel(place)).dispose();
    });
    // Saves here find what those of other processes left, however young it is.
    const sae = new GatedSAE({ inputDim: 4, encodingDim: 8 });
    await sae.save(folder);
    await sae.save(archive);
    sae.dispose();
    expect((await fs.readdir(at.root)).sort()).toEqual(['folder', 'sae.keras']);
    const names = await fs.readdir(join(at.root, 'folder'));
    expect(names.map((name) => name.replace(/[0-9a-f]{16}(-[0-9a-f]{8})?/, '#')).sort()).toEqual([
      'model.json',
      'weights-#.bin',
    ]);
    process.stdout.write(`killed ${times * atOnce}: ${JSON.stringify(killed)}\n`);
  },
);
