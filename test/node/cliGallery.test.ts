import { spawn } from 'node:child_process';
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { decode } from 'fast-png';
import {
  drawDecoderGallery,
  drawFeatureGallery,
  encodeKeras,
  type FeatureReport,
  type FeatureReportArgs,
  featureReport,
  GatedSAE,
  ReluSAE,
} from '../../src';
import { splitRows } from '../../src/activations/shuffle';
import { fileSystem } from '../../src/node';
import { DIST, expectFailure, gatedSae, signalOn } from './cliProcess';
import { writeLongNpy, writeNpy } from './npyFile';

jest.setTimeout(120_000);

let root: string;
beforeAll(async () => {
  root = await fs.mkdtemp(join(tmpdir(), 'gated-sae-gallery-'));
  await makeFiles();
});
afterAll(() => fs.rm(root, { recursive: true, force: true }));

const at = (name: string) => join(root, name);
const gallery = (...args: string[]) => gatedSae(['gallery', ...args]);

const ROWS = 60;
const HOSTILE = ['<img src=x onerror=alert(1)>', '</script>&amp;', '\u202e😀', 'x'.repeat(10_000)];
/** Bytes without a pattern, always the same. */
const bytes = (length: number, seed: number) =>
  Uint8Array.from({ length }, (_, i) => ((i + 1) * (2 * seed + 7919) * 2654435761) >>> 24);
const PIXELS = bytes(ROWS * 16, 1);
const LABELS = bytes(ROWS, 2).map((byte) => byte % HOSTILE.length);
const SHAPE = [4, 4] as const;

/** The model of the tests; the caller disposes it. */
const newModel = () => new GatedSAE({ inputDim: 16, encodingDim: 24, seed: 5, name: 'sae' });

async function makeFiles(): Promise<void> {
  const model = newModel();
  await fs.writeFile(at('sae.keras'), await encodeKeras(model));
  await model.save(fileSystem(at('sae')));
  model.dispose();
  await writeNpy(at('x.npy'), PIXELS, [ROWS, 4, 4]);
  await writeNpy(at('flat.npy'), PIXELS, [ROWS, 16]);
  await writeNpy(at('y.npy'), LABELS, [ROWS]);
  await fs.writeFile(at('names.json'), JSON.stringify(HOSTILE));
}

/** The report that the command draws from. */
async function reportHere(args: FeatureReportArgs = {}): Promise<FeatureReport> {
  const model = newModel();
  const x = tf.tensor2d(
    Float32Array.from(PIXELS, (byte) => byte / 255),
    [ROWS, 16],
  );
  const named = { labels: LABELS, classNames: HOSTILE };
  const report = await featureReport(model, x, { imageShape: SHAPE, ...named, ...args });
  x.dispose();
  model.dispose();
  return report;
}

const NAMED = () => ['--labels', at('y.npy'), '--classes', at('names.json')];

/** Draws without a complaint, and answers what is said of it. */
async function drawn(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await gallery(...args, '--backend', 'wasm');
  expect(stderr).not.toMatch(/error|warning/i);
  expect(code).toBe(0);
  return stdout;
}

/** What is said of this dictionary, which has learnt nothing. */
const DENSE =
  'Too dense to read: more than a tenth of all features are active on a row. ' +
  'Its pictures show noise, whatever their tags say.\nTrain longer, and for a lower L0.\n';

const text = (name: string) => fs.readFile(at(name), 'utf8');

