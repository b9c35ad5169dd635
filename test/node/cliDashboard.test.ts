import fs from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {
  drawFeatureGallery,
  encodeKeras,
  encoderWeights,
  type FeatureReport,
  type FeatureReportArgs,
  featureDashboard,
  featureReport,
  GatedSAE,
} from '../../src';
import { expectFailure, gatedSae, signalOn } from './cliProcess';
import { writeLongNpy, writeNpy } from './npyFile';

jest.setTimeout(120_000);

let root: string;
beforeAll(async () => {
  root = await fs.mkdtemp(join(tmpdir(), 'gated-sae-dashboard-'));
  const model = newModel();
  await fs.writeFile(at('sae.keras'), await encodeKeras(model));
  model.dispose();
  await writeNpy(at('x.npy'), VALUES, [ROWS, 6]);
  await writeNpy(at('y.npy'), LABELS, [ROWS]);
  await fs.writeFile(at('names.txt'), `${NAMES.join('\n')}\n`);
  await fs.writeFile(at('tokens.json'), JSON.stringify(TOKENS));
});
afterAll(() => fs.rm(root, { recursive: true, force: true }));

const at = (name: string) => join(root, name);
const text = (name: string) => fs.readFile(at(name), 'utf8');

const ROWS = 90;
const VALUES = Float32Array.from({ length: ROWS * 6 }, (_, i) => Math.sin(i * i));
const LABELS = Int32Array.from({ length: ROWS }, (_, row) => row % 3);
const NAMES = ['<img src=x onerror=alert(1)>', '</script><script>alert(2)</script>', '\u202eright'];
const TOKENS = [
  Array.from({ length: 50 }, (_, i) => ` token${i}`),
  Array.from({ length: 40 }, (_, i) => ['</script>', '😀', '\u202e', 'a'][i % 4]),
];

/** The model of the tests; the caller disposes it. */
const newModel = () => new GatedSAE({ inputDim: 6, encodingDim: 20, seed: 4, name: 'sae' });

async function reportHere(args: FeatureReportArgs = {}): Promise<FeatureReport> {
  const model = newModel();
  const x = tf.tensor2d(VALUES, [ROWS, 6]);
  const report = await featureReport(model, x, args);
  x.dispose();
  model.dispose();
  return report;
}

/** Draws without a complaint, and answers what is said of it. */
async function drawn(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await gatedSae(['dashboard', ...args], { cwd: root });
  expect(stderr).not.toMatch(/error|warning/i);
  expect(code).toBe(0);
  return stdout;
}

