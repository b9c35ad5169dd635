import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hubFolder } from '../../../src/io/hub/hubFolder';
import type { HubOptions } from '../../../src/io/hub/settings';
import { gitOid, HubServer, sha256 } from '../../io/hub/server';
import { refusal } from '../../refusal';

const LARGE = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 7 + (i >> 8)) & 255);
const SMALL = new TextEncoder().encode('{"architecture": "gated"}');
const REPO = 'hf://some-one/some.saes_1';
const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

let server: HubServer;
let home: string;
let commit: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  env = { ...process.env };
  server = await HubServer.start();
});
afterAll(() => {
  server.stop();
  process.env = env;
});
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'hub-'));
  process.env = { ...env, HF_HOME: home, HF_ENDPOINT: server.endpoint };
  for (const name of ['HF_TOKEN', 'HF_HUB_CACHE', 'HF_HUB_OFFLINE']) delete process.env[name];
  server.faults = [];
  server.gated.clear();
  const { refs } = server.add(
    'some-one/some.saes_1',
    {
      'README.md': SMALL,
      'l0/cfg.json': SMALL,
      'l0/sae_weights.safetensors': LARGE,
      'l1/a name #1?.bin': SMALL,
      'empty.txt': new Uint8Array(),
    },
    { lfs: ['l0/sae_weights.safetensors'] },
  );
  commit = refs['main'] ?? '';
  server.take('hub');
  server.take('cdn');
});
afterEach(() => rm(home, { recursive: true }));

const cacheOf = () => join(home, 'hub', 'models--some-one--some.saes_1');
const blobs = () =>
  existsSync(join(cacheOf(), 'blobs')) ? readdirSync(join(cacheOf(), 'blobs')) : [];
async function readWhole(path: string, options: HubOptions = {}, address = REPO) {
  const source = await hubFolder(address, options).open(path);
  if (source === undefined) return undefined;
  try {
    return await source.read(0, source.size);
  } finally {
    await source.close();
  }
}

it('lists what is below its path, over several answers, at a commit that it asks for once', async () => {
  const folder = hubFolder(`${REPO}/l0`);
  expect(folder.name).toBe(`${REPO}/l0`);
  expect(server.seen).toEqual([]);
  expect(await folder.files()).toEqual(['cfg.json', 'sae_weights.safetensors']);
  expect(await folder.commit()).toBe(commit);
  expect(await hubFolder(REPO).files()).toHaveLength(5);
  const asked = server.take('hub').filter((line) => line.includes('/revision/main'));
  expect(asked).toHaveLength(2); // one for each folder
  // A commit needs no asking.
  expect(await hubFolder(`${REPO}@${commit}`).commit()).toBe(commit);
  expect(server.take('hub')).toEqual([]);
  expect(await hubFolder(`${REPO}@refs/pr/1/l0`).files()).toHaveLength(2);
  expect(await hubFolder(REPO, { revision: 'refs/pr/1' }).files()).toHaveLength(5);
});

it('reads a file of any name and length, and of a dataset', async () => {
  expect(await readWhole('l0/cfg.json')).toEqual(SMALL);
  expect(await readWhole('a name #1?.bin', {}, `${REPO}/l1`)).toEqual(SMALL);
  expect(await readWhole('empty.txt')).toEqual(new Uint8Array());
  expect(await readWhole('no.txt')).toBeUndefined();
  server.add('some-one/rows', { 'x.npy': SMALL }, { kind: 'datasets' });
  expect(await readWhole('x.npy', {}, 'hf://datasets/some-one/rows')).toEqual(SMALL);
});

it('fetches parts while little is read, and then the file once, which it keeps', async () => {
  const shares: [number, string][] = [];
  const onProgress = (share: number, path: string) => void shares.push([share, path]);
  const source = await hubFolder(`${REPO}/l0`, { onProgress }).open('sae_weights.safetensors');
  if (source === undefined) throw new Error('no file');
  expect(source.size).toBe(LARGE.length);
  expect(same(await source.read(0, 1000), LARGE.subarray(0, 1000))).toBe(true);
  expect(blobs()).toEqual([]);
  expect(server.seen.filter((one) => one.on === 'cdn').every((one) => one.headers.range)).toBe(
    true,
  );
  server.take('cdn');
  const bytes = new Uint8Array(2_000_000);
  await source.readInto?.(bytes, 500_000);
  expect(same(bytes, LARGE.subarray(500_000, 2_500_000))).toBe(true);
  await source.close();
  expect(server.take('cdn')).toHaveLength(1);
  expect(blobs()).toEqual([sha256(LARGE)]);
  expect(shares.at(-1)).toEqual([1, 'l0/sae_weights.safetensors']);
  expect(same((await readWhole('l0/sae_weights.safetensors')) ?? SMALL, LARGE)).toBe(true);
  expect(server.take('cdn')).toEqual([]);
});

