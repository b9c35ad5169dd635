import * as tf from '@tensorflow/tfjs';
import type { FeatureReport, SAEModel } from '../../src';
import { rowHash } from '../../src/analysis/featureReport/rowHash';

/** What a report is about, in the plainest form. */
export interface PlainInput {
  model: SAEModel;
  x: number[][];
  labels?: number[];
  classNames?: string[];
  imageShape?: [number, number];
  imageRange?: [number, number];
  tokens?: string[][];
  contextTokens?: number;
  topExamples?: number;
  intervalExamples?: number;
  neighbours?: number;
}

type Entry = FeatureReport['features'][number];

/** The codes of all rows, dense: of so few rows there is room for them. */
async function denseRows(model: SAEModel, x: number[][]): Promise<number[][]> {
  const rows = tf.tensor2d(x);
  const { indices, values, rowOffsets } = await model.encodeSparse(rows);
  rows.dispose();
  return x.map((_, row) => {
    const codes = new Array<number>(model.encodingDim).fill(0);
    for (let i = rowOffsets[row] as number; i < (rowOffsets[row + 1] as number); i++) {
      codes[indices[i] as number] = values[i] as number;
    }
    return codes;
  });
}

const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
const isDefined = <T>(value: T | undefined): value is T => value !== undefined;

