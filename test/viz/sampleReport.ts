import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type {
  EncodedRow,
  Example,
  FeatureEntry,
  FeatureReport,
  Interval,
  ReportData,
  RowContent,
} from '../../src/analysis/featureReport/report';
import { base64Of } from '../../src/bytes';
import { SAMPLE_MAP, sampleDecoder, sampleImage, sampleMap, sampleTokens } from './sampleRows';

/** What a sample is like; everything has a default. */
export interface SampleArgs {
  kind?: ReportData['kind'];
  features?: number;
  /** Of positions: images, each of which has 49. */
  rows?: number;
  /** Top examples of each feature. */
  examples?: number;
  /** null: rows without labels. */
  classNames?: readonly string[] | null;
  seed?: number;
  /** Share of the features that are dead. */
  dead?: number;
  /** Height and width of the images. */
  side?: number;
  /** Bytes of an image, where real ones are wanted. */
  imageOf?: (row: number) => Uint8Array;
  vocabulary?: readonly string[];
  /** Names of what the features have effects on. */
  effectNames?: readonly string[];
  name?: string;
}

const CLASSES = ['Disc', 'Ring', 'Cross', 'Stripes', 'Square'];
const EDGES = Array.from({ length: 41 }, (_, i) => 2 ** (-10 + i / 2));
const INTERVAL_EXAMPLES = 5;
const RELATIVES = 8;

/**
 * A report as `featureReport` could give it: its parts agree with each other, the same for the same
 * arguments. Nothing is encoded: which rows a feature fires on is drawn at random, most of them of
 * the class that it favours.
 */
export function sampleReport({
  kind = 'image',
  features = 200,
  rows = 600,
  examples = 20,
  classNames = kind === 'token' ? null : CLASSES,
  seed = 1,
  dead = 0.04,
  side = 28,
  imageOf,
  vocabulary,
  effectNames,
  name = 'sample',
}: SampleArgs = {}): FeatureReport {
  const random = xoroshiro128plus(seed);
  const draw = () => uniformFloat64(random);
  const below = (n: number) => Math.min(n - 1, Math.floor(draw() * n));
  const classes = classNames?.length ?? CLASSES.length;
  const labelOf = (row: number) => row % classes;
  const places = kind === 'position' ? SAMPLE_MAP[0] * SAMPLE_MAP[1] : 1;
  const inputDim = kind === 'image' ? side * side : 64;
  const used = new Set<number>();
  let active = 0;

  const entry = (feature: number): FeatureEntry => {
    const weights = sampleDecoder(feature, side, draw);
    const favoured = below(classes);
    const loyalty = draw() ** 0.5;
    const alive = draw() >= dead;
    const share = alive ? 10 ** (-0.7 - 2.1 * draw()) : 0;
    const strength = Math.exp(2.4 * draw() - 1.6);
    const fires = new Map<number, number>();
    for (let i = 0; i < Math.max(alive ? 1 : 0, Math.round(share * rows)); i++) {
      const any = below(rows);
      const own = Math.min(rows - 1, any - labelOf(any) + favoured);
      const row = draw() < loyalty ? own : any;
      fires.set(row, Math.fround(strength * Math.exp(1.3 * (draw() + draw() + draw()) - 2)));
    }
    active += fires.size;
    const sorted = [...fires].sort(([a, x], [b, y]) => y - x || a - b);
    const sum = sorted.reduce((a, [, value]) => a + value, 0);
    const mapOf = (image: number, activation: number) => sampleMap(feature, image, activation);
    const firing =
      kind === 'position'
        ? sorted.flatMap(([image, a]) => mapOf(image, a).activations.filter((v) => v)).length
        : fires.size;
    const example = ([row, activation]: [number, number]): Example => {
      used.add(row);
      const { position, activations } = mapOf(row, activation);
      return {
        row: kind === 'position' ? row * places + position : row,
        activation,
        ...(classNames === null ? {} : { label: labelOf(row) }),
        ...(kind === 'position' ? { image: row, position, activations } : {}),
        ...(kind === 'token' ? { activations: sampleTokens.activations(row, activation) } : {}),
      };
    };
    return {
      feature,
      density: firing / (rows * places),
      ...(kind === 'position' ? { images: fires.size } : {}),
      mean: sum / (rows * places),
      meanActive: fires.size > 0 ? sum / fires.size : 0,
      max: sorted[0]?.[1] ?? 0,
      histogram: histogram(sorted),
      top: sorted.slice(0, examples).map(example),
      intervals: intervals(sorted, example),
      ...(classNames === null ? {} : classShares(sorted, labelOf)),
      ...(effectNames === undefined
        ? {}
        : { effects: effectNames.map(() => (draw() < 0.5 ? 0.1 : 1) * (draw() - 0.5)) }),
      kurtosis: kurtosis(weights),
      neighbours: relatives(below, features, feature).map((other, i) => ({
        feature: other,
        cosine: 0.9 - 0.07 * i - 0.05 * draw(),
      })),
      coactive: alive
        ? relatives(below, features, feature).map((other, i) => ({
            feature: other,
            jaccard: 0.4 / (1 + i) - 0.01 * draw(),
          }))
        : [],
      ...(kind === 'image' ? { decoder: encoded(weights) } : { largestWeights: largest(weights) }),
    };
  };
  const entries = Array.from({ length: features }, (_, feature) => entry(feature));
  const imageText = (row: number) =>
    base64Of(imageOf?.(row) ?? sampleImage(row, labelOf(row), side));
  const content = (row: number): RowContent => {
    if (kind === 'image') return { image: imageText(row) };
    return kind === 'token' ? { window: sampleTokens.window(row, vocabulary) } : {};
  };
  return {
    format: 'gated-sae-feature-report',
    version: 3,
    model: { name, className: 'GatedSAE', inputDim, features },
    data: {
      kind,
      rows: rows * places,
      coactiveRows: rows * places,
      ...(kind === 'image' || kind === 'position'
        ? { imageShape: [side, side], imageRange: [0, 1] }
        : {}),
      ...(kind === 'position' ? { mapShape: SAMPLE_MAP, images: rows } : {}),
      ...(effectNames === undefined ? {} : { effectNames }),
      ...(classNames === null
        ? {}
        : {
            classNames,
            classShares: classNames.map(
              (_, label) => Math.ceil((rows - label) / classes) / rows, // the classes take turns
            ),
          }),
    },
    l0: { mean: active / rows, max: Math.ceil((2 * active) / rows) },
    histogramEdges: EDGES,
    features: entries,
    rows:
      kind === 'position'
        ? {}
        : Object.fromEntries([...used].sort((a, b) => a - b).map((row) => [row, content(row)])),
    ...(kind === 'position'
      ? { images: Object.fromEntries([...used].map((image) => [image, imageText(image)])) }
      : {}),
  };
}

