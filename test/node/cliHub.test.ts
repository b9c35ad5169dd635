/** gated-sae on dictionaries of the hub, of a server that speaks its protocol. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import '@tensorflow/tfjs';
import { encodeSAE, GatedSAE, loadSAE, saveSAE, setMetadata } from '../../src';
import { downloadProgress } from '../../src/cli/model/downloads';
import { HubServer } from '../io/hub/server';
import { expectFailure, gatedSae, type Options, signalOn } from './cliProcess';
import { writeNpy } from './npyFile';

jest.setTimeout(120_000);

const FIXTURES = join(__dirname, '..', 'io', 'dictionaries', 'fixtures');
/** Has the program take the pipe that stderr is for a terminal. */
const TERMINAL = { NODE_OPTIONS: '--import "data:text/javascript,process.stderr.isTTY=true"' };
const SOME_ROWS = Float32Array.from({ length: 60 * 64 }, (_, i) => Math.sin(i * i));

let root: string;
let server: HubServer;
let env: NodeJS.ProcessEnv;
const at = (...parts: string[]) => join(root, ...parts);
const run = (args: string[], more: NodeJS.ProcessEnv = {}, options: Options = {}) =>
  gatedSae(args, { cwd: root, env: { ...env, ...more }, ...options });

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'cli-hub-'));
  server = await HubServer.start();
  env = { HF_HOME: at('home'), HF_ENDPOINT: server.endpoint, HF_TOKEN: '', HF_HUB_CACHE: '' };
  env['HF_HUB_OFFLINE'] = '';
  await writeNpy(at('x.npy'), SOME_ROWS, [60, 64]);
});
afterEach(() => {
  server.stop();
  rmSync(root, { recursive: true });
});

/** A dictionary of two megabytes. */
async function addLarge(): Promise<void> {
  const sae = new GatedSAE({ inputDim: 64, encodingDim: 4096, seed: 1 });
  const files = [...(await encodeSAE(sae))].map(([path, bytes]) => [`l7/${path}`, bytes] as const);
  sae.dispose();
  server.add('some/saes', Object.fromEntries(files), { lfs: ['l7/sae_weights.safetensors'] });
}

describe('a download', () => {
  beforeEach(addLarge);
  const commands: [string, string[]][] = [
    ['evaluate', ['hf://some/saes/l7', 'x.npy', '--metrics', 'sparsity']],
    ['compare', ['hf://some/saes/l7', '--data', 'x.npy', '--metrics', 'sparsity']],
    ['dashboard', ['hf://some/saes/l7', 'x.npy']],
    ['gallery', ['hf://some/saes/l7', 'x.npy', '--image-shape', '8x8']],
    ['convert', ['hf://some/saes/l7', 'sae.keras']],
  ];
  const BAR = /░ sae_weights\.safetensors [\d.]+ of 2\.\d MB, /;

  test.each(commands)('of %s is shown in a terminal, and nowhere else', async (name, args) => {
    const shown = await run([name, ...args], TERMINAL);
    expect({ code: shown.code, stderr: shown.stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(BAR),
    });
    expect(shown.stdout).not.toMatch(/[█░]/);
    rmSync(at('home'), { recursive: true });
    const silent = await run([
      name,
      ...args,
      ...(/board|gall|conv/.test(name) ? ['--overwrite'] : []),
    ]);
    expect(silent).toMatchObject({ code: 0, stdout: shown.stdout });
    expect(silent.stderr).not.toMatch(/safetensors|[█░]/);
  });

  test('is not shown with --json, nor where the file is there already', async () => {
    const [, args] = commands[0] as [string, string[]];
    const first = await run(['evaluate', ...args, '--json'], TERMINAL);
    expect(JSON.parse(first.stdout)).toMatchObject({ rows: 60 });
    expect(first.stderr).not.toContain('safetensors');
    const second = await run(['evaluate', ...args], TERMINAL);
    expect(second).toMatchObject({ code: 0 });
    expect(second.stderr).not.toContain('safetensors');
    const inspected = await run(['inspect', 'hf://some/saes/l7'], TERMINAL);
    expect(inspected).toMatchObject({ code: 0, stderr: '' });
  });

  test('of which only the head is read shows nothing that stays', async () => {
    const { code, stdout, stderr } = await run(['inspect', 'hf://some/saes/l7'], TERMINAL);
    expect(code).toBe(0);
    expect(stdout).toContain('gated in the format saelens');
    expect(lastLine(stderr)).toBe('');
  });

  test.each(['evaluate', 'dashboard'])('ends by Ctrl-C, and goes on later: %s', async (name) => {
    server.faults = [{ on: 'cdn', path: /./, times: 9, stallAfter: 900_000 }];
    const args = [name, 'hf://some/saes/l7', 'x.npy'];
    const ended = await run(args, TERMINAL, { onStderr: signalOn(/0\.[5-9] of 2/, 'SIGINT') });
    expect(ended.stderr).toContain('Stopping');
    expectFailure(ended, '', 130);
    server.faults = [];
    server.seen.length = 0;
    const { code, stderr } = await run(args, TERMINAL);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(BAR) });
    const ranges = server.seen.filter(({ on }) => on === 'cdn').map(({ headers }) => headers.range);
    expect(ranges).toContainEqual(expect.stringMatching(/^bytes=[1-9]\d{5,6}-/));
  });
});

