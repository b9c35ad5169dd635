/** The cache that Python's huggingface_hub keeps, read and written by both; the catalogue against SAELens. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hubFolder } from '../../src';
import { COUNTS } from '../../src/io/hub/catalogue/packed.generated';
import { HubServer, sha256 } from '../io/hub/server';
import { peersPython as python, root, withPeers } from './peers';

const run = promisify(execFile);

const LARGE = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 7 + (i >> 8)) & 255);
const DOWNLOAD = `
import hashlib, json
from huggingface_hub import hf_hub_download, scan_cache_dir
names = ['l0/cfg.json', 'l0/w.safetensors']
sums = [hashlib.sha256(open(hf_hub_download('some-one/saes', n), 'rb').read()).hexdigest() for n in names]
info = scan_cache_dir()
print(json.dumps({'sums': sums, 'warnings': len(info.warnings), 'repos': [
    [r.repo_id, r.nb_files, [[v.commit_hash, sorted(v.refs)] for v in r.revisions]] for r in info.repos]}))
`;

let server: HubServer;
let home: string;
const before = { ...process.env };
beforeEach(async () => {
  server = await HubServer.start();
  home = await mkdtemp(join(tmpdir(), 'hub-'));
  process.env = { ...before, HF_HOME: home, HF_ENDPOINT: server.endpoint };
  delete process.env['HF_HUB_CACHE'];
});
afterEach(async () => {
  server.stop();
  process.env = before;
  await rm(home, { recursive: true });
});

const cfg = new TextEncoder().encode('{}');
const sums = [sha256(cfg), sha256(LARGE)];
const add = () =>
  server.add(
    'some-one/saes',
    { 'l0/cfg.json': cfg, 'l0/w.safetensors': LARGE },
    { lfs: ['l0/w.safetensors'] },
  ).refs['main'];

async function inPython(env: NodeJS.ProcessEnv = {}) {
  const all = { ...process.env, HF_HUB_DISABLE_PROGRESS_BARS: '1', ...env };
  return JSON.parse((await run(python, ['-c', DOWNLOAD], { env: all })).stdout) as unknown;
}

async function here(): Promise<string[]> {
  const folder = hubFolder('hf://some-one/saes/l0');
  const read = async (name: string) => {
    const source = await folder.open(name);
    if (source === undefined) throw new Error(`no ${name}`);
    const sum = sha256(await source.read(0, source.size));
    await source.close();
    return sum;
  };
  return [await read('cfg.json'), await read('w.safetensors')];
}

withPeers('what is downloaded here, Python finds without a network', async () => {
  const commit = add();
  expect(await here()).toEqual(sums);
  const repos = [['some-one/saes', 2, [[commit, ['main']]]]];
  expect(await inPython({ HF_HUB_OFFLINE: '1' })).toEqual({ sums, warnings: 0, repos });
});

withPeers('what Python has downloaded, is found here without a network', async () => {
  add();
  expect(await inPython()).toMatchObject({ sums });
  server.seen.length = 0;
  process.env['HF_HUB_OFFLINE'] = '1';
  expect(await here()).toEqual(sums);
  expect(await hubFolder('hf://some-one/saes').files()).toEqual([
    'l0/cfg.json',
    'l0/w.safetensors',
  ]);
  delete process.env['HF_HUB_OFFLINE'];
  expect(await here()).toEqual(sums); // asks what commit main is, and nothing else
  expect(server.seen.map(({ on, url }) => [on, url.split('?')[0]])).toEqual([
    ['hub', '/api/models/some-one/saes/revision/main'],
  ]);
});

withPeers('the catalogue is what SAELens has', () => {
  const script = join(root, 'python-interop', 'make_catalogue.py');
  const version = spawnSync(python, ['-c', 'import sae_lens; print(sae_lens.__version__)']);
  // Another version of SAELens has another table.
  if (`sae_lens ${String(version.stdout).trim()}` !== COUNTS.source) return;
  const { status, stderr } = spawnSync(python, [script, '--check'], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
});