describe('the picture', () => {
  test.each(['sae.keras', 'sae', 'sae/model.json'])(
    'of %s is what the library draws',
    async (model) => {
      const said = await drawn(
        at(model),
        at('x.npy'),
        ...NAMED(),
        '--out',
        at('g.svg'),
        '--overwrite',
      );
      const told = `${at('g.svg')}: 20 of 24 features, over 60 rows. A browser shows it.\n`;
      expect(said).toBe(`${told}${DENSE}`);
      const report = await reportHere();
      expect(await text('g.svg')).toBe(drawFeatureGallery(report).toSVG());
    },
  );

  test('as HTML, of chosen features, images and colours', async () => {
    const chosen = ['--features', '9, 0,23', '--top-images', '7', '--limit', '0.5'];
    await drawn(at('sae.keras'), at('x.npy'), ...NAMED(), ...chosen, '--out', at('chosen.html'));
    const report = await reportHere();
    const args = { featureIdx: [9, 0, 23], topFeatures: 3, topImages: 7, limit: 0.5 };
    expect(await text('chosen.html')).toBe(drawFeatureGallery(report, args).toHTML());
  });

  test('shows text from strangers as text', async () => {
    await drawn(at('sae.keras'), at('x.npy'), ...NAMED(), '--out', at('hostile.svg'));
    const svg = await text('hostile.svg');
    expect(svg).not.toContain('<img');
    expect(svg).not.toContain('</script>');
    expect(svg).toContain('&lt;img src');
    expect(svg.length).toBeLessThan(1e6);
  });

  test('of decoder directions alone', async () => {
    const args = ['--decoder', '--top-features', '4', '--out', at('decoder.svg')];
    const said = await drawn(at('sae.keras'), at('flat.npy'), '--image-shape', '4x4', ...args);
    expect(said).toContain(': 4 of 24 features, over 60 rows.');
    const report = await reportHere();
    expect(await text('decoder.svg')).toBe(drawDecoderGallery(report, { topN: 4 }).toSVG());
  });

  test('as PNG, twice as large unless it is said otherwise', async () => {
    const { width, height } = drawDecoderGallery(await reportHere());
    for (const [scale, args] of [
      [2, []],
      [1, ['--scale', '1']],
    ] as const) {
      const out = ['--out', at(`scale-${scale}.png`)];
      const said = await drawn(at('sae.keras'), at('x.npy'), '--decoder', ...args, ...out);
      expect(said).toContain('Any viewer of pictures shows it.');
      const png = decode(await fs.readFile(at(`scale-${scale}.png`)));
      expect([png.width, png.height]).toEqual([scale * width, scale * height]);
    }
  });

  test('is gallery.png here by default, of the first rows if wanted', async () => {
    const { code, stdout } = await gatedSae(
      ['gallery', 'sae.keras', 'x.npy', '--rows', '7', '--top-images', '2'],
      { cwd: root },
    );
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `gallery.png: 20 of 24 features, over 7 rows. Any viewer of pictures shows it.\n${DENSE}`,
    });
    expect(decode(await fs.readFile(at('gallery.png'))).width).toBeGreaterThan(500);
  });

  test('of another architecture', async () => {
    const model = new ReluSAE({ inputDim: 16, encodingDim: 24, seed: 5 });
    await fs.writeFile(at('relu.keras'), await encodeKeras(model));
    model.dispose();
    expect(await drawn(at('relu.keras'), at('x.npy'), '--out', at('relu.png'))).toContain('of 24');
  });

  test('of colours, and of values in a range of their own', async () => {
    const model = new GatedSAE({ inputDim: 12, encodingDim: 6, seed: 1 });
    await fs.writeFile(at('rgb.keras'), await encodeKeras(model));
    const values = Float32Array.from(bytes(20 * 12, 3), (byte) => byte / 127.5 - 1);
    await writeNpy(at('rgb.npy'), values, [20, 2, 2, 3]);
    await drawn(at('rgb.keras'), at('rgb.npy'), '--image-range', '-1,1', '--out', at('rgb.svg'));
    const x = tf.tensor2d(values, [20, 12]);
    const args = { imageShape: [2, 2, 3], imageRange: [-1, 1] } as const;
    const report = await featureReport(model, x, args);
    expect(await text('rgb.svg')).toBe(drawFeatureGallery(report).toSVG());
    x.dispose();
    model.dispose();
  });
});

