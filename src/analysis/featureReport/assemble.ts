import { base64Of } from '../../bytes';
import type { Accumulator } from './accumulator';
import type { BestLists } from './bestLists';
import type { Dictionary } from './dictionary';
import type { FeatureEffects } from './effects';
import type { FoundExample } from './exampleLists';
import type { FoundInterval } from './intervalExamples';
import { classShares } from './labels';
import type {
  EncodedRow,
  Example,
  FeatureEntry,
  FeatureReport,
  Interval,
  RowContent,
} from './report';

/** The parts of a report. */
export interface Parts {
  readonly dictionary: Dictionary;
  readonly gathered: Accumulator;
  /** The features that the report describes, ascending. */
  readonly features: Iterable<number>;
  readonly neighbours?: BestLists;
  readonly coactive?: { readonly lists: BestLists; readonly rows: number } | undefined;
  readonly effects?: FeatureEffects | undefined;
}

/** Returns the report of what was collected. */
export function assembled(parts: Parts): FeatureReport {
  const { dictionary, gathered, coactive, effects } = parts;
  const { tally, histograms, about } = gathered;
  const rows: Record<string, RowContent> = {};
  const features = Array.from(parts.features, (feature) => entry(parts, feature, rows));
  return {
    format: 'gated-sae-feature-report',
    version: 3,
    model: dictionary.model,
    data: {
      ...about.data,
      ...(gathered.perImage && { images: gathered.perImage.examples }),
      rows: tally.rows,
      coactiveRows: coactive?.rows ?? 0,
      ...(about.classes && { classShares: classShares(about.classes) }),
      ...(effects && { effectNames: [...effects.classNames] }),
    },
    l0: { mean: tally.l0Mean, max: tally.l0Max },
    histogramEdges: histograms.edges(),
    features,
    rows,
  };
}

/** @param rows the contents of example rows; those of this feature are added */
function entry(parts: Parts, feature: number, rows: Record<string, RowContent>): FeatureEntry {
  const { dictionary, gathered, neighbours, coactive, effects } = parts;
  const { tally, histograms, about, perImage } = gathered;
  const { outputDim } = dictionary;
  const count = tally.counts[feature] as number;
  const sum = tally.sums[feature] as number;
  const classes = gathered.classes?.of(feature, perImage?.counts[feature] ?? count);
  const weights = dictionary.wDec.subarray(feature * outputDim, (feature + 1) * outputDim);
  const example = (found: FoundExample): Example => {
    const { row, activation, activations } = found;
    if (rows[row] === undefined) {
      const content = contentOf(gathered, found);
      if (content) rows[row] = content;
    }
    const { example: image, position } = (about.maps && found.place) ?? {};
    const label = about.classes?.labels[image ?? row];
    return {
      row,
      activation,
      ...(label !== undefined && { label }),
      ...(image !== undefined && position !== undefined && { image, position }),
      ...(activations && { activations }),
    };
  };
  const interval = ({ octave, examples }: FoundInterval): Interval => ({
    low: 2 ** octave,
    high: 2 ** (octave + 1),
    count: histograms.inOctave(feature, octave),
    examples: examples.map(example),
  });
  return {
    feature,
    density: count / Math.max(1, tally.rows),
    ...(perImage && { images: perImage.counts[feature] as number }),
    mean: sum / Math.max(1, tally.rows),
    meanActive: sum / Math.max(1, count),
    max: tally.maxima[feature] as number,
    histogram: histograms.of(feature),
    top: gathered.top.of(feature).map(example),
    intervals: gathered.intervals.of(feature).map(interval),
    ...(classes && { classes, purity: classes[0]?.share ?? null }),
    ...(effects && { effects: effectsOf(effects, feature) }),
    kurtosis: dictionary.kurtosis[feature] as number,
    neighbours: (neighbours?.entries(feature) ?? []).map(({ id, score }) => ({
      feature: id,
      cosine: score,
    })),
    coactive: (coactive?.lists.entries(feature) ?? []).map(({ id, score }) => ({
      feature: id,
      jaccard: score,
    })),
    ...(gathered.images
      ? { decoder: encodedRow(weights) }
      : { largestWeights: largestWeights(weights) }),
  };
}

/** Returns the contents of an example row; undefined if nothing of it is kept. */
function contentOf(
  { images, about: { documents } }: Accumulator,
  { row, place }: FoundExample,
): RowContent | undefined {
  if (images) return { image: images.image(row) };
  return documents && place && { window: documents.window(place.example, place.position) };
}

function effectsOf({ classNames, values }: FeatureEffects, feature: number): number[] {
  const start = feature * classNames.length;
  return classNames.map((_, label) => values[start + label] as number);
}

const LARGEST_INT16 = 32767;
/** The number of weights in an entry. */
const NAMED_WEIGHTS = 10;

/** Encodes a row as 16-bit integers with a scale of its own. */
function encodedRow(row: Float32Array): EncodedRow {
  let scale = 0;
  for (const weight of row) scale = Math.max(scale, Math.abs(weight));
  const bytes = new Uint8Array(2 * row.length);
  for (let i = 0; i < row.length && scale > 0; i++) {
    const integer = Math.round(((row[i] as number) / scale) * LARGEST_INT16);
    bytes[2 * i] = integer;
    bytes[2 * i + 1] = integer >> 8;
  }
  return { scale, values: base64Of(bytes) };
}

/** Returns the largest weights by absolute value; the first among equals. */
function largestWeights(row: Float32Array): { dimension: number; weight: number }[] {
  return Array.from(row, (weight, dimension) => ({ dimension, weight }))
    .sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight))
    .slice(0, NAMED_WEIGHTS);
}
