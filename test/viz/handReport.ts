import type {
  EncodedRow,
  FeatureEntry,
  FeatureReport,
  ImageShape,
} from '../../src/analysis/featureReport/report';

/** Images, and what a dictionary makes of them, all of it dense. */
export interface HandArgs {
  /** `[rows][features]` */
  codes: readonly ArrayLike<number>[];
  /** `[features][pixels]` */
  decoder: readonly ArrayLike<number>[];
  /** `[rows][pixels]`, bytes */
  images: readonly ArrayLike<number>[];
  imageShape: ImageShape;
  labels?: readonly number[];
  classNames?: readonly string[];
}

const base64 = (bytes: ArrayLike<number>) => Buffer.from(Uint8Array.from(bytes)).toString('base64');

function encodedRow(weights: readonly number[]): EncodedRow {
  const scale = Math.max(...weights.map(Math.abs)) || 1;
  const integers = Int16Array.from(weights, (weight) => Math.round((weight / scale) * 32_767));
  return { scale, values: base64(new Uint8Array(integers.buffer)) };
}

const sharesOf = (labels: readonly number[] = [], classNames: readonly string[]) =>
  classNames.map((_, label) => labels.filter((one) => one === label).length / labels.length);

/** The classes of the rows on which a feature fires, the largest first. */
function classesOf(labels: readonly number[]): Pick<FeatureEntry, 'classes' | 'purity'> {
  const classes = [...new Set(labels)]
    .map((label) => ({
      label,
      share: labels.filter((one) => one === label).length / labels.length,
    }))
    .sort((a, b) => b.share - a.share || a.label - b.label)
    .slice(0, 10);
  return { classes, purity: classes[0]?.share ?? null };
}

/** A report as `featureReport` makes it, of what the galleries need, written out by hand. */
export function handReport(args: HandArgs): FeatureReport {
  const { codes, decoder, images, imageShape, labels, classNames } = args;
  const features = decoder.map((weights, feature): FeatureEntry => {
    const column = codes.map((row) => Number(row[feature]));
    const rows = column.map((_, row) => row).filter((row) => Number(column[row]) > 0);
    rows.sort((a, b) => Number(column[b]) - Number(column[a]) || a - b);
    const sum = column.reduce((a, b) => a + b, 0);
    return {
      feature,
      density: rows.length / codes.length,
      mean: sum / codes.length,
      meanActive: rows.length === 0 ? 0 : sum / rows.length,
      max: Math.max(0, ...column),
      histogram: { first: 0, counts: [] },
      top: rows.slice(0, 20).map((row) => ({
        row,
        activation: Number(column[row]),
        ...(labels === undefined ? {} : { label: Number(labels[row]) }),
      })),
      intervals: [],
      ...(labels === undefined ? {} : classesOf(rows.map((row) => Number(labels[row])))),
      kurtosis: 0,
      neighbours: [],
      coactive: [],
      decoder: encodedRow(Array.from(weights)),
    };
  });
  const rows = [...new Set(features.flatMap(({ top }) => top.map(({ row }) => row)))];
  return {
    format: 'gated-sae-feature-report',
    version: 3,
    model: {
      name: 'sae',
      className: 'GatedSAE',
      inputDim: imageShape.reduce((a: number, b) => a * b, 1),
      features: 50 * features.length, // the report is about some of them
    },
    data: {
      kind: 'image',
      rows: codes.length,
      coactiveRows: codes.length,
      imageShape,
      imageRange: [0, 1],
      ...(classNames === undefined
        ? {}
        : { classNames, classShares: sharesOf(labels, classNames) }),
    },
    l0: { mean: 1, max: 1 },
    histogramEdges: [],
    features,
    rows: Object.fromEntries(
      rows.map((row) => [row, { image: base64(images[row] as ArrayLike<number>) }]),
    ),
  };
}
