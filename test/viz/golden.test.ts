/**
 * Whole pictures against accepted ones, which a person's eyes have looked at.
 *
 * What has changed lies in .cache/golden afterwards. Look at it, and copy it to test/viz/golden
 * where it is what it should be.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import type { Example, FeatureReport } from '../../src/analysis/featureReport/report';
import { drawDecoderGallery } from '../../src/viz/decoderGallery';
import { drawFeatureGallery } from '../../src/viz/featureGallery';
import type { Figure } from '../../src/viz/figure';
import { drawFront } from '../../src/viz/front';
import { drawSplice } from '../../src/viz/spliceCosts';
import { pythonReport } from '../parity/pythonReport';
import { handReport } from './handReport';
import { HOSTILE_NAMES, hostileReport } from './hostileReport';
import { sampleReport } from './sampleReport';
import { tagReport } from './tagReport';

jest.setTimeout(60_000);

const ACCEPTED = join(__dirname, 'golden');
const CHANGED = join(__dirname, '..', '..', '.cache', 'golden');

/** How many pixels differ; all where the sizes do. */
function differing(a: Uint8Array, b: Uint8Array): number {
  const [left, right] = [decode(a), decode(b)];
  const pixels = left.width * left.height;
  if (left.width !== right.width || left.height !== right.height) return pixels;
  const places = new Set<number>();
  left.data.forEach((value, i) => {
    if (value !== right.data[i]) places.add(Math.floor(i / left.channels));
  });
  return places.size;
}

const fashion = () => pythonReport('fashion');
/** Two images in colour, and a dictionary of two features. */
const coloured = () => {
  const ramp = (of: (y: number, x: number, channel: number) => number) =>
    Array.from({ length: 8 * 8 * 3 }, (_, i) =>
      of(Math.floor(i / 24), Math.floor(i / 3) % 8, i % 3),
    );
  return handReport({
    codes: [
      [2, 0],
      [1.5, 3],
    ],
    decoder: [
      ramp((y, x, channel) => (channel === 0 ? x - 3.5 : channel === 1 ? y - 3.5 : 0) * 0.05),
      ramp((y, x, channel) => ((x + y) % 2 === 0 ? 0.1 : -0.1) * (channel + 1)),
    ],
    images: [
      ramp((y, x, channel) => [x * 36, y * 36, 128][channel] as number),
      ramp((y, x, channel) => (((x >> channel) + y) % 2) * 255),
    ],
    imageShape: [8, 8, 3],
    labels: [0, 1],
    classNames: ['ramps', 'checks'],
  });
};
/** Positions in images, some of which have no row. */
const positions = () => {
  const report = sampleReport({ kind: 'position', features: 40, rows: 150, examples: 5 });
  const left = ({ activations = [], position }: Example) =>
    activations.map((one, place) => (place % 7 === 6 && place !== position ? null : one));
  const features = report.features.map((entry) => ({
    ...entry,
    top: entry.top.map((one) => ({ ...one, activations: left(one) })),
  }));
  return { ...report, features };
};
/** Wide images in colour under maps of other sides, of a feature that fires on two of them. */
const colouredPositions = (): FeatureReport => {
  const { features: all, rows: _, ...report } = coloured();
  const wide = Uint8Array.from({ length: 4 * 12 * 3 }, (_, i) => (i * 5) % 256);
  const text = Buffer.from(wide).toString('base64');
  const example = (image: number, activation: number) => ({
    row: 6 * image + image,
    activation,
    label: image,
    image,
    position: image,
    activations: [0, 1, 2, 3, 4, 5].map((place) => (place === image ? activation : place / 8)),
  });
  const features = all.slice(0, 1).map(({ decoder, ...entry }) => ({
    ...entry,
    max: 2,
    images: 2,
    top: [example(0, 2), example(1, 1)],
  }));
  const about = { kind: 'position', imageShape: [4, 12, 3], mapShape: [2, 3], images: 2 } as const;
  const data = { ...report.data, ...about };
  return { ...report, data, features, rows: {}, images: { 0: text, 1: text } };
};
const dead = () => {
  const report = hostileReport();
  return { ...report, features: report.features.slice(8) };
};

