/** gated-sae convert, inspect and their kin on dictionaries of other tools. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadDirections } from '../../src';
import { joined } from '../../src/bytes';
import { bytesFrom } from '../../src/io/bytes/values';
import { safetensorsPieces, type WrittenTensor } from '../../src/io/safetensors/write';
import { gatedSae } from './cliProcess';

const fixtures = join(__dirname, '..', 'io', 'dictionaries', 'fixtures');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dictionaries-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const fixture = (name: string) => join(fixtures, name);
const at = (...parts: string[]) => join(folder, ...parts);

test('a dictionary goes from format to format, and into its own byte for byte', async () => {
  const way: [string, string, string[], string][] = [
    [fixture('saelens_gated'), at('sae.keras'), [], 'saelens → keras'],
    [at('sae.keras'), at('tfjs'), ['--format', 'tfjs'], 'keras → tfjs'],
    [at('tfjs'), at('saelens'), ['--format', 'saelens'], 'tfjs → saelens'],
    [at('saelens'), at('scope'), ['--format', 'gemma-scope-2'], 'saelens → gemma-scope-2'],
    [at('scope'), at('copy'), ['--format', 'gemma-scope-2'], 'byte for byte'],
    [fixture('saelens_gated'), at('sae.weights.h5'), [], 'saelens → keras-weights'],
    [at('sae.weights.h5'), at('again'), ['--format', 'saelens'], 'keras-weights → saelens'],
  ];
  for (const [from, to, options, told] of way) {
    const { code, stdout } = await gatedSae(['convert', from, to, ...options], { cwd: folder });
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(told) });
  }
  for (const file of readdirSync(at('scope'))) {
    expect(readFileSync(at('copy', file))).toEqual(readFileSync(at('scope', file)));
  }
  const [first, last] = await Promise.all(
    [fixture('saelens_gated'), at('again')].map((place) => loadDirections(place, [0, 9])),
  );
  expect(last?.directions).toEqual(first?.directions);
}, 60_000);

test('what is there is not replaced, and what is wrong is told', async () => {
  const from = fixture('saelens_gated');
  writeFileSync(at('file'), '');
  const wrong: [string[], string][] = [
    [[from, folder], 'an empty folder'],
    [[from, at('out'), '--format', 'sealens'], 'Did you mean "saelens"'],
    [[from, at('out.keras'), '--format', 'saelens'], 'OUT must be a folder'],
    [[from, at('out.weights.h5'), '--format', 'keras'], 'OUT must be a folder'],
    [[fixture('saelens_topk'), at('out.weights.h5')], 'SAE_UNSUPPORTED keras-weights'],
    [[from, at('out'), '--like', from], '--like and --optimizer are for Keras and tfjs models'],
    [[from, at('out'), '--format', 'sparsify'], 'SAE_UNSUPPORTED sparsify'],
    [[at('nothing'), at('out'), '--format', 'saelens'], 'nothing there'],
    [[fixtures, at('out'), '--format', 'saelens'], 'expected a dictionary in one of the formats'],
  ];
  for (const [args, told] of wrong) {
    const { code, stderr } = await gatedSae(['convert', ...args], { cwd: folder });
    expect({ code: code !== 0, stderr }).toEqual({
      code: true,
      stderr: expect.stringContaining(told),
    });
  }
  expect(readdirSync(folder)).toEqual(['file']);
}, 60_000);

describe('over HTTP', () => {
  let server: Server;
  let sent = 0;
  const files = new Map<string, Uint8Array>();
  beforeAll(async () => {
    server = createServer((request, response) => {
      const bytes = files.get(decodeURIComponent(request.url ?? ''));
      const range = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '');
      if (bytes === undefined) return void response.writeHead(404).end();
      const [first, last] = range
        ? [Number(range[1]), Math.min(Number(range[2]), bytes.length - 1)]
        : [0, bytes.length - 1];
      const part = bytes.subarray(first, last + 1);
      sent += part.length;
      const headers = { 'content-range': `bytes ${first}-${last}/${bytes.length}` };
      return void response.writeHead(range ? 206 : 200, range ? headers : {}).end(part);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => server.close());

  test('of a dictionary of 40 MB inspect asks for less than 100 kB, and two directions for less than 250', async () => {
    const [inputDim, features] = [1024, 5000];
    const tensor = (...shape: number[]): WrittenTensor => {
      const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
      return { dtype: 'float32', shape, bytes: bytesFrom('float32', values) };
    };
    const tensors = new Map(
      Object.entries({
        W_enc: tensor(inputDim, features),
        b_enc: tensor(features),
        W_dec: tensor(features, inputDim),
        b_dec: tensor(inputDim),
      }),
    );
    const config = { architecture: 'standard', d_in: inputDim, d_sae: features, metadata: {} };
    const all = { ...config, metadata: { sae_lens_version: '6.54.12', model_name: 'gpt2' } };
    files.set('/of gpt2/cfg.json', new TextEncoder().encode(JSON.stringify(all)));
    files.set('/of gpt2/sae_weights.safetensors', joined(safetensorsPieces(tensors)));
    const { port } = server.address() as AddressInfo;
    const address = `http://127.0.0.1:${port}/of%20gpt2/sae_weights.safetensors`;
    const { code, stdout } = await gatedSae(['inspect', address, '--json'], { cwd: folder });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      format: 'saelens',
      architecture: 'relu',
      parameters: 2 * inputDim * features + features + inputDim,
      metadata: { modelName: 'gpt2' },
    });
    expect(sent).toBeLessThan(100_000);
    // Two rows of the decoder, in blocks of 64 kB, and what tells where they are.
    sent = 0;
    const place = address.replace(/[^/]*$/, '');
    const { directions, metadata } = await loadDirections(place, [12, 4077]);
    expect([directions.length, metadata.modelName]).toEqual([2 * inputDim, 'gpt2']);
    expect(sent).toBeLessThan(250_000);
  }, 30_000);
});
