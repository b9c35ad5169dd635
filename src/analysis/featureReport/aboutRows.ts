import { wrongOption } from '../../errors';
import { Documents } from './documents';
import type { Images } from './imageRows';
import { type Classes, classesOf } from './labels';
import type { ImageShape, ReportData } from './report';
import type { RowCounts } from './rowCounts';

/** Tokens that are shown on each side of one. */
const CONTEXT_TOKENS = 10;

/** What somebody says of the rows, checked one by one. */
export interface SaidOfRows {
  readonly labels?: ArrayLike<number> | undefined;
  readonly classNames?: readonly string[] | undefined;
  readonly imageShape?: ImageShape | undefined;
  /** `[0, 1]` by default. */
  readonly imageRange?: readonly [number, number] | undefined;
  readonly tokens?: readonly (readonly string[])[] | undefined;
  /** 10 by default. */
  readonly contextTokens?: number | undefined;
}

/** What the rows are. */
export interface AboutRows {
  /** As the report has it. */
  readonly data: Omit<ReportData, 'rows' | 'coactiveRows' | 'classShares'>;
  readonly classes: Classes | undefined;
  /** Where they are images. */
  readonly images: Images | undefined;
  /** Where they are tokens. */
  readonly documents: Documents | undefined;
  readonly counts: RowCounts;
}

/**
 * Refuses to draw rows and decoder rows as images of one shape where they are not of one width.
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
 * What is said of rows, taken together.
 *
 * @throws SAE_OPTION or SAE_DATA where it does not fit together, or not the rows' width.
 */
export function aboutRows(where: string, inputDim: number, said: SaidOfRows): AboutRows {
  const { imageShape, imageRange = [0, 1], tokens, labels } = said;
  const classes = classesOf(where, labels, said.classNames);
  if (imageShape && tokens) {
    const expected = 'none, as there is an imageShape: rows are images or tokens';
    throw wrongOption(`${where}.tokens`, expected, tokens, 'Leave out one of the two.');
  }
  if (imageShape && imageShape.reduce<number>((size, side) => size * side, 1) !== inputDim) {
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
  return {
    data: {
      kind: imageShape ? 'image' : tokens ? 'token' : 'vector',
      ...(imageShape && { imageShape: [...imageShape] as const, imageRange: [...imageRange] }),
      ...(classes && { classNames: [...classes.names] }),
    },
    classes,
    images: imageShape && { width: inputDim, range: imageRange },
    documents,
    counts: { labels: labels?.length, tokens: documents?.rows },
  };
}