type Fired = readonly (readonly [row: number, activation: number])[];

function histogram(fired: Fired): FeatureEntry['histogram'] {
  const counts = new Array<number>(EDGES.length - 1).fill(0);
  for (const [, value] of fired) {
    const bin = Math.floor(2 * (Math.log2(value) + 10));
    const place = Math.max(0, Math.min(counts.length - 1, bin));
    counts[place] = (counts[place] as number) + 1;
  }
  const first = counts.findIndex((count) => count > 0);
  if (first < 0) return { first: 0, counts: [] };
  while (counts.at(-1) === 0) counts.pop();
  return { first, counts: counts.slice(first) };
}

function intervals(fired: Fired, example: (of: [number, number]) => Example): Interval[] {
  const octaves = new Map<number, [number, number][]>();
  for (const [row, value] of fired) {
    const octave = Math.floor(Math.log2(value));
    octaves.set(octave, [...(octaves.get(octave) ?? []), [row, value]]);
  }
  return [...octaves].map(([octave, own]) => ({
    low: 2 ** octave,
    high: 2 ** (octave + 1),
    count: own.length,
    examples: own.slice(-INTERVAL_EXAMPLES).map(example),
  }));
}

function classShares(fired: Fired, labelOf: (row: number) => number) {
  const counts = new Map<number, number>();
  for (const [row] of fired) counts.set(labelOf(row), (counts.get(labelOf(row)) ?? 0) + 1);
  const classes = [...counts]
    .map(([label, count]) => ({ label, share: count / fired.length }))
    .sort((a, b) => b.share - a.share || a.label - b.label)
    .slice(0, 10);
  return { classes, purity: classes[0]?.share ?? null };
}

function kurtosis(weights: Float32Array): number {
  const mean = weights.reduce((a, b) => a + b, 0) / weights.length;
  const moment = (power: number) =>
    weights.reduce((sum, w) => sum + (w - mean) ** power, 0) / weights.length;
  return moment(4) / moment(2) ** 2 - 3;
}

function relatives(below: (n: number) => number, features: number, own: number): number[] {
  const others = new Set<number>();
  for (let i = 0; i < RELATIVES; i++) others.add(below(features));
  others.delete(own);
  return [...others];
}

function encoded(weights: Float32Array): EncodedRow {
  const scale = weights.reduce((most, w) => Math.max(most, Math.abs(w)), 0);
  const view = new DataView(new ArrayBuffer(2 * weights.length));
  weights.forEach((w, i) => void view.setInt16(2 * i, Math.round((w / scale) * 32767), true));
  return { scale, values: base64Of(new Uint8Array(view.buffer)) };
}

const largest = (weights: Float32Array) =>
  Array.from(weights, (weight, dimension) => ({ dimension, weight }))
    .sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight))
    .slice(0, 10);
