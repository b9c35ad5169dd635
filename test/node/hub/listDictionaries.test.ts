import { listDictionaries } from '../../../src';
import { HubServer } from '../../io/hub/server';
import { refusal } from '../../refusal';

let server: HubServer;
const before = { ...process.env };
beforeAll(async () => {
  server = await HubServer.start();
  process.env = { ...before, HF_ENDPOINT: server.endpoint, HF_HOME: '/nowhere' };
});
afterAll(() => {
  server.stop();
  process.env = before;
});

const bytes = new Uint8Array([1]);
const add = (...paths: string[]) =>
  server.add('some-one/saes', Object.fromEntries(paths.map((path) => [path, bytes]))).refs['main'];

test('dictionaries are told by the names of files: folders, and files where there are several', async () => {
  const commit = add(
    'README.md',
    'pictures/loss.png',
    'saelens/cfg.json',
    'saelens/sae_weights.safetensors',
    'saelens/sparsity.safetensors',
    'scope/layer_1/params.npz',
    'trainers/trainer_0/ae.pt',
    'trainers/trainer_0/config.json',
    'layers/config.yaml',
    'layers/layer_0.safetensors',
    'layers/layer_1.safetensors',
    'tfjs/model.json',
    'tfjs/weights-0.bin',
    'keras/sae.keras',
  );
  const found = await listDictionaries('hf://some-one/saes');
  expect(found.map(({ path, files }) => [path, ...files])).toEqual([
    ['keras/sae.keras', 'sae.keras'],
    ['layers/layer_0.safetensors', 'layer_0.safetensors', 'config.yaml'],
    ['layers/layer_1.safetensors', 'layer_1.safetensors', 'config.yaml'],
    ['saelens', 'cfg.json', 'sae_weights.safetensors', 'sparsity.safetensors'],
    ['scope/layer_1', 'params.npz'],
    ['tfjs', 'model.json', 'weights-0.bin'],
    ['trainers/trainer_0', 'ae.pt', 'config.json'],
  ]);
  expect(found[3]?.address).toBe(`hf://some-one/saes@${commit}/saelens`);
  const below = await listDictionaries('hf://some-one/saes/trainers');
  expect(below.map(({ path }) => path)).toEqual(['trainers/trainer_0']);
});

test('a repository that is a dictionary itself, and one that holds none', async () => {
  const commit = add('cfg.json', 'sae_weights.safetensors');
  expect(await listDictionaries('hf://some-one/saes')).toMatchObject([
    { path: '', address: `hf://some-one/saes@${commit}` },
  ]);
  add('README.md', 'tokenizer.json');
  expect(await listDictionaries('hf://some-one/saes')).toEqual([]);
  expect(await refusal(listDictionaries('some-one/saes'))).toMatch(/^SAE_OPTION listDictionaries/);
});