test('warns of images whose values are not in the range that is drawn', async () => {
  const values = Float32Array.from(PIXELS);
  values[3] = -12.5;
  values[4] = 255;
  await writeNpy(at('bytes.npy'), values, [ROWS, 4, 4]);
  const run = (...args: string[]) =>
    gallery(at('sae.keras'), at('bytes.npy'), '--out', at('r.svg'), '--overwrite', ...args);
  const { code, stderr } = await run();
  expect(code).toBe(0);
  expect(stderr).toContain(
    'warning: The values go from -12.5 to 255, but images are drawn from 0 (black) to 1 (white). Give their range by --image-range -12.5,255.\n',
  );
  expect((await run('--image-range', '-12.5,255')).stderr).not.toContain('warning');
});

describe('fashion-mnist', () => {
  test('is what the quickstart of that seed has held out, with its classes', async () => {
    const model = new GatedSAE({ inputDim: 784, encodingDim: 8, seed: 2 });
    await fs.writeFile(at('fashion.keras'), await encodeKeras(model));
    model.dispose();
    const seeds = ['0', '1'];
    for (const seed of seeds) {
      const out = ['--out', at(`fashion-${seed}.svg`)];
      const said = await drawn(
        at('fashion.keras'),
        'fashion-mnist',
        '--rows',
        '100',
        '--seed',
        seed,
        ...out,
      );
      expect(said).toContain(', over 100 rows.');
    }
    const [first, second] = await Promise.all(seeds.map((seed) => text(`fashion-${seed}.svg`)));
    expect(first).toMatch(/Ankle boot|T-shirt\/top|Trouser|Pullover|Dress|Coat|Sandal|Sneaker|Bag/);
    expect(first).not.toBe(second);
    expect(splitRows(70_000, 10_000, 0).heldOut).not.toEqual(splitRows(70_000, 10_000, 1).heldOut);
  });
});