/** What a terminal still shows of a line that is written over and cleared: what came after the last clearing. */
const lastLine = (text: string) => {
  const shown = text.slice(text.lastIndexOf('\u001b[2K') + 1);
  return shown.replace(/^\[2K/, '');
};

describe('the bar of a download', () => {
  const terminal = () => {
    const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 100 });
    let text = '';
    stream.on('data', (piece) => {
      text += piece;
    });
    return { stream: stream as unknown as NodeJS.WriteStream, text: () => text };
  };

  test('shows the file without what moves a terminal, amount, speed and the time left', async () => {
    const { stream, text } = terminal();
    const progress = downloadProgress(stream);
    progress?.onProgress(0.5, 'a/b\u001b[2Jc.npz', 8_000_000);
    expect(text()).toMatch(/█░{12} b\\u001b\[2Jc\.npz 4\.0 of 8\.0 MB, starting/);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    // Of the second half a half has come in a second; what an earlier attempt had left was no speed.
    progress?.onProgress(0.75, 'a/b\u001b[2Jc.npz', 8_000_000);
    progress?.stop();
    const [, speed, left] = /6\.0 of 8\.0 MB, ([\d.]+) MB\/s, (\d+) s left/.exec(text()) ?? [];
    expect(Number(speed)).toBeGreaterThan(0.5);
    expect(Number(speed)).toBeLessThanOrEqual(2);
    expect(Number(left)).toBeGreaterThanOrEqual(1);
    expect(lastLine(text())).toBe('');
    const before = text();
    progress?.onProgress(0.8, 'a/other.npz', 8_000_000);
    expect(text()).toBe(before);
  });

  test('is of one file at a time, and none of a file that comes at once', () => {
    const { stream, text } = terminal();
    const progress = downloadProgress(stream);
    progress?.onProgress(1, 'cfg.json', 100);
    expect(text()).toBe('');
    progress?.onProgress(0.1, 'one.npz', 8_000_000);
    progress?.onProgress(0.1, 'two.npz', 9_000_000);
    progress?.onProgress(1, 'two.npz', 9_000_000);
    expect(text()).toContain('two.npz 0.9 of 9.0 MB');
    expect(lastLine(text())).toBe('');
    progress?.stop();
  });
});

describe('--k', () => {
  const path = join(FIXTURES, 'qwen_scope', 'SAE-Res-Qwen3-1.7B-Base-W32K-L0_3');
  let file: string;
  beforeEach(async () => {
    const [name = ''] = readdirSync(path);
    const bytes = readFileSync(join(path, name));
    mkdirSync(at('qwen'));
    file = join('qwen', name);
    writeFileSync(at(file), bytes);
    server.add('some/qwen', { [name]: new Uint8Array(bytes) });
    const { inputDim } = await loadSAE(at(file), { k: 2 }).then((sae) => {
      sae.dispose();
      return sae;
    });
    await writeNpy(at('rows.npy'), SOME_ROWS.subarray(0, 20 * inputDim), [20, inputDim]);
  });
  const commands = (model: string): string[][] => [
    ['inspect', model],
    ['convert', model, 'out.keras'],
    ['evaluate', model, 'rows.npy'],
    ['compare', model, '--data', 'rows.npy'],
    ['dashboard', model, 'rows.npy'],
    ['gallery', model, 'rows.npy', '--image-shape', '1x8'],
  ];

  test('says what the files do not, in every command, which asks for it by that name', async () => {
    for (const model of [file, 'hf://some/qwen']) {
      for (const args of commands(model)) {
        const without = await run(args);
        expect(without.stderr).toMatch(/^error: SAE_UNSUPPORTED .* Say it: --k 50\.$/m);
        expectFailure(without, 'received no word on it in the path');
      }
    }
    const inspected = await run(['inspect', file, '--k', '2', '--json']);
    expect(JSON.parse(inspected.stdout)).toMatchObject({ architecture: 'topk', options: { k: 2 } });
    const measured = await run(['evaluate', file, 'rows.npy', '--k', '2', '--json']);
    expect(JSON.parse(measured.stdout).sparsity.l0Mean).toBeLessThanOrEqual(2);
    const compared = await run(['compare', file, '--data', 'rows.npy', '--k', '1', '--json']);
    expect(JSON.parse(compared.stdout).evaluations[0].sparsity.l0Mean).toBeLessThanOrEqual(1);
    expect(await run(['convert', file, 'out', '--k', '2', '--format', 'saelens'])).toMatchObject({
      code: 0,
    });
    expect(JSON.parse(readFileSync(at('out', 'cfg.json'), 'utf8'))).toMatchObject({ k: 2 });
    expect((await run(['dashboard', file, 'rows.npy', '--k', '2'])).code).toBe(0);
    expectFailure(await run(['inspect', file, '--k', '0']), 'Give an integer of at least 1.', 2);
  });

  test('is refused of models that say it', async () => {
    const sae = new GatedSAE({ inputDim: 8, encodingDim: 8 });
    await saveSAE(sae, at('tfjs'), { format: 'tfjs' });
    sae.dispose();
    for (const args of commands('tfjs')) {
      expectFailure(await run([...args, '--k', '2']), '--k is for dictionaries of other tools', 2);
    }
  });
});