/** Dictionaries on the front and behind it, some of them close together. */
const FRONT = (
  [
    ['topk k=8', 8, 0.71, true],
    ['topk k=16', 16, 0.79, false],
    ['topk k=32', 32, 0.86, true],
    ['topk k=64', 64, 0.902, true],
    ['batchtopk k=16', 15.4, 0.797, true],
    ['gated λ=0.3', 29, 0.84, true],
    ['gated λ=0.1', 61, 0.88, true],
    ['relu λ=0.03, and a name that is longer than any that there is room for', 90, 0.81, false],
    ['relu λ=0.1', 33, 0.7, false],
    ['jumprelu', 31.5, 0.858, true],
    ['مرحبا <b>', 140, 0.93, true],
  ] as const
).map(([name, l0, explainedVariance, isBest]) => ({ name, l0, explainedVariance, isBest }));

/** A dictionary in a model: metrics that are kept, and one that is lost. */
const EFFECTS = Array.from({ length: 40 }, (_, i) => -0.03 * Math.sin(i * 1.7) * 0.92 ** i - 0.004);
const SPLICE = {
  ...{ name: 'gated λ=0.1', layer: 'block/conv', fires: EFFECTS.map((_, i) => 1000 - 7 * i) },
  costs: [
    {
      ...{ metric: 'cross-entropy', original: 0.2134, spliced: 0.2512 },
      ...{ recoveredFromZero: 0.982, recoveredFromMean: 0.961 },
    },
    {
      ...{ metric: 'مرحبا <b>', original: 0, spliced: 0.0213 },
      ...{ recoveredFromZero: 0.979, recoveredFromMean: 0.955 },
    },
    {
      ...{ metric: 'accuracy', original: 0.931, spliced: 0.118 },
      ...{ recoveredFromZero: -0.9, recoveredFromMean: null },
    },
  ],
  byAblation: { metric: EFFECTS },
  byGradient: { metric: EFFECTS.map((effect, i) => effect * (1 + 0.4 * Math.cos(i))) },
};

test.each<[string, () => Figure, number]>([
  ['decoder-fashion', () => drawDecoderGallery(fashion()), 1],
  ['decoder-one', () => drawDecoderGallery(fashion(), { topN: 1 }), 1],
  ['decoder-dead', () => drawDecoderGallery(dead()), 1],
  ['decoder-coloured', () => drawDecoderGallery(coloured()), 1],
  ['feature-fashion', () => drawFeatureGallery(fashion(), { topFeatures: 6 }), 1],
  [
    'feature-fashion-sharp',
    () => drawFeatureGallery(fashion(), { topFeatures: 1, topImages: 2 }),
    2,
  ],
  [
    'feature-hostile',
    () => drawFeatureGallery(hostileReport(), { featureIdx: [0, 1, 2, 3, 4, 5, 6, 7, 8] }),
    1,
  ],
  ['feature-coloured', () => drawFeatureGallery(coloured(), { topImages: 2 }), 1],
  ['feature-tags', () => drawFeatureGallery(tagReport(2, HOSTILE_NAMES), { topImages: 3 }), 1],
  ['feature-positions', () => drawFeatureGallery(positions(), { topFeatures: 3, topImages: 4 }), 1],
  ['feature-positions-wide', () => drawFeatureGallery(colouredPositions()), 2],
  ['feature-dead', () => drawFeatureGallery(dead()), 1],
  ['splice', () => drawSplice(SPLICE), 1],
  ['front', () => drawFront(FRONT, { title: 'Eleven dictionaries' }), 1],
])('%s looks as it did', async (name, draw, scale) => {
  const png = await draw().toPNG({ scale });
  const accepted = join(ACCEPTED, `${name}.png`);
  const apart = existsSync(accepted) ? differing(png, readFileSync(accepted)) : undefined;
  if (apart !== 0) {
    mkdirSync(CHANGED, { recursive: true });
    writeFileSync(join(CHANGED, `${name}.png`), png);
  }
  expect(apart).toBe(0);
});