/** What `featureReport` must come to, feature by feature, from all codes at once. */
export async function plainReport(input: PlainInput): Promise<FeatureReport> {
  const { model, x, labels, classNames, imageShape, imageRange = [0, 1], tokens } = input;
  const { contextTokens = 10, topExamples = 20, intervalExamples = 3, neighbours = 10 } = input;
  const codes = await denseRows(model, x);
  const wDec = (await model.sae.wDec.read().array()) as number[][];
  const places = (tokens ?? []).flatMap((document, d) => document.map((_, p) => [d, p] as const));

  const window = (row: number) => {
    const [document, position] = places[row] as readonly [number, number];
    const from = Math.max(0, position - contextTokens);
    const all = (tokens as string[][])[document] as string[];
    const shown = all.slice(from, position + contextTokens + 1);
    return { document, position, tokens: shown, focus: position - from };
  };
  const example = (feature: number, row: number) => {
    const shown = tokens && window(row);
    const first = shown && row - shown.focus;
    return {
      row,
      activation: codes[row]?.[feature] as number,
      ...(labels && { label: labels[row] as number }),
      ...(shown && {
        activations: shown.tokens.map((_, i) => codes[(first as number) + i]?.[feature] as number),
      }),
    };
  };
  const cosine = (a: number[], b: number[]) => {
    const dot = sum(a.map((value, i) => value * (b[i] as number)));
    return dot / (Math.hypot(...a) * Math.hypot(...b));
  };

  // Octaves and bins by logarithms: no code is so near to a border that they could err.
  const bin = (code: number) => Math.floor(2 * Math.log2(code));
  const allBins = codes
    .flat()
    .filter((code) => code > 0)
    .map(bin);
  const [lowest, highest] = [Math.min(...allBins), Math.max(...allBins)];
  const border = (i: number) => 2 ** Math.floor(i / 2) * (i % 2 === 0 ? 1 : Math.SQRT2);

  const features = wDec.map((direction, feature): Entry => {
    const column = codes.map((row) => row[feature] as number);
    const firing = column.map((code, row) => (code > 0 ? row : undefined)).filter(isDefined);
    const byActivation = (a: number, b: number) =>
      (column[b] as number) - (column[a] as number) || b - a;
    const bins = firing.map((row) => bin(column[row] as number));
    const firstBin = Math.min(...bins);
    const octaves = [...new Set(bins.map((b) => Math.floor(b / 2)))].sort((a, b) => b - a);
    const shares = [...new Set(firing.map((row) => labels?.[row] as number))]
      .map((label) => ({
        label,
        share: firing.filter((row) => labels?.[row] === label).length / firing.length,
      }))
      .sort((a, b) => b.share - a.share || a.label - b.label);
    const mean = sum(direction) / direction.length;
    const moment = (k: number) => sum(direction.map((w) => (w - mean) ** k)) / direction.length;
    const others = wDec.map((_, other) => other).filter((other) => other !== feature);
    const scale = Math.max(...direction.map(Math.abs));
    return {
      feature,
      density: firing.length / x.length,
      mean: sum(column) / x.length,
      meanActive: firing.length > 0 ? sum(column) / firing.length : 0,
      max: Math.max(...column),
      histogram: {
        first: firing.length > 0 ? firstBin - lowest : 0,
        counts:
          firing.length > 0
            ? Array.from(
                { length: Math.max(...bins) - firstBin + 1 },
                (_, i) => bins.filter((b) => b === firstBin + i).length,
              )
            : [],
      },
      top: [...firing]
        .sort(byActivation)
        .slice(0, topExamples)
        .map((row) => example(feature, row)),
      intervals: (intervalExamples > 0 ? octaves.slice(0, 6) : []).map((octave) => {
        const inside = firing.filter((_, i) => Math.floor((bins[i] as number) / 2) === octave);
        const drawn = [...inside]
          .sort((a, b) => rowHash(a, feature) - rowHash(b, feature))
          .slice(0, intervalExamples)
          .sort(byActivation);
        return {
          low: 2 ** octave,
          high: 2 ** (octave + 1),
          count: inside.length,
          examples: drawn.map((row) => example(feature, row)),
        };
      }),
      ...(labels && { classes: shares.slice(0, 10), purity: shares[0]?.share ?? null }),
      kurtosis: moment(4) / moment(2) ** 2 - 3,
      neighbours: others
        .map((other) => ({ feature: other, cosine: cosine(direction, wDec[other] as number[]) }))
        .sort((a, b) => b.cosine - a.cosine || b.feature - a.feature)
        .slice(0, neighbours),
      coactive: others
        .map((other) => {
          const both = codes.filter((row) => row[feature] && row[other]).length;
          const either = codes.filter((row) => row[feature] || row[other]).length;
          return { feature: other, jaccard: both > 0 ? both / either : 0 };
        })
        .filter(({ jaccard }) => jaccard > 0)
        .sort((a, b) => b.jaccard - a.jaccard || b.feature - a.feature)
        .slice(0, neighbours),
      ...(imageShape
        ? {
            decoder: {
              scale,
              values: Buffer.from(
                Int16Array.from(direction, (w) => Math.round((w / scale) * 32767)).buffer,
              ).toString('base64'),
            },
          }
        : {
            largestWeights: direction
              .map((weight, dimension) => ({ dimension, weight }))
              .sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight))
              .slice(0, 10),
          }),
    };
  });

  const [low, high] = imageRange;
  const byte = (value: number) =>
    Math.max(0, Math.min(255, Math.floor(((Math.fround(value) - low) / (high - low)) * 256)));
  const content = (row: number) =>
    imageShape
      ? { image: Buffer.from((x[row] as number[]).map(byte)).toString('base64') }
      : { window: window(row) };
  const examples = features.flatMap(({ top, intervals }) => [
    ...top,
    ...intervals.flatMap((interval) => interval.examples),
  ]);
  const names =
    classNames ?? Array.from({ length: Math.max(0, ...(labels ?? [])) + 1 }, (_, i) => `${i}`);
  const l0 = codes.map((row) => row.filter((code) => code > 0).length);
  return {
    format: 'gated-sae-feature-report',
    version: 3,
    model: {
      name: model.name,
      className: model.getClassName(),
      inputDim: model.inputDim,
      features: model.encodingDim,
    },
    data: {
      kind: imageShape ? 'image' : tokens ? 'token' : 'vector',
      ...(imageShape && { imageShape, imageRange }),
      ...(labels && {
        classNames: names,
        classShares: names.map((_, of) => labels.filter((l) => l === of).length / x.length),
      }),
      rows: x.length,
      coactiveRows: neighbours > 0 ? x.length : 0,
    },
    l0: { mean: sum(l0) / x.length, max: Math.max(...l0) },
    histogramEdges: allBins.length
      ? Array.from({ length: highest - lowest + 2 }, (_, i) => border(lowest + i))
      : [],
    features,
    rows:
      imageShape || tokens
        ? Object.fromEntries(examples.map(({ row }) => [row, content(row)]))
        : {},
  };
}
