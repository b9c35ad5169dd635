import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {
  compareSAEs,
  comparisonTable,
  drawFront,
  encodeKeras,
  evaluateSAE,
  GatedSAE,
  type SAEModel,
  TopKSAE,
} from '../../src';
import { namesOf } from '../../src/cli/compare/names';
import { fileSystem } from '../../src/node';
import { expectFailure, gatedSae, signalOn } from './cliProcess';
import { writeLongNpy, writeNpy } from './npyFile';

jest.setTimeout(120_000);

const ROWS = 90;
const VALUES = Float32Array.from({ length: ROWS * 6 }, (_, i) => Math.sin(i * i));
const TARGETS = Float32Array.from({ length: ROWS * 3 }, (_, i) => Math.cos(i * i));
const LABELS = Int32Array.from({ length: ROWS }, (_, row) => row % 3);

const POSITIONS = Array.from({ length: ROWS }, (_, row) =>
  row % 10 === 0 ? 'first' : row % 10 > 7 ? 'padding' : 'other',
);
/** What the rows are said to be made of, and how much of each there is. */
const MADE_OF = Float32Array.from({ length: 4 * 6 }, (_, i) => Math.sin(3 * i));
const MADE = Float32Array.from({ length: ROWS * 4 }, (_, i) => Math.max(0, Math.sin(5 * i)));

/** The models of the tests, by the names of their files; the caller disposes them. */
const newModels = (): Record<string, SAEModel> => ({
  gated: new GatedSAE({ inputDim: 6, encodingDim: 20, seed: 4, name: 'sae' }),
  topk: new TopKSAE({ inputDim: 6, encodingDim: 12, k: 2, seed: 5, name: 'sae' }),
});
const newTranscoder = () =>
  new TopKSAE({ inputDim: 6, outputDim: 3, encodingDim: 12, k: 2, seed: 5, name: 'across' });

let root: string;
const at = (name: string) => join(root, name);
const run = (...args: string[]) => gatedSae(args, { cwd: root });

beforeAll(async () => {
  root = await fs.mkdtemp(join(tmpdir(), 'gated-sae-evaluate-'));
  const models = { ...newModels(), transcoder: newTranscoder() };
  for (const [name, model] of Object.entries(models)) {
    await fs.writeFile(at(`${name}.keras`), await encodeKeras(model));
    if (name === 'topk') await model.save(fileSystem(at('topk')));
    model.dispose();
  }
  await writeNpy(at('x.npy'), VALUES, [ROWS, 6]);
  await writeNpy(at('y.npy'), TARGETS, [ROWS, 3]);
  await writeNpy(at('few.npy'), TARGETS.subarray(3), [ROWS - 1, 3]);
  await writeNpy(at('labels.npy'), LABELS, [ROWS]);
  await writeNpy(at('made-of.npy'), MADE_OF, [4, 6]);
  await writeNpy(at('made.npy'), MADE, [ROWS, 4]);
  await writeNpy(at('short.npy'), MADE.subarray(4), [ROWS - 1, 4]);
  await writeNpy(at('documents.npy'), VALUES, [9, 10, 6]);
  await fs.writeFile(at('positions.json'), JSON.stringify(POSITIONS));
  const documents = Array.from({ length: 9 }, (_, i) => POSITIONS.slice(10 * i, 10 * i + 10));
  await fs.writeFile(at('nested.json'), JSON.stringify(documents));
  await fs.writeFile(at('positions.txt'), `${POSITIONS.join('\n')}\n`);
  await fs.writeFile(at('few.json'), JSON.stringify(POSITIONS.slice(1)));
  await fs.writeFile(at('numbers.json'), JSON.stringify([...LABELS]));
});
afterAll(() => fs.rm(root, { recursive: true, force: true }));

/** Runs without a complaint, and answers what is printed. */
async function printed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...args);
  expect(stderr).not.toMatch(/error|warning/i);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.any(String) });
  return stdout;
}