it('keeps files where huggingface_hub keeps them', async () => {
  await readWhole('l0/sae_weights.safetensors');
  await readWhole('README.md');
  const pointer = join(cacheOf(), 'snapshots', commit, 'l0', 'sae_weights.safetensors');
  expect(readlinkSync(pointer)).toBe(join('..', '..', '..', 'blobs', sha256(LARGE)));
  const readme = join(cacheOf(), 'snapshots', commit, 'README.md');
  expect(realpathSync(readme)).toBe(realpathSync(join(cacheOf(), 'blobs', gitOid(SMALL))));
  expect(readFileSync(join(cacheOf(), 'refs', 'main'), 'utf8')).toBe(commit);
  process.env['HF_HUB_CACHE'] = join(home, 'elsewhere');
  await readWhole('README.md');
  expect(readdirSync(join(home, 'elsewhere'))).toEqual(['models--some-one--some.saes_1']);
  await readWhole('README.md', { cache: join(home, 'third') });
  expect(existsSync(join(home, 'third', 'models--some-one--some.saes_1'))).toBe(true);
});

it('keeps nothing with cache: false', async () => {
  expect(
    same((await readWhole('l0/sae_weights.safetensors', { cache: false })) ?? SMALL, LARGE),
  ).toBe(true);
  expect(existsSync(join(home, 'hub'))).toBe(false);
});

it('with HF_HUB_OFFLINE asks nobody, and says what is not there', async () => {
  await readWhole('l0/cfg.json');
  server.take('hub');
  process.env['HF_HUB_OFFLINE'] = '1';
  const folder = hubFolder(`${REPO}/l0`);
  expect([await folder.commit(), await folder.files()]).toEqual([commit, ['cfg.json']]);
  expect(await readWhole('l0/cfg.json')).toEqual(SMALL);
  expect(await folder.open('other.json')).toBeUndefined();
  expect(await refusal(readWhole('cfg.json', {}, `${REPO}/l7`))).toMatch(
    /^SAE_FILE hf:\/\/some-one\/some\.saes_1\/l7\/cfg\.json: expected it in the cache at .*some\.saes_1, as HF_HUB_OFFLINE is set; received nothing there\. Unset HF_HUB_OFFLINE to download it\.$/,
  );
  expect(await refusal(hubFolder('hf://some-one/other').commit())).toMatch(/SAE_FILE.*OFFLINE/);
  expect(server.seen).toEqual([]);
});

