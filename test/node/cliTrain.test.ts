import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectFailure, gatedSae, signalOn } from './cliProcess';
import { writeNpy } from './npyFile';

jest.setTimeout(180_000);

const ROWS = 600;
const WIDTH = 12;
/** Sums of a few of forty directions, which a dictionary can find. */
function rowsOfFeatures(): Float32Array {
  const values = new Float32Array(ROWS * WIDTH);
  for (let row = 0; row < ROWS; row++) {
    for (const feature of [row % 40, (7 * row + 3) % 40]) {
      for (let k = 0; k < WIDTH; k++) {
        const before = values[row * WIDTH + k] as number;
        const part = Math.sin(1 + feature * 12.9898 + k * 78.233) * (1 + (row % 5));
        values[row * WIDTH + k] = before + part;
      }
    }
  }
  return values;
}

let root: string;
let data: string;
const at = (name: string) => join(root, name);
beforeAll(async () => {
  root = await fs.mkdtemp(join(tmpdir(), 'gated-sae-train-'));
  data = await writeNpy(at('rows.npy'), rowsOfFeatures(), [ROWS, WIDTH]);
});
afterAll(() => fs.rm(root, { recursive: true, force: true }));

/** Windows of 100 rows, so that what does not fit into memory is trained on as well. */
const SMALL = ['--features', '48', '--l0', '4', '--batch-size', '16', '--shuffle-rows', '100'];
const ON_WASM = [...SMALL, '--backend', 'wasm', '--epochs', '12'];
const train = (out: string, ...more: string[]) =>
  gatedSae(['train', data, '--out', at(out), ...more]);

/** The weights and the optimizer's state, in the order of the model's own list of files. */
async function weights(out: string): Promise<Buffer> {
  const folder = join(at(out), 'model');
  const { weightsManifest } = JSON.parse(await fs.readFile(join(folder, 'model.json'), 'utf8')) as {
    weightsManifest: { paths: string[] }[];
  };
  const paths = weightsManifest.flatMap((group) => group.paths);
  return Buffer.concat(await Promise.all(paths.map((path) => fs.readFile(join(folder, path)))));
}
const report = async (out: string) =>
  JSON.parse(await fs.readFile(join(at(out), 'report.json'), 'utf8'));

