import fs from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {
  encodeKeras,
  GatedSAE,
  KerasAdam,
  type KerasOptions,
  type LearningRateSchedule,
  WarmupCosineDecay,
} from '../../src';
import { useAnyBackend } from '../../src/cli/backend';
import { bytesSource } from '../../src/io/bytes/source';
import { fileSystem } from '../../src/node';
import { arraysIn, arraysOf, disposeModel, FIXTURES, NEWEST } from '../io/keras/fixture';
import { expectFailure, gatedSae } from './cliProcess';

jest.setTimeout(60_000);

let root: string;
beforeEach(async () => {
  root = await fs.mkdtemp(join(tmpdir(), 'gated-sae-convert-'));
});
afterEach(() => fs.rm(root, { recursive: true, force: true }));

const at = (name: string) => join(root, name);
const fixture = (name: string) => join(NEWEST, name);
const TRAINED = fixture('gsae_trained.keras');
const WEIGHTS = fixture('gsae_trained_weights.weights.h5');

/** {@link WEIGHTS} were trained by one, too: where Keras keeps a fixed rate, there is none. */
const SCHEDULE = new WarmupCosineDecay({ peakLr: 1, warmupSteps: 1, totalSteps: 9 });

const convert = (...args: string[]) => gatedSae(['convert', ...args]);

