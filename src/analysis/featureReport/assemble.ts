import { base64Of } from '../../bytes';
import type { Accumulator } from './accumulator';
import type { BestLists } from './bestLists';
import type { Dictionary } from './dictionary';
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

/** What a report is made of. */
export interface Parts {
  readonly dictionary: Dictionary;
  readonly gathered: Accumulator;
  /** The features that the report is about, ascending. */
  readonly features: Iterable<number>;
  readonly neighbours?: BestLists;
  readonly coactive?: { readonly lists: BestLists; readonly rows: number } | undefined;
}

/** The report of what was gathered. */
export function assembled(parts: Parts): FeatureReport {
  const { dictionary, gathered, coactive } = parts;
  const { tally, histograms, about } = gathered;
  const features = Array.from(parts.features, (feature) => entry(parts, feature));
  return {
    format: 'gated-sae-feature-report',
    version: 2,
    model: dictionary.model,
    data: {
      ...about.data,
      rows: tally.rows,
      coactiveRows: coactive?.rows ?? 0,
      ...(about.classes && { classShares: classShares(about.classes) }),
    },
    l0: { mean: tally.l0Mean, max: tally.l0Max },
    histogramEdges: histograms.edges(),
    features,
    rows: contents(gathered, features),
  };
}

function entry(parts: Parts, feature: number): FeatureEntry {
  const { dictionary, gathered, neighbours, coactive } = parts;
  const { tally, histograms, about } = gathered;
  const { outputDim } = dictionary;
  const count = tally.counts[feature] as number;
  const sum = tally.sums[feature] as number;
  const classes = gathered.classes?.of(feature, count);
  const weights = dictionary.wDec.subarray(feature * outputDim, (feature + 1) * outputDim);
  const example = (found: FoundExample): Example => {
    if (about.classes === undefined) return found;
    const { row, activation, activations } = found;
    const label = about.classes.labels[row] as number;
    return activations ? { row, activation, label, activations } : { row, activation, label };
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
    mean: sum / Math.max(1, tally.rows),
    meanActive: sum / Math.max(1, count),
    max: tally.maxima[feature] as number,
    histogram: histograms.of(feature),
    top: gathered.top.of(feature).map(example),
    intervals: gathered.intervals.of(feature).map(interval),
    ...(classes && { classes, purity: classes[0]?.share ?? null }),
    kurtosis: dictionary.kurtosis[feature] as number,
    neighbours: (neighbours?.entries(feature) ?? []).map(({ id, score }) => ({
      feature: id,
      cosine: score,
    })),
    coactive: (coactive?.lists.entries(feature) ?? []).map(({ id, score }) => ({
      feature: id,
      jaccard: score,
    })),
    ...(about.images
      ? { decoder: encodedRow(weights) }
      : { largestWeights: largestWeights(weights) }),
  };
}

/** What is in the rows that are an example. */
function contents(
  { images, about }: Accumulator,
  features: readonly FeatureEntry[],
): Record<string, RowContent> {
  const rows: Record<string, RowContent> = {};
  if (images === undefined && about.documents === undefined) return rows;
  for (const { top, intervals } of features) {
    for (const { row } of [top, ...intervals.map(({ examples }) => examples)].flat()) {
      rows[row] ??= images
        ? { image: images.image(row) }
        : { window: about.documents?.window(row) as NonNullable<RowContent['window']> };
    }
  }
  return rows;
}

const LARGEST_INT16 = 32767;
/** Weights that an entry names. */
const NAMED_WEIGHTS = 10;

/** A row as 16-bit integers of a scale of its own. */
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

/** The weights that are largest by size; of equal ones the first. */
function largestWeights(row: Float32Array): { dimension: number; weight: number }[] {
  return Array.from(row, (weight, dimension) => ({ dimension, weight }))
    .sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight))
    .slice(0, NAMED_WEIGHTS);
}