describe('a run', () => {
  beforeAll(async () => {
    const { code, stderr } = await train('whole', ...ON_WASM);
    expect({ code, stderr }).toMatchObject({ code: 0 });
  });

  test('leaves a model, a report and its losses', async () => {
    expect((await fs.readdir(at('whole'))).sort()).toEqual([
      ...['loss.csv', 'loss.svg', 'model', 'report.json'],
    ]);
    expect(await report('whole')).toMatchObject({
      sparsity: { nFeatures: 48 },
      measuredRows: 60,
      heldOut: true,
      settings: {
        ...{ recipe: 'best', architecture: 'batchtopk', encodingDim: 48, epochs: 12 },
        ...{ batchSize: 16, l0: 4, normalize: 'mean-norm', seed: 0, backend: 'wasm' },
        ...{ inputDim: WIDTH, rows: ROWS, validation: 60, shuffleRows: 100 },
        rowsCrc32: expect.stringMatching(/^[0-9a-f]{8}$/),
      },
      // 540 rows, 33 whole batches in each epoch.
      steps: 396,
    });
  });

  test('learns what there is to learn', async () => {
    const { explainedVariance, sparsity } = await report('whole');
    expect(explainedVariance).toBeGreaterThan(0.5);
    expect(sparsity.l0Mean).toBeLessThan(8);
  });

  test('is looked at by gated-sae dashboard', async () => {
    const html = at('features.html');
    const { code, stderr } = await gatedSae([
      ...['dashboard', join(at('whole'), 'model'), data, '--out', html, '--backend', 'wasm'],
    ]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(await fs.readFile(html, 'utf8')).toMatch(/^<!doctype html>/i);
  });

  test('ends with the same bits after Ctrl-C and --resume', async () => {
    const onStderr = signalOn(/^epoch \d+\/12, step \d+/m, 'SIGINT');
    const cut = await gatedSae(['train', data, '--out', at('stopped'), ...ON_WASM], { onStderr });
    expect(cut.code).toBe(130);
    expect(cut.stderr).toMatch(/Stopped after step \d+ of 396; all of it is saved/);
    expect(cut.stderr).toContain(`train ${data} --resume --out ${at('stopped')}`);
    await endsAlike('stopped');
  });

  test('ends with the same bits after a kill and --resume', async () => {
    const checkpoints = join(at('killed'), 'checkpoints');
    const killAt = (least: number) => (_: string, child: ChildProcess) => {
      const timer = setInterval(async () => {
        const names = await fs.readdir(checkpoints).catch(() => []);
        const steps = names.map((name) => Number(/^step-(\d+)/.exec(name)?.[1] ?? 0));
        if (Math.max(...steps) >= least && child.kill('SIGKILL')) clearInterval(timer);
      }, 2);
      child.once('close', () => clearInterval(timer));
    };
    const args = ['train', data, '--out', at('killed'), ...ON_WASM, '--save-every', '0.001'];
    const cut = await gatedSae(args, { onStderr: killAt(40) });
    expect(cut.signal).toBe('SIGKILL');
    const again = await gatedSae(
      ['train', data, '--out', at('killed'), '--resume', '--save-every', '0.001'],
      { onStderr: killAt(150) },
    );
    expect(again.signal).toBe('SIGKILL');
    await endsAlike('killed');
  });

  async function endsAlike(out: string): Promise<void> {
    const { code, stderr } = await train(out, '--resume');
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toContain('Going on with a batchtopk dictionary of 48 features');
    expect((await weights(out)).equals(await weights('whole'))).toBe(true);
  }

  test('is kept until it is to be replaced', async () => {
    const ended = await train('whole', ...ON_WASM);
    expectFailure(ended, 'expected a folder without a run; received a finished run');
  });
});

test('a run that goes on is of the same rows and settings', async () => {
  const interrupt = signalOn(/^epoch \d+\/12, step \d+/m, 'SIGINT');
  const args = ['train', data, '--out', at('begun'), ...ON_WASM];
  expect((await gatedSae(args, { onStderr: interrupt })).code).toBe(130);
  const goOn = (file: string, ...more: string[]) =>
    gatedSae(['train', file, '--out', at('begun'), '--resume', ...more]);
  const values = rowsOfFeatures();
  const fewer = await writeNpy(at('fewer.npy'), values.subarray(WIDTH), [ROWS - 1, WIDTH]);
  expectFailure(
    await goOn(fewer),
    'SAE_FILE DATA: expected 600 rows of 12 values, with which the run was begun; received 599 rows of 12 values.',
  );
  const others = await writeNpy(at('others.npy'), Float32Array.from(values).reverse(), [
    ROWS,
    WIDTH,
  ]);
  expectFailure(await goOn(others), 'received as many with other values. Give the same DATA');
  expectFailure(
    await goOn(data, '--features', '49'),
    'SAE_OPTION --resume --features: expected 48, with which the run was begun; received 49.',
  );
  expectFailure(await goOn(data, '--validation', '0.2'), 'expected 60, with which');
});

test('with --validation 0 all rows are trained on, and some of them measured', async () => {
  const more = ['--validation', '0', '--epochs', '1'];
  const { code, stdout, stderr } = await train('all', ...SMALL, '--backend', 'wasm', ...more);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(stdout).toContain('600 of the rows that it was trained on');
  expect(await report('all')).toMatchObject({ heldOut: false, measuredRows: 600, steps: 37 });
});

test('arrays of several axes are rows of the last one, images of bytes, or as wide as is said', async () => {
  const begin = async (values: Uint8Array | Float32Array, shape: number[], ...more: string[]) => {
    const file = await writeNpy(at('axes.npy'), values, shape);
    const args = ['train', file, '--out', at('axes'), '--overwrite', '--batch-size', '4'];
    const small = ['--epochs', '1', '--features', '8', '--validation', '0', '--backend', 'wasm'];
    const { stderr } = await gatedSae([...args, ...small, ...more]);
    return /\d+ rows of \d+ values/.exec(stderr)?.[0] ?? stderr;
  };
  const bytes = Uint8Array.from({ length: 96 }, (_, i) => (i * 37) % 256);
  expect(await begin(Float32Array.from(bytes), [6, 4, 4])).toBe('24 rows of 4 values');
  expect(await begin(bytes, [6, 4, 4])).toBe('6 rows of 16 values');
  expect(await begin(bytes, [6, 4, 4], '--width', '4')).toBe('24 rows of 4 values');
  expect(await begin(bytes, [6, 4, 4], '--width', '5')).toContain('SAE_SHAPE');
});

describe('is refused with what to do:', () => {
  const refused = async (args: string[], message: string, code = 1) =>
    expectFailure(await gatedSae(['train', ...args, '--out', at('none')]), message, code);

  test('a file that is not there', () =>
    refused([at('nothing.npy')], 'received nothing there. Give the path of what is there'));
  test('no file at all', () => refused([], "error: missing required argument 'data'", 2));
  test('an option that there is not', () =>
    refused([data, '--fetures', '8'], "unknown option '--fetures'\n(Did you mean --features?)", 2));
  test('a share of rows that is none', () =>
    refused([data, '--validation', '1.5'], 'Give a share below 1, such as 0.1', 2));
  test('λ of an architecture without a penalty', () =>
    refused([data, '--lambda', '1'], 'batchtopk has no sparsity penalty', 2));
  test('fewer rows than a batch', () =>
    refused(
      [data, '--batch-size', '541'],
      'expected at most 540, the rows that there are to train',
    ));
  test('all rows held out', () =>
    refused([data, '--validation', '600'], 'expected fewer than the 600 rows that there are'));
  test('NaN, with its row', async () => {
    const values = rowsOfFeatures();
    values[17 * WIDTH + 3] = Number.NaN;
    const file = await writeNpy(at('nan.npy'), values, [ROWS, WIDTH]);
    await refused([file, ...ON_WASM], `SAE_NOT_FINITE ${file}, row 17: expected finite values`);
  });
});

describe('DATA may be', () => {
  const FIXTURES = join(__dirname, '..', 'io', 'arrays', 'fixtures');
  const fixture = (name: string) => join(FIXTURES, name);
  const TINY = ['--features', '8', '--batch-size', '2', '--epochs', '2', '--backend', 'wasm'];
  const trained = async (args: string[]) => {
    const { code, stderr } = await gatedSae([
      ...['train', ...args, '--out', at('kinds'), '--overwrite', ...TINY],
    ]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    return { weights: await weights('kinds'), report: await report('kinds') };
  };
  const folderOf = async (name: string, files: string[]) => {
    await fs.rm(at(name), { recursive: true, force: true });
    await fs.mkdir(at(name));
    for (const file of files) await fs.copyFile(fixture(file), join(at(name), file));
    return at(name);
  };

  test('of any format, with the same rows and so the same weights', async () => {
    const { weights: first, report: told } = await trained([fixture('plain.csv')]);
    expect(told.settings).toMatchObject({ rows: 5, inputDim: 3 });
    for (const args of [
      [fixture('stored.npz')],
      [fixture('compressed.npz')],
      [fixture('several.npz'), '--array', 'a,b'],
      [fixture('quoted.csv')],
      [fixture('savetxt.txt')],
      ...['float32', 'float16', 'bfloat16', 'float64'].map((kind) => [
        ...[fixture('kinds.safetensors'), '--array', kind],
      ]),
    ]) {
      const { weights: same } = await trained(args);
      expect([args, same.equals(first)]).toEqual([args, true]);
    }
  });

  test('a folder of shards, or several files, that together are one', async () => {
    const values = rowsOfFeatures();
    const shards = at('shards');
    await fs.mkdir(shards);
    let start = 0;
    // By name shard-10 is before shard-2, by number behind it.
    for (const [name, rows] of Object.entries({ 'shard-2.npy': 250, 'shard-10.npy': 350 })) {
      const part = values.slice(start * WIDTH, (start + rows) * WIDTH);
      await writeNpy(join(shards, name), part, [rows, WIDTH]);
      start += rows;
    }
    const one = await trained([data, '--shuffle-rows', '100']);
    const many = await trained([shards, '--shuffle-rows', '100']);
    expect(many.weights.equals(one.weights)).toBe(true);
    const files = [join(shards, 'shard-2.npy'), join(shards, 'shard-10.npy')];
    expect((await trained([...files, '--shuffle-rows', '100'])).weights.equals(one.weights)).toBe(
      true,
    );
  });

  test('a folder of images, of which a gallery is drawn', async () => {
    const folder = await folderOf('images', ['colours.png', 'colours.jpg', 'grey.png', 'grey.jpg']);
    await fs.copyFile(fixture('colours.png'), join(folder, 'more.png'));
    const { report: told } = await trained([folder]);
    expect(told.settings).toMatchObject({ rows: 5, inputDim: 6 * 8 * 3 });
    const gallery = at('images.png');
    const { code, stderr } = await gatedSae([
      ...['gallery', join(at('kinds'), 'model'), folder, '--out', gallery, '--backend', 'wasm'],
    ]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect((await fs.stat(gallery)).size).toBeGreaterThan(1000);
  });

  test.each([
    [
      ['several.npz'],
      'expected one array of rows; received b [2, 3], a [3, 3]. Name it by --array',
    ],
    [['several.npz', '--array', 'c'], 'expected an array "c"; received b [2, 3], a [3, 3]'],
    [['grey.png'], 'expected a folder of images; received one image'],
    [['images.json'], 'expected a .npy file; received something else'],
  ])('none of these: %j', async ([name = '', ...more], message) => {
    expectFailure(await gatedSae(['train', fixture(name), ...more, '--out', at('no')]), message);
  });

  test('no folder of several kinds, of none, or of rows of several widths', async () => {
    const refused = async (folder: string, message: string) =>
      expectFailure(await gatedSae(['train', folder, '--out', at('no')]), message);
    await refused(
      await folderOf('both', ['plain.csv', 'grey.png']),
      'received both plain.csv and grey.png. Move one kind elsewhere.',
    );
    await refused(await folderOf('none', ['images.json']), 'received none of them');
    const mixed = await folderOf('mixed', ['plain.csv']);
    await writeNpy(join(mixed, 'x.npy'), new Float32Array(8), [2, 4]);
    await refused(
      mixed,
      `SAE_SHAPE ${join(mixed, 'x.npy')}: expected [rows, 3], as of ${join(mixed, 'plain.csv')}; received [rows, 4].`,
    );
    const sizes = await folderOf('sizes', ['grey.png', 'colours.png']);
    await fs.rename(join(sizes, 'grey.png'), join(sizes, 'a.png'));
    await refused(
      sizes,
      `SAE_FILE ${join(sizes, 'colours.png')}: expected an image of 6 x 8 in grey, as ${join(sizes, 'a.png')} is; received 6 x 8 in colours.`,
    );
  });

  test('a table, of which a wrong cell is named', async () => {
    const file = at('table.csv');
    const lines = Array.from({ length: 40 }, (_, i) => `${i},${i % 7}`);
    lines[17] = '17,many';
    await fs.writeFile(file, `first,second\n${lines.join('\n')}\n`);
    const ended = await gatedSae(['train', file, '--out', at('no')]);
    expectFailure(
      ended,
      `SAE_DATA ${file}: expected numbers; received "many" in row 17, column 1 ("second")`,
    );
  });
});
