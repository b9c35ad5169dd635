import { THE_FILE } from './files';
import { SAEError } from './saeError';
import { isA, isTensor, show } from './words';

/** A transcoder's rows without targets. */
export function missingTarget(where: string, width: number): SAEError {
  const what = `expected a target [..., ${width}] beside the rows, as for every transcoder; received the rows alone. Give fit(x, y), or batches {xs, ys}; without outputDim and skip rows are their own target.`;
  return new SAEError('SAE_DATA', where, what);
}

/** Empty data. */
export function emptyData(where: string, received: string): SAEError {
  return new SAEError(
    'SAE_DATA',
    where,
    `expected at least one row; received ${received}. Give a tensor with rows, or a dataset that hands out its batches anew in each pass.`,
  );
}

/** Data of another kind than expected: by default a tensor. */
export function wrongData(
  where: string,
  received: unknown,
  expected = 'a tensor of numbers [..., width]',
): SAEError {
  const text = `expected ${expected}; received ${show(received)}. ${adviceOnData(received)}`;
  return new SAEError('SAE_DATA', where, text);
}

/** A description of what a dataset yields. */
export const BATCHES = 'batches [..., width], bare or as {xs} or {xs, ys}';
export const A_DATASET = `a dataset of ${BATCHES}`;

/** Returns how to convert such data. */
function adviceOnData(received: unknown): string {
  if (typeof received === 'function') return 'Make a dataset of it: tf.data.generator(…).';
  if (isTensor(received)) return 'Give a tensor of numbers to fit, evaluate or encode.';
  if (isA(received, 'iterator')) {
    return 'Give a dataset to fitDataset, evaluateDataset, or what reads a batch at a time.';
  }
  if (isA(received, 'then')) return 'Await it first.';
  if (Array.isArray(received) && received.some(isTensor)) {
    return 'Join the tensors with tf.concat, or give one at a time.';
  }
  return 'Make a tensor of the data: tf.tensor2d(rows).';
}

/** Rows that are all alike, so there is no variance to explain. */
export function noVariance(where: string, rows: number): SAEError {
  return new SAEError(
    'SAE_DATA',
    where,
    `expected rows that differ; received ${rows} with the same values, whose variance is 0: a share of it is undefined. Give more rows, or others.`,
  );
}

/** Sparse codes that do not fit a dictionary of that size. */
export function wrongCodes(where: string, expected: string, received: unknown): SAEError {
  return new SAEError(
    'SAE_DATA',
    where,
    `expected ${expected}; received ${show(received)}. Use codes as encodeSparse gives them.`,
  );
}

/** A label that is not one of the classes. */
export function wrongLabel(
  where: string,
  classes: number,
  received: unknown,
  row: number,
): SAEError {
  return new SAEError(
    'SAE_DATA',
    where,
    `expected integers from 0 to ${classes - 1}; received ${show(received)} for row ${row}. Number the classes from 0, and name each of them.`,
  );
}

/** A number of rows that differs from that of other data, of which each row needs one. */
export function differentRows(
  where: string,
  what: string,
  received: number | string,
  rows: number | string,
): SAEError {
  return new SAEError(
    'SAE_DATA',
    where,
    `expected as many ${what} as rows; received ${received} for ${rows} rows. Give one for each row, in the order of the rows.`,
  );
}

/** An invalid origin of rows. */
export function wrongPlace(
  where: string,
  expected: string,
  received: unknown,
  row?: number,
): SAEError {
  const at = row === undefined ? '' : ` for row ${row}`;
  return new SAEError(
    'SAE_DATA',
    where,
    `expected the origin to have ${expected}; received ${show(received)}${at}. Give rows as captureActivations brings them, and the mapShape or tokens that they are of.`,
  );
}

/** Rows of positions that do not form whole images. */
export function partOfImage(where: string, positions: number, rows: number): SAEError {
  return new SAEError(
    'SAE_DATA',
    where,
    `expected ${positions} rows for each image, as mapShape has it and the rows tell no origin; received ${rows} rows. Give all positions of each image, or rows with their origin, as captureActivations brings them.`,
  );
}

/** Data that should be images of one size, but is not. */
export function wrongImages(where: string, width: number | undefined, received: unknown): SAEError {
  const expected =
    width === undefined
      ? 'a tensor [images, ...] or batches of such ones, bare or as {xs}'
      : `images of ${width} values, as imageShape has it`;
  return new SAEError(
    'SAE_DATA',
    `${where}.images`,
    `expected ${expected}; received ${show(received)}. Give the images that the network was given, in that order.`,
  );
}