/** What a backend computes differs in the last digits from what another does. */
function expectAlike(received: unknown, expected: unknown): void {
  if (typeof expected === 'number') {
    expect(received).toBeCloseTo(expected, 4);
  } else if (typeof expected === 'object' && expected !== null) {
    expect(Object.keys(received as object)).toEqual(Object.keys(expected));
    for (const [name, value] of Object.entries(expected)) {
      expectAlike((received as Record<string, unknown>)[name], value);
    }
  } else expect(received).toEqual(expected);
}

describe('evaluate', () => {
  test('--json is what evaluateSAE gives', async () => {
    const { gated, topk } = newModels() as { gated: SAEModel; topk: SAEModel };
    const x = tf.tensor2d(VALUES, [ROWS, 6]);
    const told = JSON.parse(
      await printed('evaluate', 'gated.keras', 'x.npy', '--labels', 'labels.npy', '--json'),
    );
    const expected = await evaluateSAE(gated, x, { labels: LABELS });
    expectAlike(told, { ...expected, name: 'gated.keras' });
    const few = tf.slice(x, 0, 40);
    const args = ['--rows', '40', '--metrics', 'sparsity', '--json'];
    const ofFew = JSON.parse(await printed('evaluate', 'topk', 'x.npy', ...args));
    expectAlike(ofFew, {
      ...(await evaluateSAE(topk, few, { metrics: ['sparsity'] })),
      name: 'topk/',
    });
    tf.dispose([x, few]);
    for (const model of [gated, topk]) model.dispose();
  });

  test('the text has a section for each group, in columns', async () => {
    const text = await printed('evaluate', 'gated.keras', 'x.npy', '--labels', 'labels.npy');
    expect(text).toMatch(/^gated\.keras: GatedSAE of 20 features, rows of 6, over 90 rows\n\n/);
    expect(text).toMatch(/\n {2}L0, mean +[\d.]+\n/);
    expect(text).toMatch(/\n {2}explained variance +-?[\d.]+\n/);
    expect(text).toMatch(/\nsparse probing\n {2}classes +3\n {2}accuracy by 1 feature +[\d.]+\n/);
    const lines = text.split('\n').filter((line) => line.startsWith('  '));
    expect(new Set(lines.map(({ length }) => length)).size).toBe(1);
  });

  test('a transcoder has targets', async () => {
    const sae = newTranscoder();
    const [x, y] = [tf.tensor2d(VALUES, [ROWS, 6]), tf.tensor2d(TARGETS, [ROWS, 3])];
    const args = ['transcoder.keras', 'x.npy', '--targets', 'y.npy', '--json'];
    const told = JSON.parse(await printed('evaluate', ...args));
    expectAlike(told, { ...(await evaluateSAE(sae, x, y)), name: 'transcoder.keras' });
    const alone = ['transcoder.keras', 'x.npy', '--metrics', 'sparsity,weights'];
    expect(await printed('evaluate', ...alone)).toContain('rows of 6 → 3');
    tf.dispose([x, y]);
    sae.dispose();
  });

  test('positions come from words or numbers, in any form', async () => {
    const { gated, topk } = newModels() as { gated: SAEModel; topk: SAEModel };
    const x = tf.tensor2d(VALUES, [ROWS, 6]);
    const evaluated = async (...args: string[]) =>
      JSON.parse(await printed('evaluate', 'gated.keras', ...args, '--json'));
    const expected = {
      ...(await evaluateSAE(gated, x, { positions: POSITIONS })),
      name: 'gated.keras',
    };
    expect(expected.positions?.map(({ position }) => position)).toEqual([
      'first',
      'other',
      'padding',
    ]);
    expectAlike(await evaluated('x.npy', '--positions', 'positions.json'), expected);
    expectAlike(await evaluated('x.npy', '--positions', 'positions.txt'), expected);
    expectAlike(await evaluated('documents.npy', '--positions', 'nested.json'), expected);
    const numbers = { positions: [...LABELS].map(String) };
    const byNumber = { ...(await evaluateSAE(gated, x, numbers)), name: 'gated.keras' };
    expectAlike(await evaluated('x.npy', '--positions', 'labels.npy'), byNumber);
    const few = await evaluated('x.npy', '--positions', 'positions.json', '--rows', '11');
    expect(few.positions.map(({ rows }: { rows: number }) => rows)).toEqual([2, 7, 2]);
    const text = await printed('evaluate', 'gated.keras', 'x.npy', '--positions', 'positions.txt');
    expect(text).toMatch(
      /\nat padding\n {2}rows +18\n {2}L0, mean +[\d.]+\n {2}explained variance /,
    );
    x.dispose();
    for (const model of [gated, topk]) model.dispose();
  });

  test('true features are measured, with true codes their detection too', async () => {
    const { gated, topk } = newModels() as { gated: SAEModel; topk: SAEModel };
    const [x, trueFeatures] = [tf.tensor2d(VALUES, [ROWS, 6]), tf.tensor2d(MADE_OF, [4, 6])];
    const trueCodes = tf.tensor2d(MADE, [ROWS, 4]);
    const args = ['evaluate', 'gated.keras', 'x.npy', '--true-features', 'made-of.npy'];
    const alone = await evaluateSAE(gated, x, { trueFeatures });
    expect(alone.truth?.mcc).toBeGreaterThan(0);
    expectAlike(JSON.parse(await printed(...args, '--json')), { ...alone, name: 'gated.keras' });
    const withCodes = [...args, '--true-codes', 'made.npy', '--metrics', 'truth'];
    const both = await evaluateSAE(gated, x, { trueFeatures, trueCodes, metrics: ['truth'] });
    expect(both.truth?.detection?.f1).toBeGreaterThan(0);
    expectAlike(JSON.parse(await printed(...withCodes, '--json')), {
      ...both,
      name: 'gated.keras',
    });
    const text = await printed(...withCodes);
    expect(text).toMatch(/\ntrue features\n {2}mean correlation coefficient, MCC +0\.\d+\n/);
    expect(text).toMatch(/\n {2}F1 +0\.\d+\n/);
    const [first, firstCodes] = [tf.slice(x, 0, 40), tf.slice(trueCodes, 0, 40)];
    const ofFew = await evaluateSAE(gated, first, { trueFeatures, trueCodes: firstCodes });
    const few = JSON.parse(await printed(...withCodes, '--rows', '40', '--json'));
    expectAlike(few.truth, ofFew.truth);
    const table = [
      'gated.keras',
      'topk.keras',
      '--data',
      'x.npy',
      '--true-features',
      'made-of.npy',
    ];
    expect(await printed('compare', ...table)).toMatch(/ MCC\n/);
    tf.dispose([x, trueFeatures, trueCodes, first, firstCodes]);
    for (const model of [gated, topk]) model.dispose();
  });

  test.each<[string[], string, number]>([
    [['gated.keras', 'x.npy', '--metrics', 'truth'], 'add --true-features', 2],
    [['gated.keras', 'x.npy', '--true-codes', 'made.npy'], '--true-codes needs true features', 2],
    [['gated.keras', 'fashion-mnist', '--positions', 'positions.json'], 'has no positions', 2],
    [['gated.keras', 'fashion-mnist', '--true-features', 'made-of.npy'], 'no true features', 2],
    [
      ['gated.keras', 'x.npy', '--positions', 'few.json'],
      'expected 90 positions, one for each row; received 89',
      1,
    ],
    [['gated.keras', 'x.npy', '--positions', 'numbers.json'], 'expected a list of words', 1],
    [['gated.keras', 'x.npy', '--positions', 'none.json'], 'SAE_FILE none.json', 1],
    [['gated.keras', 'x.npy', '--true-features', 'y.npy'], 'SAE_SHAPE y.npy: expected [..., 6]', 1],
    [
      ['gated.keras', 'x.npy', '--true-features', 'made-of.npy', '--true-codes', 'y.npy'],
      'SAE_SHAPE y.npy: expected [..., 4]',
      1,
    ],
    [
      ['gated.keras', 'x.npy', '--true-features', 'x.npy', '--true-codes', 'made-of.npy'],
      'SAE_SHAPE made-of.npy: expected [..., 90]',
      1,
    ],
    [
      ['gated.keras', 'x.npy', '--true-features', 'made-of.npy', '--true-codes', 'short.npy'],
      'SAE_OPTION --true-codes: expected 90 rows, as DATA has; received 89',
      1,
    ],
    [['gated.keras'], "error: missing required argument 'data'", 2],
    [['gated.keras', 'x.npy', '--metrics', 'sparcity'], 'Give some of sparsity,', 2],
    [['gated.keras', 'x.npy', '--metrics', 'probing'], 'add --labels', 2],
    [['gated.keras', 'fashion-mnist', '--labels', 'y.npy'], 'has its own labels', 2],
    [['gated.keras', 'fashion-mnist', '--targets', 'y.npy'], 'fashion-mnist has no targets', 2],
    [['none.keras', 'x.npy'], 'SAE_FILE none.keras', 1],
    [['gated.keras', 'y.npy'], 'SAE_SHAPE y.npy: expected [..., 6]; received [90, 3]', 1],
    [['gated.keras', 'x.npy', '--targets', 'y.npy'], 'SAE_OPTION --targets: expected a tr', 1],
    [['transcoder.keras', 'x.npy'], 'SAE_MISSING MODEL', 1],
    [['transcoder.keras', 'x.npy', '--targets', 'few.npy'], 'expected 90 rows, as DATA', 1],
  ])('%j is refused', async (args, message, code) => {
    const ended = await run('evaluate', ...args);
    expect(ended.stderr).toContain(message);
    expectFailure(ended, '', code);
  });

  test('Ctrl-C ends it', async () => {
    const long = await writeLongNpy(at('long.npy'), [50_000_000, 6]);
    const ended = await gatedSae(['evaluate', at('gated.keras'), long], {
      onStderr: signalOn(/Measuring/, 'SIGINT'),
    });
    expect(ended.stderr).toContain('Stopping.');
    expectFailure(ended, '', 130);
  });
});

