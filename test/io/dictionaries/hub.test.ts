/** Dictionaries of the hub, of a server that speaks its protocol. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { GatedSAE, inspectSAE, loadSAE, metadataOf, saveSAE, setMetadata } from '../../../src';
import { HubServer } from '../hub/server';

const fixtures = join(__dirname, 'fixtures');
const filesOf = (name: string, under: string) =>
  Object.fromEntries(
    readdirSync(join(fixtures, name)).map((file) => [
      `${under}${file}`,
      new Uint8Array(readFileSync(join(fixtures, name, file))),
    ]),
  );

const env = { ...process.env };
let server: HubServer;
let home: string;

beforeAll(async () => {
  server = await HubServer.start();
  home = mkdtempSync(join(tmpdir(), 'hub-'));
  process.env = { ...env, HF_HOME: home, HF_ENDPOINT: server.endpoint };
  for (const name of ['HF_TOKEN', 'HF_HUB_CACHE', 'HF_HUB_OFFLINE']) delete process.env[name];
  server.add('some/saes', {
    ...filesOf('saelens_gated', 'layer 7/gated/'),
    ...filesOf('saelens_standard', 'standard/'),
  });
  // As the catalogue has release gpt2-small-res-jb.
  server.add('jbloom/GPT2-Small-SAEs-Reformatted', {
    ...filesOf('saelens_version_2', 'blocks.8.hook_resid_pre/'),
  });
});
afterAll(() => {
  server.stop();
  process.env = env;
  rmSync(home, { recursive: true });
});

test('a folder of a repository, or a file of it, is a dictionary', async () => {
  for (const place of ['layer 7/gated', 'layer 7/gated/cfg.json']) {
    const sae = await loadSAE(`hf://some/saes/${place}`);
    expect([sae.getClassName(), sae.inputDim, sae.encodingDim]).toEqual(['GatedSAE', 6, 10]);
    sae.dispose();
  }
  const { metadata, architecture } = await inspectSAE('hf://some/saes/standard');
  expect([architecture, metadata.modelName]).toEqual(['relu', 'gpt2']);
});

test('a name of the catalogue is one, with what the catalogue knows of it', async () => {
  const name = { release: 'gpt2-small-res-jb', id: 'blocks.8.hook_resid_pre' };
  const sae = await loadSAE(name);
  expect(metadataOf(sae)).toMatchObject({
    modelName: 'gpt2-small',
    neuronpediaId: 'gpt2-small/8-res-jb',
    contextSize: 128,
  });
  sae.dispose();
  await expect(loadSAE({ ...name, id: 'blocks.8.hook_resid_prе' })).rejects.toThrow(
    /SAE_OPTION resolveSAE.id.*blocks\.8\.hook_resid_pre/s,
  );
});

test('what is not there is told of, and no token goes into an error', async () => {
  const token = 'hf_secret';
  const nothing = loadSAE('hf://some/saes/nothing', { token: 'hf_right' });
  await expect(nothing).rejects.toThrow('SAE_FILE hf://some/saes/nothing');
  const wrong = loadSAE('hf://some/saes', { token, revison: 'main' } as never);
  await expect(wrong).rejects.toThrow('Did you mean "revision"?');
  await expect(wrong).rejects.not.toThrow(token);
});

test('a dictionary goes to the hub with its card', async () => {
  server.add('me/mine', {});
  const sae = new GatedSAE({ inputDim: 6, encodingDim: 10, seed: 1 });
  setMetadata(sae, { modelName: 'openai-community/gpt2', hookName: 'blocks.3.hook_resid_pre' });
  const metrics = [{ name: 'L0', value: 54, definition: 'mean of active features of 100 rows' }];
  await saveSAE(sae, 'hf://me/mine/gated', {
    token: server.token,
    card: { metrics, license: 'mit' },
  });
  const files = server.repositories.get('models/me/mine')?.files ?? new Map();
  const card = Buffer.from(files.get('gated/README.md') ?? []).toString();
  for (const part of ['license: mit', 'openai-community/gpt2', 'blocks.3', 'mean of active']) {
    expect(card).toContain(part);
  }
  const again = await loadSAE('hf://me/mine/gated', { cache: false });
  tf.tidy(() => {
    for (const [i, weight] of sae.getWeights().entries()) {
      expect(again.getWeights()[i]?.dataSync()).toEqual(weight.dataSync());
    }
  });
  sae.dispose();
  again.dispose();
});
