/**
 * What is known of each feature of a dictionary over some data: plain JSON, from which every
 * picture is drawn. docs/feature-report.md tells the same to whoever reads it in another language.
 */
export interface FeatureReport {
  readonly format: 'gated-sae-feature-report';
  /** Rises with every change that a reader has to know of. */
  readonly version: 1;
  readonly model: {
    readonly name: string;
    /** The model's class: `GatedSAE`. */
    readonly className: string;
    readonly inputDim: number;
    /** All features of the dictionary, also where the report is about some only. */
    readonly features: number;
  };
  readonly data: ReportData;
  /** Active features on a row. */
  readonly l0: { readonly mean: number; readonly max: number };
  /** Borders of the bins of every histogram, rising: each √2 times the one before. */
  readonly histogramEdges: readonly number[];
  /** Ascending by feature. */
  readonly features: readonly FeatureEntry[];
  /** What is in the rows that are an example of some feature, by row number. */
  readonly rows: Readonly<Record<string, RowContent>>;
}

/** What the report is about. */
export interface ReportData {
  readonly kind: 'vector' | 'image' | 'token';
  /** Rows that were read. */
  readonly rows: number;
  /** Rows over which co-activity was taken: all of them, or a random sample where there are many. */
  readonly coactiveRows: number;
  /** Height and width of an image, and 3 for red, green and blue. */
  readonly imageShape?: ImageShape;
  /** The values that are black and white. */
  readonly imageRange?: readonly [number, number];
  /** By label; there where rows have labels. */
  readonly classNames?: readonly string[];
}

/** `[height, width]` of grey images, `[height, width, 3]` of coloured ones. */
export type ImageShape = readonly [number, number] | readonly [number, number, 3];

/** One feature. */
export interface FeatureEntry {
  readonly feature: number;
  /** Share of the rows on which it fires; 0 for a dead one. */
  readonly density: number;
  /** Mean activation over all rows. */
  readonly mean: number;
  /** Mean activation over the rows on which it fires; 0 for a dead one. */
  readonly meanActive: number;
  /** Largest activation. */
  readonly max: number;
  /** How many rows fire in each bin, from bin `first` on; what is left out is 0. */
  readonly histogram: { readonly first: number; readonly counts: readonly number[] };
  /** The rows that activate it most, the strongest first. */
  readonly top: readonly Example[];
  /** Rows drawn at random from each octave of activation, the strongest first. */
  readonly intervals: readonly Interval[];
  /** Classes of the rows on which it fires, the largest share first; at most ten. */
  readonly classes?: readonly { readonly label: number; readonly share: number }[];
  /** The largest of the shares, 1 where all rows are of one class; null for a dead feature. */
  readonly purity?: number | null;
  /** Excess kurtosis of its decoder row. */
  readonly kurtosis: number;
  /** Features whose decoder rows point most nearly its way. */
  readonly neighbours: readonly { readonly feature: number; readonly cosine: number }[];
  /** Features that fire most often together with it: |both| / |either|. */
  readonly coactive: readonly { readonly feature: number; readonly jaccard: number }[];
  /** Its decoder row `[inputDim]`; of images only. */
  readonly decoder?: EncodedRow;
  /** The ten largest weights of its decoder row by size; of all but images. */
  readonly largestWeights?: readonly { readonly dimension: number; readonly weight: number }[];
}

/** Activations from `low` up to, but not with, `high`: an octave. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  /** Rows with such an activation. */
  readonly count: number;
  readonly examples: readonly Example[];
}

/** One row on which a feature fires. */
export interface Example {
  readonly row: number;
  readonly activation: number;
  /** The row's class, where rows have labels. */
  readonly label?: number;
  /** The feature's activations on the tokens of the row's window, in their order. */
  readonly activations?: readonly number[];
}

/** An image's bytes, 0 for black to 255, in base64; or a token among its neighbours. */
export interface RowContent {
  readonly image?: string;
  readonly window?: TokenWindow;
}

/** A token and those around it. */
export interface TokenWindow {
  readonly document: number;
  /** Place of the token in its document. */
  readonly position: number;
  readonly tokens: readonly string[];
  /** Place of the token in `tokens`. */
  readonly focus: number;
}

/** Numbers as 16-bit integers, little-endian, in base64: `value = scale · integer / 32767`. */
export interface EncodedRow {
  readonly scale: number;
  readonly values: string;
}
