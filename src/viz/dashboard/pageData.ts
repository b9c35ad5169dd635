import type {
  EncoderWeights,
  FeatureEntry,
  FeatureReport,
  ReportData,
} from '../../analysis/featureReport/report';

/**
 * What a dashboard's file carries, in the order in which it is needed: the head and the columns of
 * the overview before the page's program, everything else behind it. A piece is an inert script
 * element of deflated bytes in base64.
 */
export interface PageHead {
  readonly title: string;
  readonly model: FeatureReport['model'];
  readonly data: ReportData;
  readonly l0: FeatureReport['l0'];
  readonly histogramEdges: readonly number[];
  /** Features that the report is about. */
  readonly features: number;
  /** The weight at which a decoder tile is darkest. */
  readonly limit: number;
  /** The encoder that the file carries; undefined for none. */
  readonly encoder?: PageEncoder;
}

/** What a page says of the encoder whose numbers it carries. */
export interface PageEncoder
  extends Pick<EncoderWeights, 'form' | 'inputDim' | 'features' | 'normalize' | 'scale' | 'k'> {
  /** Whether rows have a centre taken from them. */
  readonly isCentred: boolean;
  /** Names of its vectors, in the order of their pieces. */
  readonly vectors: readonly string[];
  /** What it takes of the file. */
  readonly bytes: number;
}

/** The overview's numbers, by feature: each a column of float32; NaN for what there is none of. */
export const COLUMNS = [
  'feature',
  'density',
  'mean',
  'meanActive',
  'max',
  'purity',
  'kurtosis',
  'label',
  'tag',
  'monoLabel',
  'effect',
  'effectOn',
  'score',
] as const;

/** The name of a column. */
export type Column = (typeof COLUMNS)[number];

/** Numbers of the column `tag`: features without labels, and dead ones, have none. */
export const TAGS = { dead: Number.NaN, mono: 1, poly: 2, few: 3 } as const;

/** What the overview is searched by beside numbers and classes: tokens, each once. */
export interface PageWords {
  readonly words: readonly string[];
  /** By feature: places in `words`, of the tokens that activate it most. */
  readonly byFeature: readonly (readonly number[])[];
}

/** A decoder weight is kept as −127 to 127, of the largest; the page's colours have no more steps. */
export const DECODER_STEPS = 127;

/** A feature's details; its decoder row is in a piece of its own kind. */
export type PageEntry = Omit<FeatureEntry, 'decoder'>;

/**
 * How many features, decoder rows, and rows of data are together in one piece: few enough to be
 * read in no time, enough to be compressed well.
 */
export const GROUP = { entries: 16, decoders: 4, rows: 4, encoders: 64 } as const;

/** The id of a piece's element. */
export const pieceId = (
  kind: keyof typeof GROUP | 'columns' | 'words' | 'rowNumbers' | 'centre' | 'vectors',
  group = 0,
) => `piece-${kind}-${group}`;

/** The id of the head's element: plain JSON. */
export const HEAD_ID = 'head';

/** The id of the element that the page draws itself into. */
export const APP_ID = 'app';
