import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {
  encodeKeras,
  type FeatureReport,
  type FeatureReportArgs,
  featureReport,
  ReluSAE,
  type RowDataset,
  writeActivations,
} from '../../src';
import { expectFailure, gatedSae } from './cliProcess';
import { writeNpy } from './npyFile';

jest.setTimeout(120_000);

const IMAGES = 12;
const [HEIGHT, WIDTH] = [6, 8];
const MAP: readonly [number, number] = [2, 3];
const PLACES = 6;
const CHANNELS = 4;
const ROWS = Float32Array.from({ length: IMAGES * PLACES * CHANNELS }, (_, i) => Math.sin(i * i));
const PIXELS = Uint8Array.from({ length: IMAGES * HEIGHT * WIDTH }, (_, i) => (i * 31) % 256);
const LABELS = Int32Array.from({ length: IMAGES }, (_, image) => image % 3);

let root: string;
const at = (name: string) => join(root, name);
const newModel = () => new ReluSAE({ inputDim: CHANNELS, encodingDim: 20, seed: 4, name: 'sae' });

beforeAll(async () => {
  root = await fs.mkdtemp(join(tmpdir(), 'gated-sae-positions-'));
  const model = newModel();
  await fs.writeFile(at('sae.keras'), await encodeKeras(model));
  model.dispose();
  await writeNpy(at('rows.npy'), ROWS, [IMAGES * PLACES, CHANNELS]);
  await writeNpy(at('maps.npy'), ROWS, [IMAGES, ...MAP, CHANNELS]);
  await writeNpy(at('images.npy'), PIXELS, [IMAGES, HEIGHT, WIDTH]);
  await writeNpy(at('flat.npy'), PIXELS, [IMAGES, HEIGHT * WIDTH]);
  await writeNpy(at('y.npy'), LABELS, [IMAGES]);
});
afterAll(() => fs.rm(root, { recursive: true, force: true }));

/** Rows and where they are from, without those of some places. */
function maskedRows(isThere: (place: number) => boolean): RowDataset {
  const kept = Array.from({ length: IMAGES * PLACES }, (_, row) => row).filter((row) =>
    isThere(row % PLACES),
  );
  const value = () => ({
    xs: tf.tensor2d(
      kept.flatMap((row) => [...ROWS.subarray(row * CHANNELS, (row + 1) * CHANNELS)]),
      [kept.length, CHANNELS],
    ),
    origin: {
      examples: Int32Array.from(kept, (row) => Math.floor(row / PLACES)),
      positions: Int32Array.from(kept, (row) => row % PLACES),
    },
  });
  return {
    iterator: () => {
      let done = false;
      const next = async () => {
        if (done) return { value: null, done: true };
        done = true;
        return { value: value(), done: false };
      };
      return { next };
    },
  };
}

/** What the library makes of it. */
async function reportHere(rows: RowDataset, args: FeatureReportArgs = {}): Promise<FeatureReport> {
  const model = newModel();
  const images = tf.tensor(
    Float32Array.from(PIXELS, (byte) => Math.fround(byte / 255)),
    [IMAGES, HEIGHT * WIDTH],
  );
  const report = await featureReport(model, rows, {
    ...{ images, imageShape: [HEIGHT, WIDTH], mapShape: MAP },
    ...args,
  });
  images.dispose();
  model.dispose();
  return report;
}

async function saved(...args: string[]): Promise<FeatureReport> {
  const out = ['--out', 'report.json', '--overwrite'];
  const ended = await gatedSae(['dashboard', 'sae.keras', ...args, ...out], { cwd: root });
  expect(ended.stderr).not.toMatch(/error|warning/i);
  expect(ended.code).toBe(0);
  return JSON.parse(await fs.readFile(at('report.json'), 'utf8')) as FeatureReport;
}

const everywhere = () => maskedRows(() => true);

test('rows with --map-shape, and maps that have one, are positions of the images', async () => {
  const expected = await reportHere(everywhere(), { labels: LABELS, classNames: ['a', 'b', 'c'] });
  const about = ['--images', 'images.npy', '--labels', 'y.npy', '--classes', 'a,b,c'];
  expect(await saved('rows.npy', ...about, '--map-shape', '2x3')).toEqual(expected);
  expect(await saved('maps.npy', ...about)).toEqual(expected);
  const flat = ['--images', 'flat.npy', '--image-shape', '6x8', '--image-range', '0,1'];
  expect(await saved('maps.npy', ...flat)).toEqual(await reportHere(everywhere()));
});

test('a store knows of its rows where they are from, and which are not there', async () => {
  const isThere = (place: number) => place % 4 !== 1;
  const store = await writeActivations(maskedRows(isThere), at('store'));
  await store.close();
  const made = await saved('store', '--images', 'images.npy', '--map-shape', '2x3');
  expect(made).toEqual(await reportHere(maskedRows(isThere)));
  const [example] = made.features.flatMap(({ top }) => top);
  expect(example?.activations?.map((one) => one === null)).toEqual(
    Array.from({ length: PLACES }, (_, place) => !isThere(place)),
  );
});

test('the gallery draws them, also from a report', async () => {
  const args = ['gallery', 'sae.keras', 'maps.npy', '--images', 'images.npy', '--out', 'g.svg'];
  const ended = await gatedSae([...args, '--top-features', '3'], { cwd: root });
  expect(ended.code).toBe(0);
  const svg = await fs.readFile(at('g.svg'), 'utf8');
  expect(svg).toContain('Where the Features Fire');
  await saved('maps.npy', '--images', 'images.npy');
  const again = ['gallery', 'report.json', '--top-features', '3', '--out', 'again.svg'];
  expect((await gatedSae(again, { cwd: root })).code).toBe(0);
  expect(await fs.readFile(at('again.svg'), 'utf8')).toBe(svg);
});

test.each<[string[], string, number]>([
  [
    ['rows.npy', '--map-shape', '2x3'],
    'error: --map-shape needs the input images: add --images.',
    2,
  ],
  [['rows.npy', '--images', 'images.npy', '--map-shape', '7'], 'Use the form 7x7', 2],
  [
    ['rows.npy', '--images', 'images.npy', '--tokens', 't.json'],
    'error: Rows come from documents or from images, not both',
    2,
  ],
  [['fashion-mnist', '--images', 'images.npy'], 'error: fashion-mnist has its own', 2],
  [
    ['rows.npy', '--images', 'flat.npy', '--map-shape', '2x3'],
    'error: SAE_OPTION --image-shape: expected a shape of 48 values, as the images have',
    1,
  ],
  [
    ['rows.npy', '--images', 'images.npy', '--map-shape', '5x5'],
    'error: SAE_DATA featureReport: expected 25 rows for each image',
    1,
  ],
  [['rows.npy', '--images', 'none.npy'], 'error: SAE_FILE none.npy: ', 1],
  [
    ['rows.npy', '--images', 'images.npy'],
    'error: SAE_DATA featureReport.images: expected at least',
    1,
  ],
])('%j is refused', async (args, message, code) => {
  const all = ['dashboard', 'sae.keras', ...args, '--out', 'none.html'];
  expectFailure(await gatedSae(all, { cwd: root }), message, code);
});