it('sends its token and headers to the hub, and to nobody that it passes on to', async () => {
  server.gated.add('some-one/some.saes_1');
  const requestInit = { headers: { 'x-secret': 'mine' } };
  await readWhole('l0/sae_weights.safetensors', { token: 'hf_right', requestInit });
  process.env['HF_TOKEN'] = ' hf_right\n';
  await readWhole('l0/sae_weights.safetensors', { cache: false, requestInit });
  const of = (on: string) => server.seen.filter((one) => one.on === on).map((one) => one.headers);
  expect(of('hub').length).toBeGreaterThan(3);
  for (const headers of of('hub')) {
    expect([headers.authorization, headers['x-secret']]).toEqual(['Bearer hf_right', 'mine']);
  }
  expect(of('cdn').length).toBeGreaterThan(1);
  for (const headers of of('cdn')) {
    expect([headers.authorization, headers.cookie, headers['x-secret']]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  }
});

it('takes the token from HF_TOKEN, or from the file of hf auth login, or none', async () => {
  const { writeFileSync } = await import('node:fs');
  writeFileSync(join(home, 'token'), 'hf_kept\n');
  const sent = async (options: HubOptions = {}) => {
    server.seen.length = 0;
    await hubFolder(REPO, options).commit();
    return server.seen[0]?.headers.authorization;
  };
  expect(await sent()).toBe('Bearer hf_kept');
  process.env['HF_TOKEN'] = 'hf_set';
  expect(await sent()).toBe('Bearer hf_set');
  expect(await sent({ token: 'hf_given' })).toBe('Bearer hf_given');
  expect(await sent({ token: false })).toBeUndefined();
  process.env['HF_HUB_DISABLE_IMPLICIT_TOKEN'] = '1';
  expect(await sent()).toBeUndefined();
});

describe('what it refuses', () => {
  const page = () => `${server.endpoint}/some-one/some.saes_1`;

  it('is a repository that is gated, private or not there', async () => {
    server.gated.add('some-one/some.saes_1');
    expect(await refusal(readWhole('README.md'))).toBe(
      `SAE_FILE ${REPO}: expected a repository that may be read; received status 401, a gated repository. Accept its licence at ${page()}, and set HF_TOKEN, or give {token} of the same account.`,
    );
    expect(await refusal(hubFolder('hf://some-one/none').files())).toBe(
      'SAE_FILE hf://some-one/none: expected a repository that may be read; received status 401, no repository that everybody may read. Check the name; for a private or gated one set HF_TOKEN, or give {token}.',
    );
    expect(await refusal(hubFolder('hf://some-one/none', { token: 'hf_right' }).files())).toBe(
      'SAE_FILE hf://some-one/none: expected a repository that may be read; received status 404, none of that name. Check the name.',
    );
    server.faults = [{ on: 'hub', path: /revision/, times: 9, status: 403 }];
    expect(await refusal(readWhole('README.md'))).toMatch(
      /received status 403, no permission\. Accept/,
    );
  });

  it('is a revision or a folder that is not there', async () => {
    expect(await refusal(hubFolder(`${REPO}@v9`).files())).toBe(
      `SAE_FILE ${REPO}@v9: expected a branch, tag or commit; received status 404, no revision "v9". Choose one that is at ${page()}.`,
    );
    expect(await refusal(hubFolder(`${REPO}/l9`).files())).toBe(
      `SAE_FILE ${REPO}/l9: expected a file; received status 404, none there. Check the path.`,
    );
  });

  it('is a path that leads out, an address of another form, and two revisions', async () => {
    for (const path of ['../x', 'a//b', '/etc/passwd', 'a\\b', '', 'C:x']) {
      expect(await refusal(hubFolder(REPO).open(path))).toMatch(/^SAE_FILE hf:/);
    }
    const bad = [
      'gpt2',
      'hf://gpt2',
      'hf://a/b/../c',
      'hf://buckets/a/b',
      'hf://a/..',
      'hf://a/b@../x',
    ];
    for (const address of bad)
      expect(await refusal(() => hubFolder(address))).toMatch(/^SAE_OPTION/);
    expect(await refusal(() => hubFolder(`${REPO}@v1`, { revision: 'v2' }))).toBe(
      'SAE_OPTION hubFolder.revision: expected one revision, @v1 as in the address; received "v2". Leave one of them out.',
    );
    expect(await refusal(() => hubFolder(REPO, { tokn: 'x' } as never))).toMatch(
      /Did you mean "token"/,
    );
    const message = await refusal(() => hubFolder(REPO, { token: 'hf_sec ret' }));
    expect(message).toMatch(/^SAE_OPTION hubFolder\.token: expected an access token/);
    expect(message).not.toMatch(/sec/);
  });

  it('is an answer that is no listing', async () => {
    for (const body of ['<html>', '{}', '[{"type":"file","path":"../x","size":1,"oid":"00"}]']) {
      server.faults = [{ on: 'hub', path: /tree/, times: 1, body }];
      expect(await refusal(hubFolder(REPO).files())).toMatch(/^SAE_FILE hf:.*HF_ENDPOINT/);
    }
    server.faults = [{ on: 'hub', path: /revision/, times: 1, body: '{"sha":"../../x"}' }];
    expect(await refusal(hubFolder(REPO).files())).toMatch(/expected the name of a commit/);
  });

  it('is a file whose checksum is another, of which it keeps nothing', async () => {
    server.faults = [{ on: 'cdn', path: /./, times: 1, damaged: true }];
    expect(await refusal(readWhole('l0/sae_weights.safetensors'))).toMatch(
      new RegExp(
        `^SAE_FILE ${REPO}/l0/sae_weights.safetensors: expected the sha256 ${sha256(LARGE)}; received [0-9a-f]{64}\\. Nothing was kept: download it again\\.$`,
      ),
    );
    server.faults = [{ on: 'hub', path: /resolve/, times: 1, damaged: true }];
    expect(await refusal(readWhole('README.md'))).toMatch(/expected the git object [0-9a-f]{40};/);
    expect(blobs()).toEqual([]);
    expect(same((await readWhole('l0/sae_weights.safetensors')) ?? SMALL, LARGE)).toBe(true);
  });
});

describe('what it gets through', () => {
  it('is a server that is down for a moment', async () => {
    server.faults = [
      { on: 'hub', path: /revision/, times: 2, status: 500 },
      { on: 'hub', path: /paths-info/, times: 1, status: 503 },
      { on: 'cdn', path: /./, times: 1, status: 502 },
    ];
    expect(same((await readWhole('l0/sae_weights.safetensors')) ?? SMALL, LARGE)).toBe(true);
  });

  it('is being asked to wait, if not for long', async () => {
    server.faults = [
      { on: 'hub', path: /revision/, times: 1, status: 429, headers: { 'retry-after': '1' } },
    ];
    const start = performance.now();
    expect(await hubFolder(REPO).commit()).toBe(commit);
    expect(performance.now() - start).toBeGreaterThan(950);
    server.faults = [
      { on: 'hub', path: /revision/, times: 1, status: 429, headers: { 'retry-after': '3600' } },
    ];
    expect(await refusal(hubFolder(REPO).commit())).toBe(
      `SAE_FILE ${REPO}: expected an answer; received status 429, too many requests. Try again in 3600 seconds, or set HF_TOKEN, or give {token}: it lets accounts ask more often.`,
    );
  });

  it('is a connection that is cut, again and again', async () => {
    const cut = { on: 'cdn', path: /./, times: 3, cutAfter: 800_000 } as const;
    server.faults = [{ ...cut }];
    expect(same((await readWhole('l0/sae_weights.safetensors')) ?? SMALL, LARGE)).toBe(true);
    const ranges = server.seen.filter((one) => one.on === 'cdn').map((one) => one.headers.range);
    expect(ranges).toHaveLength(4);
    const starts = ranges.map((range) => Number(/\d+/.exec(range ?? '0')?.[0]));
    // Each goes on where the one before broke off: what came is not asked for again.
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    expect(starts[1]).toBeGreaterThan(0);
    server.faults = [{ ...cut, times: 2, cutAfter: 10_000 }];
    expect(
      same((await readWhole('l0/sae_weights.safetensors', { cache: false })) ?? SMALL, LARGE),
    ).toBe(true);
    expect(blobs()).toEqual([sha256(LARGE)]);
  });

  it('is an attempt that was given up: the next one goes on, and checks the whole', async () => {
    const stop = new AbortController();
    const onProgress = (share: number) => share > 0.3 && stop.abort(new Error('enough'));
    const requestInit = { signal: stop.signal };
    await expect(
      readWhole('l0/sae_weights.safetensors', { onProgress, requestInit }),
    ).rejects.toThrow();
    expect(blobs()).toEqual([
      expect.stringMatching(/^[0-9a-f]{64}\.js-\d+-[0-9a-f]{8}\.incomplete$/),
    ]);
    expect(existsSync(join(cacheOf(), 'snapshots'))).toBe(false);
    server.seen.length = 0;
    expect(same((await readWhole('l0/sae_weights.safetensors')) ?? SMALL, LARGE)).toBe(true);
    expect(server.seen.find((one) => one.on === 'cdn')?.headers.range).toMatch(/^bytes=[1-9]/);
    expect(blobs()).toEqual([sha256(LARGE)]);
  });

  it('is what an earlier attempt has left damaged', async () => {
    const { mkdirSync, writeFileSync } = await import('node:fs');
    mkdirSync(join(cacheOf(), 'blobs'), { recursive: true });
    const left = join(cacheOf(), 'blobs', `${sha256(LARGE)}.js-${process.pid}-00000000.incomplete`);
    writeFileSync(left, new Uint8Array(1000).fill(7));
    expect(same((await readWhole('l0/sae_weights.safetensors')) ?? SMALL, LARGE)).toBe(true);
    expect(blobs()).toEqual([sha256(LARGE)]);
  });

  it('is two that ask for a file at once: it comes once', async () => {
    const all = await Promise.all(
      Array.from({ length: 4 }, () => readWhole('l0/sae_weights.safetensors')),
    );
    expect(all.every((bytes) => bytes && same(bytes, LARGE))).toBe(true);
    expect(server.take('cdn')).toHaveLength(1);
  });
});