describe('the page', () => {
  test('of plain rows is what the library makes, at dashboard.html', async () => {
    const said = await drawn('sae.keras', 'x.npy');
    expect(said).toMatch(
      /^dashboard\.html: 20 features, over 90 rows, \d\.\d MB\. Open it in a browser; it needs no network\.\nToo dense to read: more features are active on a row than the 6 numbers in it\..*\nTrain longer, and for a lower L0\.\n$/,
    );
    expect(await text('dashboard.html')).toBe(await featureDashboard(await reportHere()));
  });

  test('of labelled rows, with names from strangers and a title of one', async () => {
    const title = '</title><script>alert(3)</script>';
    const labels = ['--labels', 'y.npy', '--classes', 'names.txt', '--title', title];
    await drawn('sae.keras', 'x.npy', ...labels, '--out', 'labels.html');
    const report = await reportHere({ labels: LABELS, classNames: NAMES });
    const html = await text('labels.html');
    expect(html).toBe(await featureDashboard(report, { title }));
    expect(html).not.toMatch(/<img src=x|<script>alert/);
  });

  test('of tokens', async () => {
    await drawn('sae.keras', 'x.npy', '--tokens', 'tokens.json', '--out', 'tokens.html');
    const report = await reportHere({ tokens: TOKENS as string[][] });
    expect(report.data.kind).toBe('token');
    expect(await text('tokens.html')).toBe(await featureDashboard(report));
  });

  test('of rows on which nothing fires', async () => {
    const model = newModel();
    const shut = tf.fill([20], -1e6);
    model.setWeights(model.getWeights().map((weight, i) => (i === 1 ? shut : weight)));
    shut.dispose();
    await fs.writeFile(at('dead.keras'), await encodeKeras(model));
    model.dispose();
    expect(await drawn('dead.keras', 'x.npy', '--out', 'dead.html')).toContain('20 features');
    const args = ['gallery', 'dead.keras', 'x.npy', '--image-shape', '2x3', '--out', 'dead.svg'];
    const { code, stdout } = await gatedSae(args, { cwd: root });
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'dead.svg: 0 of 20 features, over 90 rows. A browser shows it.\n',
    });
  });

  test('of a model and data on a server', async () => {
    const server = createServer(async (request, response) => {
      const bytes = await fs.readFile(at(request.url?.slice(1) ?? '')).catch(() => undefined);
      response.writeHead(bytes ? 200 : 404).end(bytes);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const home = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      await drawn(`${home}/sae.keras`, `${home}/x.npy`, '--out', 'server.html');
      expect(await text('server.html')).toBe(await featureDashboard(await reportHere()));
      const ended = await gatedSae([
        'dashboard',
        `${home}/sae.keras`,
        `${home}/none.npy?key=secret`,
      ]);
      expectFailure(
        ended,
        `error: SAE_FILE ${home}/none.npy: expected a file; received status 404`,
      );
      expect(ended.stderr).not.toContain('secret');
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

test('with its dictionary, and with fewer examples, as the library makes it; its size is said', async () => {
  const options = ['--with-dictionary', '--top-examples', '2', '--out', 'with.html'];
  const said = await drawn('sae.keras', 'x.npy', ...options);
  expect(said).toMatch(
    /^with\.html: 20 features, over 90 rows, \d\.\d MB, \d\.\d of them the dictionary\. Open/,
  );
  const report = await reportHere({ topExamples: 2 });
  expect(Math.max(...report.features.map(({ top }) => top.length))).toBe(2);
  const model = newModel();
  const dictionary = await encoderWeights(model);
  model.dispose();
  expect(await text('with.html')).toBe(await featureDashboard(report, { dictionary }));
});

describe('the report', () => {
  const IMAGES = ['--image-shape', '2x3', '--image-range', '-1,1'];
  const imageReport = () =>
    reportHere({
      imageShape: [2, 3],
      imageRange: [-1, 1],
      labels: LABELS,
      classNames: ['a', 'b', 'c'],
    });

  test('is written as JSON, and drawn again without model and data', async () => {
    const labels = ['--labels', 'y.npy', '--classes', 'a,b,c'];
    const said = await drawn('sae.keras', 'x.npy', ...IMAGES, ...labels, '--out', 'report.json');
    const [told, dense] = said.split('\n');
    expect(told).toBe(
      'report.json: the report on 20 features. gated-sae dashboard and gallery draw it.',
    );
    expect(dense).toMatch(/^Too dense to read: /);
    const report = await imageReport();
    expect(JSON.parse(await text('report.json'))).toEqual(report);
    expect(await drawn('report.json', '--title', 'Again', '--out', 'again.html')).toContain(
      '20 features',
    );
    expect(await text('again.html')).toBe(await featureDashboard(report, { title: 'Again' }));
    const ended = await gatedSae(['gallery', 'report.json', '--out', 'again.svg'], { cwd: root });
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: '' });
    expect(await text('again.svg')).toBe(drawFeatureGallery(report).toSVG());
    await fs.writeFile(at('sparse.json'), JSON.stringify({ ...report, l0: { mean: 2, max: 3 } }));
    const sparse = await drawn('sparse.json', '--out', 'sparse.html');
    expect(sparse).not.toContain('Too dense');
    expect(await text('sparse.html')).not.toBe(await text('again.html'));
  });

  test.each<[string, (report: Record<string, unknown>) => unknown, string]>([
    [
      'of another version',
      (report) => ({ ...report, version: 1 }),
      'SAE_DATA bad.json: expected a feature report of version 3; received 1.',
    ],
    [
      'without features',
      ({ features: _, ...report }) => report,
      'SAE_DATA bad.json: expected features as an array; received undefined.',
    ],
    [
      'of other features',
      (report) => ({ ...report, features: [null, 5, {}] }),
      'SAE_DATA bad.json: expected features[0] as an object; received null.',
    ],
    ['of null', () => null, 'SAE_DATA bad.json: expected a feature report'],
  ])('%s is refused', async (_, change, message) => {
    const report = JSON.parse(JSON.stringify(await imageReport()));
    await fs.writeFile(at('bad.json'), JSON.stringify(change(report)));
    for (const command of ['dashboard', 'gallery']) {
      const out = `bad.${command === 'gallery' ? 'svg' : 'html'}`;
      const ended = await gatedSae([command, 'bad.json', '--out', out], { cwd: root });
      expectFailure(ended, message);
      expect(await fs.readdir(root)).not.toContain(out);
    }
  });

  test('on plain rows has no gallery', async () => {
    await fs.writeFile(at('plain.json'), JSON.stringify(await reportHere()));
    expectFailure(
      await gatedSae(['gallery', 'plain.json'], { cwd: root }),
      'error: SAE_DATA drawFeatureGallery: expected a feature report of kind "image"; received one of kind "vector".',
    );
  });
});

test('a range of images is refused where rows are none', async () => {
  const args = ['sae.keras', 'x.npy', '--image-range', '-1,1', '--out', 'ranged.html'];
  const ended = await gatedSae(['dashboard', ...args], { cwd: root });
  expectFailure(ended, 'error: SAE_OPTION --image-range: expected an --image-shape beside it');
});

test.each<[string[], string]>([
  [[], "error: missing required argument 'model'"],
  [['sae.keras'], "error: missing required argument 'data'"],
  [['sae.keras', 'x.npy', '--out', 'x.htm'], 'error: --out must end in .html or .json.'],
  [
    ['report.json', '--out', 'other.json'],
    'error: MODEL is a report already: --out must end in .html.',
  ],
  [
    ['sae.keras', 'x.npy', '--out', 'r.json', '--title', 'x'],
    'error: --title is for the .html: a report has none.',
  ],
  [
    ['report.json', '--with-dictionary'],
    'error: A saved report has no dictionary: give the model and its data with --with-dictionary.',
  ],
  [
    ['report.json', '--top-examples', '3'],
    'error: A saved report has its examples: leave out --top-examples.',
  ],
  [
    ['sae.keras', 'x.npy', '--out', 'r.json', '--with-dictionary'],
    'error: --with-dictionary is for the .html: a report has none.',
  ],
  [
    ['sae.keras', 'x.npy', '--tokens', 't.json', '--image-shape', '2x3'],
    'error: Rows are tokens or images, not both',
  ],
  [['report.json', '--backend', 'cpu'], 'error: A saved report has its data: leave out --backend.'],
  [
    ['sae.keras', 'x.npy', '--titel', 'x'],
    "error: unknown option '--titel'\n(Did you mean --title?)",
  ],
])('%j is wrong usage', async (args, message) => {
  expectFailure(await gatedSae(['dashboard', ...args], { cwd: root }), message, 2);
});

test('what is there is not replaced unasked', async () => {
  await fs.writeFile(at('mine.html'), 'mine');
  expectFailure(
    await gatedSae(['dashboard', 'none.keras', 'none.npy', '--out', 'mine.html'], { cwd: root }),
    'error: SAE_FILE mine.html: expected nothing there yet; received a file. Choose another --out, or replace it by --overwrite.',
  );
  expect(await text('mine.html')).toBe('mine');
  await drawn('sae.keras', 'x.npy', '--out', 'mine.html', '--overwrite');
  expect(await text('mine.html')).toBe(await featureDashboard(await reportHere()));
});

test('Ctrl-C leaves what was there', async () => {
  const file = await writeLongNpy(at('long.npy'), [50_000_000, 6]);
  await fs.writeFile(at('old.html'), 'old');
  const args = ['dashboard', at('sae.keras'), file, '--out', at('old.html'), '--overwrite'];
  const ended = await gatedSae(args, { onStderr: signalOn(/Looking at/, 'SIGINT') });
  expect(ended).toMatchObject({ code: 130, signal: null, stdout: '' });
  expect(ended.stderr).toContain('Stopping; nothing is written.');
  expect(await text('old.html')).toBe('old');
  expect((await fs.readdir(root)).filter((name) => name.includes('tmp'))).toEqual([]);
});

test('--help fits a terminal', async () => {
  const { code, stdout } = await gatedSae(['dashboard', '--help']);
  expect(code).toBe(0);
  expect(stdout).toContain('  --title ');
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});