/** A number of labels that differs from that of images, of which each needs one. */
export function differentImages(where: string, received: number, images: number): SAEError {
  return new SAEError(
    'SAE_DATA',
    where,
    `expected as many labels as images; received ${received} for ${images} images. Give one for each image, not for each row.`,
  );
}

/** Fewer images than the rows come from. */
export function missingImages(where: string, received: number, image: number): SAEError {
  return new SAEError(
    'SAE_DATA',
    `${where}.images`,
    `expected at least ${image + 1} images, as rows are of image ${image}; received ${received}. Give all images that the network was given, in that order.`,
  );
}

/** A number of labels, tokens or names that differs from that of rows or classes. */
export function wrongCount(file: string, expected: string, received: string): SAEError {
  return new SAEError(
    'SAE_DATA',
    file,
    `expected ${expected}; received ${received}. Give as many, in the same order.`,
  );
}

/** A cell or a row of a table that differs from the others. */
export function badCell(expected: string, received: string): SAEError {
  return new SAEError(
    'SAE_DATA',
    THE_FILE,
    `expected ${expected}; received ${received}; rows and columns are counted from 0. Repair it, or leave that row or column out.`,
  );
}

/** Arrays that are to be concatenated, but whose rows differ. */
export function differentWidths(
  where: string,
  first: string,
  expected: readonly number[],
  received: readonly number[],
): SAEError {
  const text = (shape: readonly number[]) => `[${['rows', ...shape].join(', ')}]`;
  return new SAEError(
    'SAE_SHAPE',
    where,
    `expected ${text(expected)}, as of ${first}; received ${text(received)}. Give files whose rows are all of one width.`,
  );
}

/** Something that is not a feature report, or a damaged one. */
export function badReport(where: string, expected: string, received: unknown): SAEError {
  const text = `expected ${expected}; received ${show(received)}. Make the report with featureReport.`;
  return new SAEError('SAE_DATA', where, text);
}

/** A feature report on other rows than a picture needs. */
export function wrongReportKind(where: string, expected: string, received: unknown): SAEError {
  const text = `expected a feature report of kind "${expected}"; received one of kind ${show(received)}. Make it with imageShape.`;
  return new SAEError('SAE_DATA', where, text);
}

/** NaN or infinite values in data. */
export function dataNotFinite(where: string): SAEError {
  return new SAEError(
    'SAE_NOT_FINITE',
    where,
    'expected finite values; received NaN or an infinity in the data. Remove or repair those rows.',
  );
}

/** Weights in a file that contain NaN or infinity. */
export function weightsNotFinite(weight: string, count: number): SAEError {
  const values = `${count} NaN or infinite value${count === 1 ? '' : 's'}`;
  return new SAEError(
    'SAE_NOT_FINITE',
    THE_FILE,
    `expected finite weights; received ${values} in ${weight}. Load with allowNonFinite: true to have them all the same.`,
  );
}

/** A training step that gave NaN or infinity, after which no weight was changed. */
export function stepNotFinite(
  where: string,
  step: number,
  term: string,
  value: number,
  cause: 'data' | 'size' | 'weights' | 'step',
  lastGood: number,
): SAEError {
  const advice = {
    data: 'The batch holds NaN or an infinity: remove or repair those rows.',
    size: 'The batch holds values whose squares overflow float32: remove those rows, or scale the data down.',
    weights: 'They hold NaN or an infinity: load or initialise them anew.',
    step: 'Lower the learning rate.',
  }[cause];
  return new SAEError(
    'SAE_NOT_FINITE',
    where,
    `expected a finite ${term} at step ${step}; received ${value}. Weights are those after step ${lastGood}. ${advice}`,
  );
}

/** An evaluation of finite data that gave NaN or infinity. */
export function lossNotFinite(where: string, value: number): SAEError {
  return modelNotFinite(where, 'a finite loss', String(value));
}

/** A model whose weights, or results, are not finite. */
export function modelNotFinite(where: string, expected: string, received: string): SAEError {
  return new SAEError(
    'SAE_NOT_FINITE',
    where,
    `expected ${expected}; received ${received}. Load or initialise the weights anew, or scale the data down.`,
  );
}
