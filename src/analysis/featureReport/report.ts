/**
 * What is known of each feature of a dictionary over some data: plain JSON, from which every
 * picture is drawn. docs/feature-report.md tells the same to whoever reads it in another language.
 */
export interface FeatureReport {
  /** What the file is, for whoever finds it. */
  readonly format: 'gated-sae-feature-report';
  /** Rises with every change that a reader has to know of. */
  readonly version: 3;
  /** The dictionary that it is about. */
  readonly model: {
    /** The model's name. */
    readonly name: string;
    /** The model's class: `GatedSAE`. */
    readonly className: string;
    /** Width of its rows. */
    readonly inputDim: number;
    /** Width of what it makes of them; of transcoders only. */
    readonly outputDim?: number;
    /** Its page on Neuronpedia, where its source names one: `gpt2-small/8-res-jb`. */
    readonly neuronpediaId?: string;
    /** All features of the dictionary, also where the report is about some only. */
    readonly features: number;
  };
  /** The rows over which it was made. */
  readonly data: ReportData;
  /** Active features on a row. */
  readonly l0: {
    /** On a row, on average. */
    readonly mean: number;
    /** On the row that has most. */
    readonly max: number;
  };
  /** Borders of the bins of every histogram, rising: each √2 times the one before. */
  readonly histogramEdges: readonly number[];
  /** An entry for each feature that the report is about, ascending by feature. */
  readonly features: readonly FeatureEntry[];
  /** What is in the rows that are an example of some feature, by row number. */
  readonly rows: Readonly<Record<string, RowContent>>;
  /**
   * The images of which some row is an example, by their number: bytes, 0 for black to 255, in base64;
   * where rows are positions in images.
   */
  readonly images?: Readonly<Record<string, string>>;
}

/** The rows that a report is about. */
export interface ReportData {
  /** What a row is; a position is one of an image, in a layer of the network that looks at it. */
  readonly kind: 'vector' | 'image' | 'token' | 'position';
  /** Rows that were read. */
  readonly rows: number;
  /** Rows over which co-activity was taken: all of them, or a random sample where there are many. */
  readonly coactiveRows: number;
  /** Height and width of an image, and 3 for red, green and blue; of images and positions only. */
  readonly imageShape?: ImageShape;
  /** The values that are black and white; of images and positions only. */
  readonly imageRange?: readonly [number, number];
  /** Height and width of the feature map: as many positions has each image; of positions only. */
  readonly mapShape?: readonly [number, number];
  /** Images that the rows are of; of positions only. */
  readonly images?: number;
  /** The classes' names by label; there where rows have labels. */
  readonly classNames?: readonly string[];
  /** By label, the share of the rows that are of the class; there where rows have labels. */
  readonly classShares?: readonly number[];
  /** What the features' `effects` are on: names of the model's classes; where effects are known. */
  readonly effectNames?: readonly string[];
}

/** `[height, width]` of grey images, `[height, width, 3]` of coloured ones. */
export type ImageShape = readonly [number, number] | readonly [number, number, 3];

/** What is known of one feature. */
export interface FeatureEntry {
  /** Its place in the codes and in the rows of `W_dec`, from 0 on. */
  readonly feature: number;
  /** Share of the rows on which it fires; 0 for a dead one. */
  readonly density: number;
  /** Images with a position on which it fires; of positions only. */
  readonly images?: number;
  /** Mean activation over all rows. */
  readonly mean: number;
  /** Mean activation over the rows on which it fires; 0 for a dead one. */
  readonly meanActive: number;
  /** Largest activation. */
  readonly max: number;
  /** How many rows fire in each bin, from bin `first` on; what is left out is 0. */
  readonly histogram: {
    /** The first bin that `counts` is about. */
    readonly first: number;
    /** Rows in each bin. */
    readonly counts: readonly number[];
  };
  /** The rows that activate it most, the strongest first. */
  readonly top: readonly Example[];
  /** Rows drawn at random from each octave of activation, the strongest first. */
  readonly intervals: readonly Interval[];
  /** Classes of the rows on which it fires, the largest share first; at most ten. Of positions: of the images. */
  readonly classes?: readonly {
    /** The class, from 0 on. */
    readonly label: number;
    /** The share of the rows on which the feature fires that are of it. */
    readonly share: number;
  }[];
  /** What the feature does to each class of the model, in the order of `effectNames`. */
  readonly effects?: readonly number[];
  /** The largest of the shares, 1 where all rows are of one class; null for a dead feature. */
  readonly purity?: number | null;
  /** Excess kurtosis of its decoder row. */
  readonly kurtosis: number;
  /** Features whose decoder rows point most nearly its way. */
  readonly neighbours: readonly {
    /** The other feature. */
    readonly feature: number;
    /** Cosine of the two decoder rows, from -1 to 1. */
    readonly cosine: number;
  }[];
  /** Features that fire most often together with it: |both| / |either|. */
  readonly coactive: readonly {
    /** The other feature. */
    readonly feature: number;
    /** Rows on which both fire, by rows on which either does: from 0 to 1. */
    readonly jaccard: number;
  }[];
  /** Its decoder row `[outputDim]`; of images only. */
  readonly decoder?: EncodedRow;
  /** The ten largest weights of its decoder row by size; of all but images. */
  readonly largestWeights?: readonly {
    /** The place in what the dictionary makes of a row, from 0 on. */
    readonly dimension: number;
    /** The weight there. */
    readonly weight: number;
  }[];
}

/** Activations from `low` up to, but not with, `high`: an octave. */
export interface Interval {
  /** The least activation of the octave. */
  readonly low: number;
  /** Twice as much: where the next octave begins. */
  readonly high: number;
  /** Rows with such an activation. */
  readonly count: number;
  /** Some of those rows, drawn at random, the strongest first. */
  readonly examples: readonly Example[];
}

/** One row on which a feature fires. */
export interface Example {
  /** The row's number in the data, from 0 on: the key to it in the report's `rows`. */
  readonly row: number;
  /** How strongly the feature fires on it. */
  readonly activation: number;
  /** The class of the row, or of its image; where there are labels. */
  readonly label?: number;
  /** The number of its image, from 0 on: the key to it in the report's `images`; of positions only. */
  readonly image?: number;
  /** Its place in the feature map, which is counted row by row; of positions only. */
  readonly position?: number;
  /**
   * The feature's activations on the tokens of the row's window, or on all positions of its image, in
   * their order; null where there is no row of one.
   */
  readonly activations?: readonly (number | null)[];
}

/** What is in a row: an image, or a token among its neighbours. Of plain vectors nothing is kept. */
export interface RowContent {
  /** An image's bytes, 0 for black to 255, in base64; of images only. */
  readonly image?: string;
  /** The token with those around it; of tokens only. */
  readonly window?: TokenWindow;
}

/** A token and those around it. */
export interface TokenWindow {
  /** Which of the documents, from 0 on. */
  readonly document: number;
  /** Place of the token in its document. */
  readonly position: number;
  /** The tokens of the window, in their order. */
  readonly tokens: readonly string[];
  /** Place of the token in `tokens`. */
  readonly focus: number;
}

/** Numbers as 16-bit integers, little-endian, in base64: `value = scale · integer / 32767`. */
export interface EncodedRow {
  /** The value of the integer 32767. */
  readonly scale: number;
  /** The integers, in base64. */
  readonly values: string;
}
