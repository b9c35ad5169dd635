import fs from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeKeras, GatedSAE, inspectKeras, type KerasInspection } from '../../src';
import { inspectionJson, inspectionText } from '../../src/cli/inspect/text';
import { printable } from '../../src/cli/printable';
import { hdf5Chunks } from '../../src/io/hdf5/write';
import { zipChunks } from '../../src/io/zip/write';
import { FIXTURES, NEWEST } from '../io/keras/fixture';
import { expectFailure, gatedSae } from './cliProcess';

jest.setTimeout(60_000);

let root: string;
beforeEach(async () => {
  root = await fs.mkdtemp(join(tmpdir(), 'gated-sae-inspect-'));
});
afterEach(() => fs.rm(root, { recursive: true, force: true }));

const TRAINED = join(NEWEST, 'gsae_trained.keras');
const inspect = (...args: string[]) => gatedSae(['inspect', ...args]);

async function shown(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await inspect(...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

test('shows a model, its weights and its optimizer', async () => {
  const { bytes, kerasVersion, savedAt } = await inspectKeras(TRAINED);
  expect(
    await shown(TRAINED),
  ).toBe(`${TRAINED}: GatedSAE "my_sae", ${bytes.toLocaleString('en-US')} bytes
saved by Keras ${kerasVersion} on ${savedAt?.replace('@', ' at ')}
options: trainable true, input_dim 4, encoding_dim 6, lambda_sparse 0.002, aux_weight 0.05, clip_norm 1

  vars/0   my_sae/W_gate   [4, 6]   float32   96 bytes
  vars/1   my_sae/b_gate   [6]      float32   24 bytes
  vars/2   my_sae/r_mag    [6]      float32   24 bytes
  vars/3   my_sae/b_mag    [6]      float32   24 bytes
  vars/4   my_sae/W_dec    [6, 4]   float32   96 bytes
  vars/5   my_sae/b_dec    [4]      float32   16 bytes

6 weights, 70 values, 280 bytes
optimizer: Adam, 6 steps taken, 13 arrays, 568 bytes
`);
});

test('shows weights alone, which name neither a class nor themselves', async () => {
  const text = await shown(join(NEWEST, 'gsae_trained_weights.weights.h5'));
  expect(text).toMatch(
    /\.weights\.h5: weights without a model, [\d,]+ bytes\n\n {2}vars\/0 {3}\[4, /,
  );
  expect(text).toContain('\noptimizer: a class that is not named here, 6 steps taken, 13 arrays, ');
  const bare = await shown(join(NEWEST, 'gsae_uncompiled_weights.weights.h5'));
  expect(bare).toMatch(/\n6 weights, 70 values, 280 bytes\nno optimizer\n$/);
});

test('says how many layers a model has, and why it does not open', async () => {
  expect(await shown(join(NEWEST, 'eleven_dense.keras'))).toMatch(
    /: Sequential "\w+" of 13 layers, /,
  );
  const file = join(NEWEST, 'refused', 'lambda.keras');
  const text = await shown(file);
  expect(text).toContain(`\ndoes not open in tfjs: SAE_UNSUPPORTED ${file}: expected layers `);
});

test('long tables are aligned, and large numbers have separators', () => {
  const array = { path: 'vars/0', name: 'a/W', shape: [1000, 2000], dtype: 'float32' as const };
  const inspection: KerasInspection = {
    file: 'x.keras',
    format: 'keras',
    bytes: 8_000_123,
    kerasVersion: '3.3.0',
    savedAt: null,
    className: 'Sequential',
    name: null,
    options: {},
    layers: 1,
    unsupported: null,
    weights: [
      { ...array, bytes: 8_000_000 },
      { ...array, path: 'vars/10', name: 'a/bias', shape: [], bytes: 4 },
    ],
    parameters: 2_000_001,
    optimizer: null,
  };
  expect(inspectionText(inspection)).toBe(`x.keras: Sequential of 1 layer, 8,000,123 bytes
saved by Keras 3.3.0

  vars/0    a/W      [1000, 2000]   float32   8,000,000 bytes
  vars/10   a/bias   []             float32           4 bytes

2 weights, 2,000,001 values, 8,000,004 bytes
no optimizer
`);
  const most = { ...inspection, options: { limit: Number.POSITIVE_INFINITY } };
  expect(JSON.parse(inspectionJson(most))).toEqual({ ...most, options: { limit: 'Infinity' } });
});

test.each(['gsae_trained.keras', 'cnn.keras', 'gsae_trained_weights.weights.h5'])(
  '--json is what inspectKeras answers: %s',
  async (name) => {
    const file = join(NEWEST, name);
    expect(JSON.parse(await shown(file, '--json'))).toEqual(await inspectKeras(file));
  },
);

describe('text from a file does nothing to a terminal', () => {
  const ESCAPES =
    '\u001b[31mred\u001b]0;title\u0007\r\nerror: forged\u009b2J\u202etxt\u2028\u{e0041}';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is them that are looked for
  const DANGEROUS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\u2028\u{e0041}]/u;

  async function hostile(): Promise<string> {
    const file = join(root, 'x.keras');
    const text = (json: unknown) => [Buffer.from(JSON.stringify(json))];
    const data = [new Uint8Array(4)];
    const chunks = zipChunks([
      { name: 'metadata.json', chunks: text({ keras_version: ESCAPES, date_saved: ESCAPES }) },
      {
        name: 'config.json',
        chunks: text({
          module: 'keras',
          class_name: ESCAPES,
          config: { name: ESCAPES, [ESCAPES]: ESCAPES },
          compile_config: { optimizer: { class_name: ESCAPES, config: {} } },
        }),
      },
      {
        name: 'model.weights.h5',
        chunks: hdf5Chunks([{ path: `layers/${ESCAPES}/0`, shape: [], dtype: 'float32', data }]),
      },
    ]);
    await fs.writeFile(file, chunks);
    return file;
  }

  test('in the table', async () => {
    const text = await shown(await hostile());
    expect(text).not.toMatch(DANGEROUS);
    expect(text).not.toMatch(/^error/m);
    expect(text.split('\\u001b[31mred').length).toBeGreaterThanOrEqual(8);
  });

  test('in --json, which is the same to a program', async () => {
    const text = await shown(await hostile(), '--json');
    expect(text).not.toMatch(DANGEROUS);
    const { className, name, weights } = JSON.parse(text) as KerasInspection;
    expect({ className, name }).toEqual({ className: ESCAPES, name: ESCAPES });
    expect(weights[0]?.path).toBe(`layers/${ESCAPES}/0`);
  });

  test('in the errors of convert', async () => {
    const ended = await gatedSae(['convert', await hostile(), join(root, 'out')]);
    expectFailure(ended, 'error: SAE_');
    expect(ended.stderr).not.toMatch(DANGEROUS);
    expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  test('and what is printed as it is stays so', () => {
    expect(printable('C:\\sae → “Größe” 字 😀')).toBe('C:\\sae → “Größe” 字 😀');
    expect(printable('\ud800')).toBe('\\ud800');
  });
});

test('of a file on a server only parts travel', async () => {
  const model = new GatedSAE({ inputDim: 64, encodingDim: 4096 });
  const file = Buffer.from(await encodeKeras(model));
  model.dispose();
  let sent = 0;
  const server = createServer((request, response) => {
    const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    const start = first === '' ? Math.max(0, file.length - Number(last)) : Number(first);
    const end = first === '' || last === '' ? file.length : Number(last) + 1;
    const part = file.subarray(start, end);
    sent += part.length;
    response.writeHead(206, {
      'content-range': `bytes ${start}-${start + part.length - 1}/${file.length}`,
    });
    response.end(part);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sae.keras`;
    const { parameters, className, bytes } = JSON.parse(await shown(address, '--json'));
    expect({ parameters, className, bytes }).toEqual({
      parameters: 2 * 64 * 4096 + 3 * 4096 + 64,
      className: 'GatedSAE',
      bytes: file.length,
    });
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(file.length / 4);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

describe('a folder of tfjs', () => {
  let folder: string;
  beforeEach(async () => {
    folder = join(root, 'sae');
    expect((await gatedSae(['convert', TRAINED, folder])).code).toBe(0);
  });
  const table = `options: input_dim 4, encoding_dim 6, lambda_sparse 0.002, aux_weight 0.05, clip_norm 1

  my_sae/W_gate   [4, 6]   float32   96 bytes
  my_sae/b_gate   [6]      float32   24 bytes
  my_sae/r_mag    [6]      float32   24 bytes
  my_sae/b_mag    [6]      float32   24 bytes
  my_sae/W_dec    [6, 4]   float32   96 bytes
  my_sae/b_dec    [4]      float32   16 bytes

6 weights, 70 values, 280 bytes
optimizer: Adam, 6 steps taken, 13 arrays, 564 bytes
`;

  test('is shown as a file is, by its path or that of its model.json', async () => {
    for (const path of [folder, join(folder, 'model.json')]) {
      const text = await shown(path);
      expect(text).toContain(': GatedSAE "my_sae", ');
      expect(text).toContain(table);
      expect(text).toMatch(/\nchecksum of its weights: SHA-256 [0-9a-f]{16}…, compared when it is/);
    }
  });

  test('says where there is no checksum', async () => {
    const file = join(folder, 'model.json');
    const { weightsSha256, ...json } = JSON.parse(await fs.readFile(file, 'utf8'));
    expect(JSON.parse(await shown(folder, '--json'))).toMatchObject({
      file: folder,
      format: 'folder',
      className: 'GatedSAE',
      checksum: weightsSha256,
      parameters: 70,
      optimizer: { className: 'Adam', steps: 6, arrays: 13 },
    });
    await fs.writeFile(file, JSON.stringify(json));
    expect(await shown(folder)).toMatch(/\nno checksum of its weights: damage that leaves .*\n$/);
  });

  test('is shown from its address, of which the weights stay where they are', async () => {
    const asked: string[] = [];
    const server = createServer(async (request, response) => {
      const name = (request.url ?? '').replace(/\?.*/, '').slice(1);
      asked.push(`${name} ${request.headers.range ?? ''}`);
      response.end(await fs.readFile(join(folder, name)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const text = await shown(`http://user:secret@127.0.0.1:${port}/model.json?token=secret`);
    server.closeAllConnections();
    server.close();
    expect(text).toContain(table);
    expect(text).not.toContain('secret');
    expect(asked[0]).toMatch(/^model\.json /);
  });

  test('whose weights are missing or of another length is refused', async () => {
    const [weights] = (await fs.readdir(folder)).filter((name) => name.startsWith('weights'));
    await fs.truncate(join(folder, weights as string), 100);
    expectFailure(await inspect(folder), 'expected 844 bytes of weights; received 100.');
    await fs.rm(join(folder, weights as string));
    expectFailure(await inspect(folder), 'received nothing there.');
  });
});

test('a server that wants a name and password gets them; nobody else is shown them', async () => {
  const wanted = `Basic ${Buffer.from('user:se:cr/et word').toString('base64')}`;
  const server = createServer(async ({ headers }, response) => {
    const isIn = headers.authorization === wanted;
    response.statusCode = isIn ? 200 : 401;
    if (!isIn) response.setHeader('www-authenticate', 'Basic realm="models"');
    response.end(isIn ? await fs.readFile(TRAINED) : '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const at = (credentials: string) => `http://${credentials}127.0.0.1:${port}/x.keras`;
  const right = at('user:se%3Acr%2Fet%20word@');
  try {
    for (const options of [[], ['--json']]) {
      const text = await shown(right, ...options);
      expect(text).toContain('GatedSAE');
      expect(text).not.toMatch(/cr(%2F|\/)et|user/);
    }
    for (const credentials of ['', 'user:guess@', 'user@']) {
      const ended = await inspect(at(credentials));
      expectFailure(
        ended,
        `SAE_FILE ${at('')}: expected a file; received status 401 Unauthorized. Give what it asks for by requestInit, or as https://name:password@host.`,
      );
      expect(ended.stderr).not.toContain('guess');
    }
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test.each([
  ['no-such.keras', 'SAE_FILE no-such.keras: expected a file that can be read; received nothing'],
  [__dirname, `SAE_FILE ${__dirname}: expected a dictionary in one of the formats saelens`],
  [__filename, 'expected a .keras archive or a .weights.h5 file; received something else.'],
  [join(FIXTURES, 'hostile', 'truncated_60pct.keras'), 'received one that breaks off.'],
  [join(FIXTURES, 'hostile', 'h5_softcycle.keras'), 'received a soft link.'],
])('%s is an error, and no stack', async (file, message) => {
  expectFailure(await inspect(file), message);
  expectFailure(await inspect(file, '--json'), message);
});

test.each([
  [[], "error: missing required argument 'file'"],
  [['a.keras', 'b.keras'], "error: too many arguments for 'inspect'"],
  [[''], "argument 'file'. Give a path."],
  [['a.keras', '--jsn'], "error: unknown option '--jsn'\n(Did you mean --json?)"],
])('%j is wrong usage', async (args, message) => {
  expectFailure(await inspect(...args), message, 2);
});

test('--help fits a terminal', async () => {
  const { code, stdout } = await inspect('--help');
  expect(code).toBe(0);
  expect(stdout).toContain('  --json ');
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});
