import type { EncoderForm } from '../../layers/contract';

/**
 * What is known about each feature of a dictionary on some data: plain JSON, from which every
 * picture is drawn. docs/feature-report.md describes it for readers in other languages.
 */
export interface FeatureReport {
  /** Identifies the file format. */
  readonly format: 'gated-sae-feature-report';
  /** Incremented with every change that a reader must know about. */
  readonly version: 3;
  /** The dictionary that the report describes. */
  readonly model: {
    /** The model's name. */
    readonly name: string;
    /** The model's class: `GatedSAE`. */
    readonly className: string;
    /** Width of its rows. */
    readonly inputDim: number;
    /** Width of its reconstructions; for transcoders only. */
    readonly outputDim?: number;
    /** Its page on Neuronpedia, if its source names one: `gpt2-small/8-res-jb`. */
    readonly neuronpediaId?: string;
    /** The number of features of the dictionary, even if the report describes only some of them. */
    readonly features: number;
  };
  /** The rows that it was computed from. */
  readonly data: ReportData;
  /** The number of active features per row. */
  readonly l0: {
    /** The mean over rows. */
    readonly mean: number;
    /** The largest number on any row. */
    readonly max: number;
  };
  /** Edges of the bins of every histogram, ascending: each √2 times the one before. */
  readonly histogramEdges: readonly number[];
  /** One entry per described feature, ascending by feature. */
  readonly features: readonly FeatureEntry[];
  /** The contents of rows that are an example of some feature, by row number. */
  readonly rows: Readonly<Record<string, RowContent>>;
  /**
   * The images with an example row, by image number: bytes, 0 for black to 255, in base64; if rows
   * are positions in images.
   */
  readonly images?: Readonly<Record<string, string>>;
}

/** The rows that a report is computed from. */
export interface ReportData {
  /**
   * What a row is; a position is a place in an image, in a layer of the network that sees the
   * image.
   */
  readonly kind: 'vector' | 'image' | 'token' | 'position';
  /** The number of rows read. */
  readonly rows: number;
  /** The number of rows used for co-activity: all of them, or a random sample if there are many. */
  readonly coactiveRows: number;
  /** Height and width of an image, and 3 for red, green and blue; for images and positions only. */
  readonly imageShape?: ImageShape;
  /** The values shown as black and white; for images and positions only. */
  readonly imageRange?: readonly [number, number];
  /**
   * Height and width of the feature map, whose places are the positions of an image; for positions
   * only.
   */
  readonly mapShape?: readonly [number, number];
  /** The number of images that the rows come from; for positions only. */
  readonly images?: number;
  /** The names of the classes, by label; present if rows have labels. */
  readonly classNames?: readonly string[];
  /** The share of the rows in each class, by label; present if rows have labels. */
  readonly classShares?: readonly number[];
  /**
   * The classes of the model that the features' `effects` refer to, by name; present if effects are
   * known.
   */
  readonly effectNames?: readonly string[];
}

/** `[height, width]` for grey images, `[height, width, 3]` for coloured ones. */
export type ImageShape = readonly [number, number] | readonly [number, number, 3];

