import { modelCard, uploadFolder } from '../../../src';
import { HubServer, sha256 } from '../../io/hub/server';
import { refusal } from '../../refusal';

const text = (value: string) => new TextEncoder().encode(value);
const LARGE = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7 + (i >> 8)) & 255);

let server: HubServer;
const before = { ...process.env };
beforeEach(async () => {
  server = await HubServer.start();
  process.env = { ...before, HF_ENDPOINT: server.endpoint, HF_HOME: '/nowhere' };
  delete process.env['HF_TOKEN'];
});
afterEach(() => {
  server.stop();
  process.env = before;
});
const filesOf = (id: string) => server.repositories.get(`models/${id}`)?.files ?? new Map();
const args = { token: 'hf_right', message: 'A dictionary' };

test('a repository is made, and files come to it as one commit: large ones by the other host', async () => {
  const files = [
    { path: 'README.md', content: text('# One') },
    { path: 'l0/sae_weights.safetensors', content: new Blob([LARGE]) },
  ];
  const requestInit = { headers: { 'x-secret': 'mine' } };
  const made = await uploadFolder('hf://me/saes/v1', files, {
    ...args,
    createRepo: 'private',
    requestInit,
  });
  expect(made.commit).toMatch(/^[0-9a-f]{40}$/);
  expect(made.url).toBe(`${server.endpoint}/me/saes/commit/${made.commit}`);
  expect([...filesOf('me/saes').keys()].sort()).toEqual([
    'v1/README.md',
    'v1/l0/sae_weights.safetensors',
  ]);
  expect(sha256(filesOf('me/saes').get('v1/l0/sae_weights.safetensors'))).toBe(sha256(LARGE));
  const commit = server.seen.find(({ url }) => /\/commit\/main/.test(url));
  expect(JSON.parse(String(commit?.body).split('\n')[0] ?? '')).toMatchObject({
    key: 'header',
    value: { summary: 'A dictionary' },
  });
  const create = server.seen.find(({ url }) => url === '/api/repos/create');
  expect(JSON.parse(String(create?.body))).toMatchObject({
    name: 'saes',
    organization: 'me',
    visibility: 'private',
    type: 'model',
  });
  for (const { on, headers } of server.seen) {
    const mine = [headers.authorization, headers['x-secret']];
    expect([on, ...mine]).toEqual(
      on === 'hub' ? ['hub', 'Bearer hf_right', 'mine'] : ['cdn', undefined, undefined],
    );
  }
  // Once more: it is there, and that is well.
  process.env['HF_TOKEN'] = 'hf_right';
  const more = [{ path: 'cfg.json', content: text('{}') }];
  await uploadFolder('hf://me/saes@main', more, { createRepo: 'public' });
  expect([...filesOf('me/saes').keys()]).toContain('cfg.json');
});

test('an upload goes through servers that are down for a moment; a commit is not made twice', async () => {
  server.add('me/saes', {});
  server.faults = [
    { on: 'hub', path: /preupload/, times: 1, status: 503 },
    { on: 'hub', path: /lfs\/objects\/batch/, times: 1, status: 500 },
    { on: 'cdn', path: /./, times: 1, status: 500 },
  ];
  await uploadFolder('hf://me/saes', [{ path: 'w.bin', content: LARGE }], args);
  expect(filesOf('me/saes').size).toBe(1);
  server.seen.length = 0;
  server.faults = [{ on: 'hub', path: /\/commit\//, times: 9, status: 500 }];
  expect(
    await refusal(uploadFolder('hf://me/saes', [{ path: 'x', content: text('x') }], args)),
  ).toBe(
    'SAE_FILE hf://me/saes: expected an answer; received status 500, once. Check the network, or try later.',
  );
  expect(server.seen.filter(({ url }) => /\/commit\//.test(url))).toHaveLength(1);
});

test('what cannot be written is refused, with what to do', async () => {
  const files = [{ path: 'x', content: text('x') }];
  expect(await refusal(uploadFolder('hf://me/saes', files))).toBe(
    'SAE_OPTION uploadFolder.token: expected a token that may write; received undefined. Set HF_TOKEN, or give {token}: one made for writing.',
  );
  server.add('me/saes', {});
  expect(await refusal(uploadFolder('hf://me/saes', files, { token: 'hf_other' }))).toBe(
    'SAE_FILE hf://me/saes: expected a repository that may be written; received status 401, no permission. Give a token that may write there: of its owner, and made for writing.',
  );
  expect(await refusal(uploadFolder('hf://me/none', files, args))).toBe(
    'SAE_FILE hf://me/none: expected a repository that may be written; received status 404, none of that name. Check the name.',
  );
  for (const bad of [[], [{ path: '../x', content: text('x') }], [{ path: 'x', content: 'x' }]]) {
    expect(await refusal(uploadFolder('hf://me/saes', bad as never, args))).toMatch(
      /^SAE_OPTION uploadFolder\.files/,
    );
  }
  expect(await refusal(uploadFolder('hf://me/saes', [...files, ...files], args))).toMatch(
    /each path once/,
  );
  expect(
    await refusal(uploadFolder('hf://me/saes', files, { ...args, mesage: 'x' } as never)),
  ).toMatch(/Did you mean "message"/);
  expect(filesOf('me/saes').size).toBe(0);
});

test('a card says what it was given, and no text in it is taken for YAML or a cell', () => {
  const card = modelCard({
    name: 'Seven\nof nine',
    architecture: 'gated',
    baseModel: 'openai-community/gpt2',
    place: 'blocks.7.hook_resid_pre',
    datasets: ['Skylion007/openwebtext', 'x: [y]\n---'],
    license: 'mit',
    recipe: { lambdaSparse: 1e-3, 'a|b': 'c|d' },
    metrics: [{ name: 'L0', value: 54, definition: 'mean over 10,000 tokens' }],
    address: 'hf://me/saes',
    tags: ['sae', 'no'],
  });
  expect(card.split('\n---\n')[0]).toBe(
    `---
library_name: gated-sae-tfjs
license: mit
base_model: openai-community/gpt2
datasets:
- Skylion007/openwebtext
- "x: [y]\\n---"
tags:
- sae
- sparse-autoencoder
- interpretability
- gated
- "no"`,
  );
  expect(card).toContain('\n# Seven of nine\n');
  expect(card).toContain('| `a\\|b` | c\\|d |');
  expect(card).toContain('| L0 | 54 | mean over 10,000 tokens |');
  expect(modelCard({ name: 'x' })).toBe(
    '---\nlibrary_name: gated-sae-tfjs\ntags:\n- sae\n- sparse-autoencoder\n- interpretability\n---\n\n# x\n',
  );
  expect(() => modelCard({ name: '' })).toThrow(/^SAE_OPTION modelCard\.name/);
  expect(() => modelCard({ name: 'x', metrics: [{ name: 'L0' }] } as never)).toThrow(/SAE_OPTION/);
});