describe('convert to the hub', () => {
  const saelens = join(FIXTURES, 'saelens_gated');
  const filesOf = (id: string): Map<string, Uint8Array> =>
    server.repositories.get(`models/${id}`)?.files ?? new Map();
  const textOf = (id: string, path: string) => Buffer.from(filesOf(id).get(path) ?? []).toString();
  const right = () => ({ HF_TOKEN: server.token });

  test('sends what saveSAE sends, its card included, and says where it is', async () => {
    server.add('me/mine', {});
    const sae = new GatedSAE({ inputDim: 6, encodingDim: 10, seed: 1 });
    setMetadata(sae, { modelName: 'openai-community/gpt2', hookName: 'blocks.3.hook_resid_pre' });
    await saveSAE(sae, at('tfjs'), { format: 'tfjs' });
    await saveSAE(sae, at('saelens'), { format: 'saelens' });
    const before = { ...process.env };
    Object.assign(process.env, { HF_ENDPOINT: server.endpoint });
    await saveSAE(sae, 'hf://me/mine/by-api', { token: server.token });
    process.env = before;
    const args = ['convert', 'saelens', 'hf://me/mine/by-cli', '--dtype', 'float32'];
    const { code, stdout } = await run(args, right());
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(
        /^saelens → hf:\/\/me\/mine\/by-cli: gated, 6 weights, .*, saelens → saelens\nhttp.*\/me\/mine\/commit\/[0-9a-f]{40}\n$/,
      ),
    });
    for (const name of ['cfg.json', 'sae_weights.safetensors', 'README.md']) {
      const [api, cli] = [`by-api/${name}`, `by-cli/${name}`].map((path) =>
        textOf('me/mine', path),
      );
      expect(api).not.toBe('');
      expect(cli?.replaceAll('by-cli', 'by-api')).toBe(api);
    }
    expect(textOf('me/mine', 'by-cli/README.md')).toContain('base_model: openai-community/gpt2');
    const again = await run(['inspect', 'hf://me/mine/by-cli', '--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({ format: 'saelens', architecture: 'gated' });
    sae.dispose();
  });

  test('copies byte for byte, makes the repository, and replaces only by --overwrite', async () => {
    const made = ['convert', saelens, 'hf://me/new', '--create-repo', 'private'];
    const first = await run(made, right());
    expect({ code: first.code, stdout: first.stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining('saelens, byte for byte'),
    });
    for (const name of ['cfg.json', 'sae_weights.safetensors']) {
      expect(filesOf('me/new').get(name)).toEqual(
        new Uint8Array(readFileSync(join(saelens, name))),
      );
    }
    expectFailure(
      await run(made, right()),
      'SAE_FILE hf://me/new: expected a place without files; received 3 of them. Choose another OUT',
    );
    expect(await run([...made, '--overwrite'], right())).toMatchObject({ code: 0 });
    const keras = await run(
      ['convert', saelens, 'hf://me/new/keras', '--format', 'keras'],
      right(),
    );
    expect(keras).toMatchObject({ code: 0 });
    expect([...filesOf('me/new').keys()].filter((path) => path.startsWith('keras/'))).toHaveLength(
      2,
    );
  });

  test('without a token is refused before anything is read or asked', async () => {
    const refused = await run(['convert', 'not-there', 'hf://me/mine/l0', '--format', 'saelens']);
    expectFailure(
      refused,
      'SAE_MISSING hf://me/mine/l0: expected a token that may write there; it is not here. Set HF_TOKEN to one that is made for writing.',
    );
    expect(server.seen).toEqual([]);
  });

  test.each<[string[], string, number]>([
    [
      ['hf://me/none/l0'],
      'SAE_FILE hf://me/none/l0: expected a repository that may be written; received none. Check its name, or have it made by --create-repo.',
      1,
    ],
    [['hf://me'], 'SAE_OPTION OUT.address: expected an address hf://owner/repo', 1],
    [['hf://me/mine/l0', '--format', 'sealens'], 'Did you mean "saelens"', 1],
    [
      ['hf://me/mine/l0', '--no-optimizer'],
      '--like and --optimizer are for Keras and tfjs models',
      2,
    ],
    [
      ['out', '--create-repo', 'private', '--format', 'saelens'],
      '--create-repo is for OUT on the hub',
      2,
    ],
    [['hf://me/mine/l0', '--create-repo', 'secret'], 'Allowed choices are public, private', 2],
    [['hf://me/mine@other/l0'], 'no revision "other"', 1],
  ])('to %j is refused', async (args, message, code) => {
    server.add('me/mine', { '.gitattributes': new Uint8Array(1) });
    expectFailure(await run(['convert', saelens, ...args], right()), message, code);
    expect(filesOf('me/mine').size).toBe(1);
  });
});