describe('what cannot be drawn is refused before the pass over the data', () => {
  test.each<[string, string[], string]>([
    [
      'a model that is not there',
      ['none.keras', 'x.npy'],
      'error: SAE_FILE none.keras: expected a file that can be read; received nothing there.',
    ],
    [
      'data that is not there',
      ['sae.keras', 'none.npy'],
      'error: SAE_FILE none.npy: expected a file that can be read; received nothing there.',
    ],
    [
      'a file of something else as data',
      ['sae.keras', 'names.json'],
      'error: SAE_FILE names.json: expected a .npy file; received something else.',
    ],
    ['a file of something else as model', ['x.npy', 'x.npy'], 'error: SAE_FILE x.npy: expected'],
    [
      'another model',
      ['dense.keras', 'x.npy'],
      'error: SAE_FILE dense.keras: expected a sparse autoencoder; received a Sequential. Give the file of',
    ],
    [
      'other labels',
      ['sae.keras', 'x.npy', '--labels', 'short.npy'],
      'error: SAE_DATA short.npy: expected 60 labels, one for each row; received 5.',
    ],
    [
      'an image shape that does not fit',
      ['sae.keras', 'x.npy', '--image-shape', '5x4'],
      'error: SAE_OPTION --image-shape: expected a shape of 16 values; received "5x4".',
    ],
    [
      'rows that are no images',
      ['sae.keras', 'flat.npy'],
      'error: SAE_MISSING gallery: expected the shape of the images, --image-shape; it is not here. Give it, as 28x28, or',
    ],
    [
      'a feature that there is not',
      ['sae.keras', 'x.npy', '--features', '3,24'],
      'error: SAE_OPTION --features: expected numbers below 24; received 24.',
    ],
    [
      'rows of another width',
      ['sae.keras', 'wide.npy'],
      'error: SAE_SHAPE wide.npy: expected [..., 16]; received [1, 5, 5].',
    ],
    [
      'NaN',
      ['sae.keras', 'nan.npy'],
      'error: SAE_NOT_FINITE nan.npy, row 1: expected finite values; received NaN or an infinity in the data.',
    ],
    [
      'fewer class names than classes',
      ['sae.keras', 'x.npy', '--labels', 'y.npy', '--classes', 'a,b'],
      'error: SAE_DATA --classes: expected 4 class names, one for each label from 0 to 3; received 2. Give as many, in the same order.',
    ],
    [
      'a report that is none',
      ['names.json'],
      'error: SAE_DATA names.json: expected a feature report',
    ],
    [
      'no JSON',
      ['broken.json'],
      'error: SAE_FILE broken.json: expected a feature report; received something else than JSON.',
    ],
  ])('%s', async (_, args, message) => {
    await writeNpy(at('short.npy'), new Uint8Array(5), [5]);
    await writeNpy(at('wide.npy'), new Uint8Array(25), [1, 5, 5]);
    await writeNpy(
      at('nan.npy'),
      Float32Array.from({ length: 32 }, (_, i) => (i === 17 ? NaN : i)),
      [2, 4, 4],
    );
    await fs.writeFile(at('broken.json'), '{"format": ');
    const dense = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [16] })] });
    await fs.writeFile(at('dense.keras'), await encodeKeras(dense));
    dense.dispose();
    const ended = await gatedSae(['gallery', ...args, '--out', 'no.png'], { cwd: root });
    expectFailure(ended, message);
    await expect(fs.stat(at('no.png'))).rejects.toThrow('ENOENT');
    expect((await fs.readdir(root)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

test.each<[string[], string]>([
  [[], "error: missing required argument 'model'"],
  [['sae.keras'], "error: missing required argument 'data'"],
  [['sae/model.json'], "error: missing required argument 'data'"],
  [['', 'x.npy'], "argument 'model'. Give a path."],
  [['sae.keras', 'x.npy', 'y.npy'], "error: too many arguments for 'gallery'"],
  [
    ['sae.keras', 'x.npy', '--lables', 'y.npy'],
    "error: unknown option '--lables'\n(Did you mean --labels?)",
  ],
  [['sae.keras', 'x.npy', '--classes', 'a,b'], 'error: --classes needs labels: add --labels.'],
  [['sae.keras', 'x.npy', '--tokens', 't.json'], "error: unknown option '--tokens'"],
  [['sae.keras', 'x.npy', '--seed', '1'], 'error: --seed is for fashion-mnist'],
  [['sae.keras', 'x.npy', '--out', 'g.gif'], 'error: --out must end in .png, .svg or .html.'],
  [
    ['sae.keras', 'x.npy', '--out', 'g.svg', '--scale', '3'],
    'error: --scale is for .png files only',
  ],
  [
    ['sae.keras', 'x.npy', '--image-shape', '28'],
    "option '--image-shape <shape>' argument '28' is invalid. Use the form 28x28, or 32x32x3 for colour.",
  ],
  [['sae.keras', 'x.npy', '--image-shape', '4x4x2'], "argument '4x4x2' is invalid."],
  [['sae.keras', 'x.npy', '--image-shape', '4x4x3x1'], "argument '4x4x3x1' is invalid."],
  [['sae.keras', 'x.npy', '--image-range', '1,0'], 'Give two ascending numbers, such as 0,1.'],
  [['sae.keras', 'x.npy', '--features', '1,-2'], 'Give numbers of features, such as 1,5,9.'],
  [
    ['sae.keras', 'x.npy', '--features', '1', '--decoder'],
    'error: --decoder shows the most active features',
  ],
  [
    ['sae.keras', 'x.npy', '--features', '1', '--top-features', '2'],
    'error: --features or --top-features, not both.',
  ],
  [['sae.keras', 'x.npy', '--top-images', '0'], 'Give an integer from 1 to 1000.'],
  [['sae.keras', 'x.npy', '--limit', '0'], 'Give a number above 0.'],
  [['sae.keras', 'x.npy', '--rows', '0'], 'Give an integer of at least 1.'],
  [
    ['sae.keras', 'x.npy', '--backend', 'abacus'],
    'Allowed choices are auto, tensorflow, wasm, cpu.',
  ],
  [
    ['sae.weights.h5', 'x.npy'],
    'error: MODEL holds weights alone: make a model of them by gated-sae convert --like.',
  ],
  [
    ['https://127.0.0.1/sae/', 'x.npy'],
    'error: A folder of tfjs is read from this machine only: download it first.',
  ],
  [
    ['report.json', '--rows', '5', '--labels', 'y.npy'],
    'error: A saved report has its data: leave out --labels, --rows.',
  ],
])('%j is wrong usage', async (args, message) => {
  expectFailure(await gatedSae(['gallery', ...args], { cwd: root }), message, 2);
});

describe('--out', () => {
  test('is not replaced unasked, and that is said before any work', async () => {
    await fs.writeFile(at('mine.png'), 'mine');
    const ended = await gallery(at('none.keras'), at('none.npy'), '--out', at('mine.png'));
    expectFailure(
      ended,
      `error: SAE_FILE ${at('mine.png')}: expected nothing there yet; received a file. Choose another --out, or replace it by --overwrite.`,
    );
    expect(await text('mine.png')).toBe('mine');
    await drawn(at('sae.keras'), at('x.npy'), '--out', at('mine.png'), '--overwrite');
    expect(decode(await fs.readFile(at('mine.png'))).width).toBeGreaterThan(500);
  });

  test('has to be in a folder that is there', async () => {
    expectFailure(
      await gallery(at('sae.keras'), at('x.npy'), '--out', at('new/g.png')),
      `error: SAE_FILE ${at('new/g.png')}: expected the folder ${at('new')}; received nothing there. Make it, or choose another --out.`,
    );
    await fs.mkdir(at('folder.png'));
    expectFailure(
      await gallery(at('sae.keras'), at('x.npy'), '--out', at('folder.png'), '--overwrite'),
      `error: SAE_FILE ${at('folder.png')}: expected a file, or nothing yet; received a folder. Choose another --out.`,
    );
  });
});

describe('a long pass', () => {
  const longFile = () => writeLongNpy(at('long.npy'), [50_000_000, 4, 4]);

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends by %s, with nothing written', async (signal, code) => {
    const out = at(`${signal}.png`);
    const ended = await gatedSae(['gallery', at('sae.keras'), await longFile(), '--out', out], {
      onStderr: signalOn(/Looking at the 24 features/, signal),
    });
    expect(ended.stderr).toContain('Stopping; nothing is written. Ctrl-C again quits at once.');
    expect(ended).toMatchObject({ code, signal: null, stdout: '' });
    expect((await fs.readdir(root)).filter((name) => /SIG|tmp/.test(name))).toEqual([]);
  });

  test('tells how far it is', async () => {
    const ended = await gatedSae(['gallery', at('sae.keras'), await longFile()], {
      cwd: await fs.mkdtemp(at('cwd-')),
      onStderr: signalOn(/^row /m, 'SIGINT'),
    });
    expect(ended.stderr).toMatch(/^row [\d,]+ of 50,000,000, .* left$/m);
    expect(ended.code).toBe(130);
  });
});

test('whoever reads its output may leave early', async () => {
  const args = ['gallery', at('sae.keras'), at('x.npy'), '--out', at('early.png')];
  const child = spawn(process.execPath, [join(DIST, 'cli.mjs'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  child.stderr.destroy();
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect(code).toBe(0);
  expect(decode(await fs.readFile(at('early.png'))).width).toBeGreaterThan(500);
});

test('--help fits a terminal, and says how bytes are read', async () => {
  const { code, stdout } = await gallery('--help');
  expect(code).toBe(0);
  expect(stdout.replace(/\s+/g, ' ')).toContain('Bytes (uint8) are divided by 255');
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});