/** Converts without a word of warning, and answers what is said of it. */
async function converted(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await convert(...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

const SEEDS = /(^|\/)seed_generator\//;

/** The arrays of a file by path, as hexadecimal; states of random numbers are not carried over. */
async function arrays(file: string): Promise<Record<string, string>> {
  const bytes = await fs.readFile(file);
  const found = file.endsWith('.h5') ? await arraysIn(bytesSource(bytes)) : await arraysOf(bytes);
  const kept = [...found].filter(([path]) => !SEEDS.test(path));
  return Object.fromEntries(
    kept.map(([path, [dtype, data]]) => [path, `${dtype} ${Buffer.from(data).toString('hex')}`]),
  );
}

const withoutOptimizer = (all: Record<string, string>) =>
  Object.fromEntries(Object.entries(all).filter(([path]) => !path.startsWith('optimizer/')));

/** Saves a model of the shape of {@link TRAINED} with other weights. */
async function saveLike(
  file: string,
  learningRate: number | LearningRateSchedule | undefined,
  encodingDim = 6,
): Promise<void> {
  const model = new GatedSAE({ inputDim: 4, encodingDim, name: 'other' });
  if (learningRate !== undefined) {
    model.compile({ optimizer: new KerasAdam({ learningRate }) });
  }
  await saveModel(file, model);
}

async function saveModel(file: string, model: tf.LayersModel, options?: KerasOptions) {
  await fs.writeFile(file, await encodeKeras(model, options));
  disposeModel(model);
}

describe('from .keras to a folder and on', () => {
  test.each([
    'gsae_trained.keras',
    'gsae_sgd_momentum.keras',
    'relu_trained.keras',
    'functional_gsae.keras',
    'eleven_dense.keras',
    'separable_and_depthwise.keras',
  ])('and back, %s has the same bytes in every array', async (name) => {
    await converted(fixture(name), at('folder'));
    await converted(at('folder'), at('back.keras'));
    expect(await arrays(at('back.keras'))).toEqual(await arrays(fixture(name)));
    await converted(at('folder/model.json'), at('back.weights.h5'));
    expect(await arrays(at('back.weights.h5'))).toEqual(await arrays(fixture(name)));
  });

  test('the folder is what tf.loadLayersModel opens, optimizer and all', async () => {
    await converted(TRAINED, at('new/sae'));
    const model = await tf.loadLayersModel(fileSystem(at('new/sae')));
    expect(model).toBeInstanceOf(GatedSAE);
    expect((model as GatedSAE).optimizer).toBeInstanceOf(KerasAdam);
    await saveModel(at('again.keras'), model);
    expect(await arrays(at('again.keras'))).toEqual(await arrays(TRAINED));
  });

  test('says what was written, and where', async () => {
    const said = await converted(TRAINED, at('sae'));
    expect(said).toBe(
      `${TRAINED} → ${at('sae')}/: GatedSAE, 6 weights, 70 values, Adam after 6 steps\n`,
    );
    expect(await converted(at('sae'), at('sae.weights.h5'))).toBe(
      `${at('sae')}/ → ${at('sae.weights.h5')}: GatedSAE, 6 weights, 70 values, Adam after 6 steps\n`,
    );
  });
});

describe('--dtype', () => {
  test.each(['float16', 'bfloat16', 'float64'])(
    '%s comes back as Keras wrote it',
    async (dtype) => {
      const file = fixture(`gsae_${dtype}.keras`);
      await converted(file, at('same.keras'), '--dtype', dtype);
      expect(await arrays(at('same.keras'))).toEqual(await arrays(file));
      await converted(at('same.keras'), at('same.weights.h5'), '--dtype', dtype);
      expect(await arrays(at('same.weights.h5'))).toEqual(await arrays(file));
    },
  );

  test('left out, it is float32', async () => {
    await converted(fixture('gsae_bfloat16.keras'), at('wide.keras'));
    const dtypes = Object.values(withoutOptimizer(await arrays(at('wide.keras'))));
    expect(dtypes.map((text) => text.split(' ')[0])).toEqual(Array(6).fill('float32'));
  });
});

describe('the optimizer', () => {
  test.each(['out.keras', 'out.weights.h5'])('stays behind by --no-optimizer: %s', async (out) => {
    const said = await converted(TRAINED, at(out), '--no-optimizer');
    expect(said).toContain('GatedSAE, 6 weights, 70 values, no optimizer\n');
    expect(await arrays(at(out))).toEqual(withoutOptimizer(await arrays(TRAINED)));
  });

  test('stays behind from one folder to another', async () => {
    await converted(TRAINED, at('whole'));
    await converted(at('whole'), at('bare'), '--no-optimizer');
    const { trainingConfig, weightSpecs, weightData } = await fileSystem(at('bare')).load();
    expect(trainingConfig).toBeUndefined();
    expect(weightSpecs).toHaveLength(6);
    expect((weightData as ArrayBuffer).byteLength).toBe(4 * 70);
    await converted(at('bare'), at('bare.keras'));
    expect(await arrays(at('bare.keras'))).toEqual(withoutOptimizer(await arrays(TRAINED)));
  });

  test('stays behind with a warning where tfjs has none such, and by --optimizer fails', async () => {
    const file = fixture('refused/rmsprop.keras');
    const strict = await convert(file, at('strict'), '--optimizer');
    expectFailure(strict, 'error: SAE_UNSUPPORTED ');
    expect(await fs.readdir(root)).toEqual([]);
    const { code, stdout, stderr } = await convert(file, at('out'));
    expect(code).toBe(0);
    expect(stderr).toMatch(/^warning: SAE_UNSUPPORTED .* RMSprop .* comes without its optimizer/);
    expect(stdout).toContain('Sequential, 2 weights, 10 values, no optimizer\n');
  });
});

describe('.weights.h5 as IN', () => {
  test('takes the architecture of --like, and nothing else of it', async () => {
    await saveLike(at('like.keras'), SCHEDULE);
    await converted(WEIGHTS, at('sae.keras'), '--like', at('like.keras'));
    expect(await arrays(at('sae.keras'))).toEqual(await arrays(WEIGHTS));
    await converted(at('like.keras'), at('like'));
    const said = await converted(WEIGHTS, at('sae'), '--like', at('like'));
    expect(said).toContain('GatedSAE, 6 weights, 70 values, Adam after 6 steps\n');
    await converted(at('sae'), at('again.weights.h5'));
    expect(await arrays(at('again.weights.h5'))).toEqual(await arrays(WEIGHTS));
  });

  test('keeps options of layers that tfjs forgets when it saves', async () => {
    const file = fixture('separable_and_depthwise.keras');
    await converted(file, at('direct.keras'));
    await converted(file, at('sep.weights.h5'));
    await converted(at('sep.weights.h5'), at('by-weights.keras'), '--like', file);
    const [direct, byWeights] = await Promise.all(
      ['direct.keras', 'by-weights.keras'].map((name) => fs.readFile(at(name), 'hex')),
    );
    expect(byWeights === direct).toBe(true);
  });

  test('without a state in it, the state of --like is not taken for its own', async () => {
    await converted(
      fixture('gsae_uncompiled_weights.weights.h5'),
      at('x.keras'),
      '--like',
      TRAINED,
    );
    expect(await arrays(at('x.keras'))).toEqual(
      await arrays(fixture('gsae_uncompiled_weights.weights.h5')),
    );
  });

  test.each([
    ['has no optimizer', undefined, 'SAE_FILE .* received a model without one'],
    [
      'keeps its learning rate otherwise',
      0.1,
      'SAE_UNSUPPORTED .* expected the state of Adam at a fixed rate',
    ],
  ])('its state stays behind where --like %s', async (_, learningRate, problem) => {
    await saveLike(at('like.keras'), learningRate);
    const args = [WEIGHTS, at('sae.keras'), '--like', at('like.keras')];
    const insisting = await convert(...args, '--optimizer');
    expectFailure(insisting, 'error: ');
    expect(insisting.stderr).toMatch(new RegExp(`^error: ${problem}`));
    const { code, stdout, stderr } = await convert(...args);
    expect(code).toBe(0);
    expect(stdout).toContain('GatedSAE, 6 weights, 70 values, no optimizer\n');
    expect(stderr).toMatch(
      new RegExp(`^warning: ${problem}.*The model comes without its optimizer\\.\n$`),
    );
    expect(await arrays(at('sae.keras'))).toEqual(withoutOptimizer(await arrays(WEIGHTS)));
    await converted(...args, '--overwrite', '--no-optimizer');
  });

  test('of another shape than --like is refused', async () => {
    await saveLike(at('like.keras'), SCHEDULE, 7);
    const ended = await convert(WEIGHTS, at('sae.keras'), '--like', at('like.keras'));
    expectFailure(ended, `error: SAE_SHAPE ${WEIGHTS}: expected `);
    expect(await fs.readdir(root)).toEqual(['like.keras']);
  });
});

describe('what is at OUT', () => {
  test('is replaced by --overwrite only: a file', async () => {
    await fs.writeFile(at('x.keras'), 'mine');
    const args = [TRAINED, at('x.keras')];
    expectFailure(
      await convert(...args),
      `error: SAE_FILE ${at('x.keras')}: expected nothing there yet; received a file. Choose another OUT, or replace it by --overwrite.\n`,
    );
    expect(await fs.readFile(at('x.keras'), 'utf8')).toBe('mine');
    await converted(...args, '--overwrite');
    expect(await arrays(at('x.keras'))).toEqual(await arrays(TRAINED));
  });

  test.each(['sae', 'sae/model.json'])('is replaced by --overwrite only: %s', async (out) => {
    await converted(fixture('relu_trained.keras'), at(out));
    await fs.writeFile(at('sae/notes.txt'), 'mine');
    const before = await fs.readFile(at('sae/model.json'), 'utf8');
    expectFailure(
      await convert(TRAINED, at(out)),
      'expected a folder without a model; received a ',
    );
    expect(await fs.readFile(at('sae/model.json'), 'utf8')).toBe(before);
    expect(await converted(TRAINED, at(out), '--overwrite')).toContain(': GatedSAE, ');
    await converted(at('sae'), at('back.keras'));
    expect(await arrays(at('back.keras'))).toEqual(await arrays(TRAINED));
    expect(await fs.readdir(at('sae'))).toContain('notes.txt');
  });

  test('may be IN itself, by --overwrite', async () => {
    await fs.copyFile(TRAINED, at('x.keras'));
    expectFailure(await convert(at('x.keras'), at('x.keras')), 'or replace it by --overwrite');
    await converted(at('x.keras'), at('x.keras'), '--overwrite');
    expect(await arrays(at('x.keras'))).toEqual(await arrays(TRAINED));
    expect(await fs.readdir(root)).toEqual(['x.keras']);
  });

  test('is refused before anything is read', async () => {
    await fs.mkdir(at('dir.keras'));
    await fs.writeFile(at('file'), '');
    const refused = async (out: string, message: string) =>
      expectFailure(await convert('no-such.keras', at(out), '--overwrite'), message);
    await refused('dir.keras', 'expected a file, or nothing yet; received a folder.');
    await refused('none/x.keras', `expected the folder ${at('none')}; received nothing there.`);
    await refused('file/x.keras', 'received a path through a file.');
    await refused('file', 'expected a folder, or a place for one; received a file.');
  });
});

describe('what cannot be read leaves nothing behind', () => {
  afterEach(async () => expect(await fs.readdir(root)).toEqual([]));
  const hostile = (name: string) => join(FIXTURES, 'hostile', name);

  test.each([
    ['no-such.keras', 'SAE_FILE no-such.keras: expected a file that can be read; received nothing'],
    ['no-such', 'SAE_FILE no-such: expected a file that can be read; received nothing there.'],
    [__dirname, `SAE_FILE ${__dirname}: expected a dictionary in one of the formats saelens`],
    [__filename, `SAE_FILE ${__filename}: expected a ZIP archive`],
    [hostile('truncated_60pct.keras'), 'received one that breaks off.'],
    [hostile('config_huge_dim.keras'), 'error: SAE_'],
    [hostile('h5_1_2GB_fill.keras'), 'error: SAE_FILE'],
    [hostile('lambda_layer.keras'), 'It holds Python code, which is never run here.'],
    [hostile('proto_json.keras'), 'received "__proto__".'],
    [fixture('refused/custom_layer.keras'), 'code of your own cannot travel.'],
    ['http://127.0.0.1:1/x.keras?token=1', 'SAE_FILE http://127.0.0.1:1/x.keras: expected a file;'],
  ])('%s', async (file, message) => {
    expectFailure(await convert(file, at('out.keras')), message);
  });
});

test('weights of NaN need --allow-non-finite, from a file and from a folder', async () => {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
  const weights = [tf.tensor2d([[Number.NaN], [1]]), tf.tensor1d([2])];
  model.setWeights(weights);
  tf.dispose(weights);
  await model.save(fileSystem(at('nan')));
  await saveModel(at('nan.keras'), model);
  for (const [from, to] of [
    ['nan.keras', 'from-file'],
    ['nan', 'from-folder.keras'],
  ] as const) {
    const ended = await convert(at(from), at(to));
    expectFailure(ended, 'hint: --allow-non-finite ');
    expect(ended.stderr).toMatch(/error: SAE_NOT_FINITE .* received 1 NaN or infinite value in /);
    await converted(at(from), at(to), '--allow-non-finite');
  }
  expect(await arrays(at('from-folder.keras'))).toEqual(await arrays(at('nan.keras')));
});

test('IN may be on a server; what may be a secret in its address is not shown', async () => {
  const bytes = await fs.readFile(TRAINED);
  const asked: unknown[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url);
    if (request.url?.startsWith('/sae.keras')) response.end(bytes);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const home = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const said = await converted(`${home}/sae.keras?token=secret`, at('sae.keras'));
    expect(asked).toContain('/sae.keras?token=secret');
    expect(said).toMatch(`${home}/sae.keras → ${at('sae.keras')}: GatedSAE, `);
    expect(await arrays(at('sae.keras'))).toEqual(await arrays(TRAINED));
    expectFailure(await convert(`${home}/other.keras`, at('other')), 'received status 404');
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test.each([
  [['a.keras'], "error: missing required argument 'out'"],
  [['a.keras', 'b', 'c'], "error: too many arguments for 'convert'"],
  [['', 'b'], "argument 'in'. Give a path."],
  [['a.keras', ''], "argument 'out'. Give a path."],
  [['a.keras', 'b', '--dtype', 'int8'], "argument 'int8' is invalid. Allowed choices are float32,"],
  [['a.keras', 'b', '--dtype', 'float16'], '--dtype is for .keras and .weights.h5 files'],
  [
    ['a.weights.h5', 'b.keras'],
    'IN holds only weights: name a model of the same architecture with',
  ],
  [['a.keras', 'b', '--like', 'c.keras'], '--like is for a .weights.h5 file as IN'],
  [['a.weights.h5', 'b', '--like', 'c.weights.h5'], '--like takes a .keras file or a tfjs folder'],
  [['a.keras', 'b.h5'], 'OUT must end in .keras or .weights.h5, or be a local folder.'],
  [['a.keras', 'b.json'], 'OUT must end in .keras or .weights.h5, or be a local folder.'],
  [['a.keras', 'https://example.org/b.keras'], 'OUT must end in .keras'],
  [['https://example.org/model.json', 'b.keras'], 'download it first'],
  [
    ['a.keras', 'b', '--overwrit'],
    "error: unknown option '--overwrit'\n(Did you mean --overwrite?)",
  ],
])('%j is wrong usage', async (args, message) => {
  const ended = await gatedSae(['convert', ...args], { cwd: root });
  expectFailure(ended, message, 2);
  expect(ended.stderr).toContain('--help');
  expect(await fs.readdir(root)).toEqual([]);
});

test('--help names every option', async () => {
  const { code, stdout } = await convert('--help');
  expect(code).toBe(0);
  const options = ['dtype', 'optimizer', 'no-optimizer', 'allow-non-finite', 'like', 'overwrite'];
  for (const option of options) expect(stdout).toContain(`  --${option} `);
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});

test('without a backend it says what to install, and why those that are here do not start', async () => {
  const warnings: string[] = [];
  const warn = (sentence: string) => warnings.push(sentence);
  const message =
    'SAE_MISSING gated-sae: expected a backend of tfjs; it is not here. Run npm install @tensorflow/tfjs.';
  await expect(useAnyBackend([root], warn)).rejects.toThrow(message);
  expect(warnings).toEqual([]);
  const broken = at('broken/node_modules/@tensorflow/tfjs-backend-cpu');
  await fs.mkdir(broken, { recursive: true });
  await fs.writeFile(join(broken, 'index.js'), 'throw new Error("broken")');
  await expect(useAnyBackend([at('broken')], warn)).rejects.toThrow(message);
  expect(warnings).toEqual(['@tensorflow/tfjs-backend-cpu does not work: broken']);
});
