import * as tf from '@tensorflow/tfjs-core';
import type { Rows } from '../../activations/rows';
import { differentImages, wrongImages, wrongOption } from '../../errors';
import type { Contexts } from './contexts';
import { Documents } from './documents';
import { ImageMaps } from './imageMaps';
import type { Images } from './imageRows';
import { type Classes, classesOf } from './labels';
import type { ImageShape, ReportData } from './report';
import type { RowCounts } from './rowCounts';

/** Tokens shown on each side of a token. */
const CONTEXT_TOKENS = 10;

/** The options that describe the rows, each checked by its rule. */
export interface SaidOfRows {
  readonly labels?: ArrayLike<number> | undefined;
  readonly classNames?: readonly string[] | undefined;
  readonly imageShape?: ImageShape | undefined;
  /** `[0, 1]` by default. */
  readonly imageRange?: readonly [number, number] | undefined;
  readonly images?: Rows | undefined;
  /** `[1, 1]` by default. */
  readonly mapShape?: readonly [number, number] | undefined;
  readonly tokens?: readonly (readonly string[])[] | undefined;
  /** 10 by default. */
  readonly contextTokens?: number | undefined;
}

/** A description of the rows. */
export interface AboutRows {
  /** The description in the report. */
  readonly data: Omit<ReportData, 'rows' | 'coactiveRows' | 'classShares' | 'images'>;
  readonly classes: Classes | undefined;
  /** Present if they are images, or positions in images. */
  readonly images: Images | undefined;
  /** Present if they are tokens. */
  readonly documents: Documents | undefined;
  /** Present if they are positions in images. */
  readonly maps: ImageMaps | undefined;
  /** The documents or maps. */
  readonly contexts: Contexts | undefined;
  /** The data that has one entry per row, which excludes `labels` with one entry per image. */
  readonly counts: RowCounts;
}

/**
 * Throws if rows and decoder rows should be drawn as images of one shape, but differ in width.
 *
 * @throws SAE_OPTION
 */
export function checkImages(
  where: string,
  { inputDim, outputDim }: { readonly inputDim: number; readonly outputDim: number },
  imageShape: ImageShape | undefined,
): void {
  if (imageShape === undefined || inputDim === outputDim) return;
  const expected = `none, as rows have ${inputDim} values and what becomes of them ${outputDim}`;
  const advice = 'Leave it out; plotDecoderGallery draws what becomes of them.';
  throw wrongOption(`${where}.imageShape`, expected, imageShape, advice);
}

/**
 * Combines what the options say about rows.
 *
 * @throws SAE_OPTION or SAE_DATA if they are inconsistent, or do not fit the rows' width.
 */
export function aboutRows(where: string, inputDim: number, said: SaidOfRows): AboutRows {
  const { imageShape, imageRange = [0, 1], tokens, labels, images } = said;
  const classes = classesOf(where, labels, said.classNames);
  if (imageShape && tokens) {
    const expected = 'none, as there is an imageShape: rows are images or tokens';
    throw wrongOption(`${where}.tokens`, expected, tokens, 'Leave out one of the two.');
  }
  const width = images ? sizeOf(imageShape ?? []) : inputDim;
  if (images) checkShown(where, said, width);
  if (said.mapShape && !images) {
    const advice = 'Give images too, or leave mapShape out.';
    throw wrongOption(`${where}.mapShape`, 'none, as there are no images', said.mapShape, advice);
  }
  if (imageShape && sizeOf(imageShape) !== width) {
    const advice = 'Give height and width of one row, and 3 after them for colours.';
    throw wrongOption(`${where}.imageShape`, `the shape of ${inputDim} values`, imageShape, advice);
  }
  if (said.imageRange && !imageShape) {
    const expected = 'none, as rows without an imageShape are no images';
    const advice = 'Give imageShape too, or leave imageRange out.';
    throw wrongOption(`${where}.imageRange`, expected, said.imageRange, advice);
  }
  if (said.contextTokens !== undefined && !tokens) {
    const expected = 'none, as there are no tokens';
    const advice = 'Give tokens too, or leave contextTokens out.';
    throw wrongOption(`${where}.contextTokens`, expected, said.contextTokens, advice);
  }
  const documents = tokens && new Documents(tokens, said.contextTokens ?? CONTEXT_TOKENS);
  const maps = images && new ImageMaps(said.mapShape ?? [1, 1], labels?.length ?? countOf(images));
  return {
    data: {
      kind: maps ? 'position' : imageShape ? 'image' : tokens ? 'token' : 'vector',
      ...(imageShape && { imageShape: [...imageShape] as const, imageRange: [...imageRange] }),
      ...(maps && { mapShape: [...maps.shape] as const }),
      ...(classes && { classNames: [...classes.names] }),
    },
    classes,
    images: imageShape && { width, range: imageRange },
    documents,
    maps,
    contexts: documents ?? maps,
    counts: { labels: maps ? undefined : labels?.length, tokens: documents?.rows },
  };
}

const sizeOf = (shape: readonly number[]) => shape.reduce((size, side) => size * side, 1);
/** Returns the number of images; a dataset's is unknown until it has been read. */
const countOf = (images: Rows) => (images instanceof tf.Tensor ? images.shape[0] : undefined);

/**
 * @throws SAE_OPTION without the images' shape; SAE_DATA for images of another shape, or whose
 *   number differs from that of labels.
 */
function checkShown(where: string, { images, imageShape, labels }: SaidOfRows, width: number) {
  if (imageShape === undefined) {
    const expected = 'the shape of one of the images';
    const advice = 'Give its height and width, and 3 after them for colours.';
    throw wrongOption(`${where}.imageShape`, expected, imageShape, advice);
  }
  if (!(images instanceof tf.Tensor)) return;
  const [count = 1] = images.shape;
  if (images.size !== count * width) throw wrongImages(where, width, images.shape);
  if (labels && labels.length !== count) throw differentImages(where, labels.length, count);
}