describe('compare', () => {
  test('prints the table, and draws the front', async () => {
    const models = newModels();
    const x = tf.tensor2d(VALUES, [ROWS, 6]);
    const comparison = await compareSAEs(models, x);
    const files = ['gated.keras', 'topk.keras', '--data', 'x.npy'];
    const told = JSON.parse(await printed('compare', ...files, '--json', '--out', 'front.svg'));
    expectAlike(told, JSON.parse(JSON.stringify(comparison)));
    const svg = await fs.readFile(at('front.svg'), 'utf8');
    expect(svg).toBe(drawFront(told.front).toSVG());
    const text = await printed('compare', ...files, '--out', 'front.png');
    expect(text).toBe(`${comparisonTable(told)}\nfront.png: the front.\n`);
    expect((await fs.readFile(at('front.png'))).subarray(1, 4).toString()).toBe('PNG');
    x.dispose();
    for (const model of Object.values(models)) model.dispose();
  });

  test.each<[string[], string, number]>([
    [['gated.keras'], "error: required option '--data <data>' not specified", 2],
    [['--data', 'x.npy'], "error: missing required argument 'model'", 2],
    [['gated.keras', '--data', 'x.npy', '--out', 'a.gif'], '--out must end in .svg', 2],
    [['gated.keras', '--data', 'x.npy', '--overwrite'], '--overwrite needs --out', 2],
    [
      ['gated.keras', '--data', 'x.npy', '--out', 'a.svg', '--metrics', 'weights'],
      '--out draws sparsity and reconstruction',
      2,
    ],
    [['gated.keras', '--data', 'x.npy', '--out', 'none/a.svg'], 'expected the folder none', 1],
    [['gated.keras', 'transcoder.keras', '--data', 'x.npy'], 'SAE_OPTION compareSAEs.models', 1],
  ])('%j is refused', async (args, message, code) => {
    expectFailure(await run('compare', ...args), message, code);
  });

  test.each<[string[], string[]]>([
    [
      ['runs/a/model', 'runs/b/model/', 'c.keras'],
      ['a', 'b', 'c'],
    ],
    [
      ['one/sae.keras', 'other/sae.keras'],
      ['one/sae.keras', 'other/sae.keras'],
    ],
    [
      ['a.keras', 'a.keras'],
      ['a.keras', 'a.keras (2)'],
    ],
    [
      ['https://example.org/x/sae.keras', 'model'],
      ['sae', 'model'],
    ],
  ])('names of %j', (paths, names) => {
    expect(namesOf(paths)).toEqual(names);
  });
});