/** What is known about one feature. */
export interface FeatureEntry {
  /** Its index in the codes and in the rows of `W_dec`, from 0 on. */
  readonly feature: number;
  /** Share of the rows on which it fires; 0 if it is dead. */
  readonly density: number;
  /** Number of images with a position on which it fires; for positions only. */
  readonly images?: number;
  /** Mean activation over all rows. */
  readonly mean: number;
  /** Mean activation over the rows on which it fires; 0 if it is dead. */
  readonly meanActive: number;
  /** Largest activation. */
  readonly max: number;
  /** The number of rows in each bin, from bin `first` on; omitted bins are 0. */
  readonly histogram: {
    /** The index of the first bin in `counts`. */
    readonly first: number;
    /** Rows in each bin. */
    readonly counts: readonly number[];
  };
  /** The rows that activate it most, strongest first. */
  readonly top: readonly Example[];
  /** Rows drawn at random from each octave of activation, strongest first. */
  readonly intervals: readonly Interval[];
  /**
   * Classes of the rows on which it fires, largest share first; at most ten. For positions: the
   * classes of the images.
   */
  readonly classes?: readonly {
    /** The class, from 0 on. */
    readonly label: number;
    /** The share of this class among the rows on which the feature fires. */
    readonly share: number;
  }[];
  /** The feature's effect on each class of the model, in the order of `effectNames`. */
  readonly effects?: readonly number[];
  /** The largest of the shares, 1 if all rows are of one class; null for a dead feature. */
  readonly purity?: number | null;
  /** Excess kurtosis of its decoder row. */
  readonly kurtosis: number;
  /** Features whose decoder rows point in the most similar directions. */
  readonly neighbours: readonly {
    /** The other feature. */
    readonly feature: number;
    /** Cosine of the two decoder rows, from -1 to 1. */
    readonly cosine: number;
  }[];
  /** Features that fire together with it most often: |both| / |either|. */
  readonly coactive: readonly {
    /** The other feature. */
    readonly feature: number;
    /**
     * The number of rows on which both fire, divided by the number on which either does: from 0 to
     * 1.
     */
    readonly jaccard: number;
  }[];
  /** Its decoder row `[outputDim]`; for images only. */
  readonly decoder?: EncodedRow;
  /** The ten largest weights of its decoder row by absolute value; except for images. */
  readonly largestWeights?: readonly {
    /** The index in the reconstruction, from 0 on. */
    readonly dimension: number;
    /** The weight at that index. */
    readonly weight: number;
  }[];
}

/** An octave of activations: from `low` up to, but excluding, `high`. */
export interface Interval {
  /** The lower bound of the octave. */
  readonly low: number;
  /** Twice the lower bound: where the next octave begins. */
  readonly high: number;
  /** The number of rows with such an activation. */
  readonly count: number;
  /** Some of those rows, drawn at random, strongest first. */
  readonly examples: readonly Example[];
}

/** One row on which a feature fires. */
export interface Example {
  /** The row's number in the data, from 0 on: its key in the report's `rows`. */
  readonly row: number;
  /** How strongly the feature fires on it. */
  readonly activation: number;
  /** The class of the row, or of its image; present if there are labels. */
  readonly label?: number;
  /** The number of its image, from 0 on: its key in the report's `images`; for positions only. */
  readonly image?: number;
  /** Its place in the feature map, counted row by row; for positions only. */
  readonly position?: number;
  /**
   * The feature's activations on the tokens of the row's window, or on all positions of its image,
   * in order; null where there is no row.
   */
  readonly activations?: readonly (number | null)[];
}

/**
 * The contents of a row: an image, or a token with its neighbours. Nothing is kept for plain
 * vectors.
 */
export interface RowContent {
  /** An image's bytes, 0 for black to 255, in base64; for images only. */
  readonly image?: string;
  /** The token with those around it; for tokens only. */
  readonly window?: TokenWindow;
}

/** A token and those around it. */
export interface TokenWindow {
  /** The index of the document, from 0 on. */
  readonly document: number;
  /** The token's position in its document. */
  readonly position: number;
  /** The tokens of the window, in order. */
  readonly tokens: readonly string[];
  /** The token's index in `tokens`. */
  readonly focus: number;
}

/**
 * Numbers stored as 16-bit integers, little-endian, in base64: `value = scale · integer / 32767`.
 */
export interface EncodedRow {
  /** The value that the integer 32767 stands for. */
  readonly scale: number;
  /** The integers, in base64. */
  readonly values: string;
}

/**
 * A dictionary's encoder as plain numbers: what codes of rows take. Which equations the form stands for, the
 * classes of the architectures say.
 */
export interface EncoderWeights {
  /** From products to codes: of BatchTopK, Matryoshka and JumpReLU dictionaries a threshold. */
  readonly form: EncoderForm;
  /** Width of a row. */
  readonly inputDim: number;
  /** Features of the dictionary. */
  readonly features: number;
  /** The encoder's matrix, `[inputDim, features]`, row by row. */
  readonly matrix: Float32Array;
  /** What rows have taken from them first, `b_dec`, `[inputDim]`; none where they are not centred. */
  readonly centre?: Float32Array;
  /** Its vectors by name, each `[features]`, or one number for all. */
  readonly vectors: Readonly<Record<string, Float32Array>>;
  /** How rows are scaled before all that. */
  readonly normalize: 'none' | 'mean-norm' | 'layer-norm' | 'constant';
  /** By what, of `'mean-norm'`. */
  readonly scale?: number;
  /** How many features may fire on a row, of `'topk'`. */
  readonly k?: number;
}
