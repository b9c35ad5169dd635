import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const require = createRequire(import.meta.url);
require('@tensorflow/tfjs'); // a backend, by which models are built
const { killSaves } = require('../node/killedSaves') as typeof import('../node/killedSaves');
const { kerasArchive } = require('../../src') as typeof import('../../src');
const { fileSystem } = require('../../src/node') as typeof import('../../src/node');

for (const atOnce of [1, 2]) {
  test(`50 kills of ${atOnce} at once lose no model and leave no file`, async () => {
    const root = await mkdtemp(join(tmpdir(), 'gated-sae-kills-'));
    const folder = fileSystem(join(root, 'folder'));
    const archive = kerasArchive(join(root, 'sae.keras'));
    const killed = await killSaves(root, 50 / atOnce, atOnce, async () => {
      for (const place of [folder, archive]) await place.load();
    });
    assert.ok(killed.archives + killed.others > 0, 'no kill came in the midst of a save');
    await folder.save(await folder.load());
    await archive.save(await archive.load());
    assert.deepEqual((await readdir(root)).sort(), ['folder', 'sae.keras']);
    assert.equal((await readdir(join(root, 'folder'))).length, 2);
    await rm(root, { recursive: true });
  });
}
