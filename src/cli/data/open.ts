import { ByteRows } from '../../activations/byteRows';
import type { RowDataset } from '../../activations/rows';
import { splitRows } from '../../activations/shuffle';
import { rowAxes, StoredRows } from '../../activations/storedRows';
import type { ImageShape } from '../../analysis/featureReport/report';
import { emptyData, wrongCount, wrongOption, wrongRows } from '../../errors';
import type { RowArray } from '../../io/arrays/rowArray';
import { readLabels } from '../../io/npy/labels';
import { count, some } from '../wording';
import {
  ALL_IMAGES,
  type FashionMnist,
  HELD_OUT_IMAGES,
  IMAGE_SIZE,
  readFashionMnist,
} from './fashionMnist';
import { CLASS_NAMES } from './fashionMnistClasses';
import { openArrays, openOrigins } from './openArrays';
import { type DataOptions, FASHION_MNIST } from './options';
import { readPositions } from './positions';
import { imageShapeOf, type OpenedImages, openShownImages } from './shownImages';
import { readClassNames, readTokens } from './text';

/** Rows that are encoded at a time. */
const BATCH = 500;

/** Opened rows, and what is known about them. */
export interface OpenedData {
  readonly rows: RowDataset;
  /** The number of rows. */
  readonly count: number;
  /** The array's shape, if several of its axes count rows. */
  readonly array?: readonly number[];
  readonly known: KnownOfRows;
  /** The smallest and largest value read so far, of the rows, or of the images shown; for files. */
  readonly span?: readonly [number, number];
  close(): Promise<void>;
}

/** What featureReport takes besides the rows. */
export interface KnownOfRows {
  readonly labels?: Int32Array;
  /** The class of each row's position; for commands that measure. */
  readonly positions?: readonly string[];
  readonly classNames?: readonly string[];
  readonly tokens?: readonly (readonly string[])[];
  readonly imageShape?: ImageShape;
  readonly imageRange?: readonly [number, number];
  /** For rows of a hidden layer: the images that they come from. */
  readonly images?: RowDataset;
  readonly mapShape?: readonly [number, number];
}

/**
 * Opens what DATA refers to.
 *
 * @param inputDim the dictionary's width
 * @param folders the folders to look for packages from, nearest first
 * @returns the caller closes it.
 * @throws SAEError for data that is missing, damaged, or does not fit the dictionary.
 */
export async function openData(
  data: string,
  options: DataOptions,
  inputDim: number,
  folders: readonly string[],
  signal: AbortSignal,
): Promise<OpenedData> {
  if (data !== FASHION_MNIST) return openFile(data, options, inputDim, folders);
  if (inputDim !== IMAGE_SIZE) throw wrongRows(data, inputDim, [ALL_IMAGES, IMAGE_SIZE]);
  const images = await readFashionMnist(folders, signal);
  const { heldOut } = splitRows(ALL_IMAGES, HELD_OUT_IMAGES, options.seed ?? 0);
  return heldOutImages(images, heldOut.subarray(0, options.rows ?? HELD_OUT_IMAGES));
}

/** Returns some images of Fashion-MNIST, with what is known about them. */
export function heldOutImages({ pixels, labels }: FashionMnist, order: Uint32Array): OpenedData {
  return {
    rows: new ByteRows({ bytes: pixels, width: IMAGE_SIZE, order, batchSize: BATCH }),
    count: order.length,
    known: {
      labels: Int32Array.from(order, (image) => labels[image] as number),
      classNames: CLASS_NAMES,
      imageShape: [28, 28],
    },
    close: async () => {},
  };
}

async function openFile(
  path: string,
  options: DataOptions,
  inputDim: number,
  folders: readonly string[],
): Promise<OpenedData> {
  const array = await openArrays([path], { ...options, folders });
  const opened: { close(): Promise<void> }[] = [array];
  const close = async () => {
    for (const one of opened) await one.close();
  };
  try {
    const { name, shape } = array;
    const [leading, axes] = rowAxes(shape, inputDim);
    if (axes.length === 0) throw wrongRows(name, inputDim, shape);
    const all = product(leading);
    if (all === 0) throw emptyData(name, `an array [${shape.join(', ')}]`);
    const count = Math.min(all, options.rows ?? all);
    const origins = options.images === undefined ? undefined : await openOrigins(path);
    if (origins) opened.push(origins);
    const shown =
      options.images === undefined
        ? undefined
        : await openShownImages(options.images, options, leading, folders);
    if (shown) opened.push(shown);
    const source = { array, width: inputDim, rows: count, axes: leading.length };
    const rows = new StoredRows(
      origins ? { ...source, origins: originsIn(origins) } : source,
      BATCH,
    );
    return {
      rows,
      count,
      ...(leading.length > 1 && { array: shape }),
      known: shown
        ? await knownOfImages(options, shown)
        : await knownOfRows(options, axes, leading, count),
      span: (shown ?? rows).span,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const originsIn = (array: RowArray) => ({
  read: (first: number, rows: number) => array.read(first, rows),
});

/** Returns what is known about the images, for rows of a hidden layer. */
async function knownOfImages(options: DataOptions, shown: OpenedImages): Promise<KnownOfRows> {
  const { images, imageShape, mapShape, count } = shown;
  const { imageRange } = options;
  return {
    ...(await classesOf(options, [count])),
    ...{ images, imageShape, mapShape },
    ...(imageRange ? { imageRange } : {}),
  };
}

/** Returns labels and the names of their classes, as far as they are given. */
async function classesOf(
  { labels, classes }: DataOptions,
  leading: readonly number[],
): Promise<Pick<KnownOfRows, 'labels' | 'classNames'>> {
  const classOf = labels === undefined ? undefined : await readLabels(labels, leading);
  const classNames = classes === undefined ? undefined : await readClassNames(classes);
  if (classNames && classOf) checkNames(classNames, classOf);
  return { ...(classOf ? { labels: classOf } : {}), ...(classNames ? { classNames } : {}) };
}

/**
 * @param axes the axes of the array that are a row's values
 * @param leading the other axes
 * @param rows how many of the rows are used
 */
async function knownOfRows(
  options: DataOptions,
  axes: readonly number[],
  leading: readonly number[],
  rows: number,
): Promise<KnownOfRows> {
  const all = product(leading);
  const { positions, tokens, imageRange } = options;
  const imageShape = options.imageShape ?? imageShapeOf(axes);
  if (imageShape && product(imageShape) !== product(axes)) {
    const expected = `a shape of ${product(axes)} values`;
    const advice = 'Give height x width, or height x width x 3 for colours, of one row.';
    throw wrongOption('--image-shape', expected, imageShape.join('x'), advice);
  }
  if (imageRange && !imageShape) {
    const expected = 'an --image-shape beside it, as these rows have no shape of their own';
    const advice = 'Give --image-shape too, as 28x28, or leave --image-range out.';
    throw wrongOption('--image-range', expected, imageRange.join(','), advice);
  }
  const documents = tokens === undefined ? undefined : await readTokens(tokens);
  const total = documents?.reduce((sum, document) => sum + document.length, 0);
  if (tokens !== undefined && total !== all) {
    throw wrongCount(tokens, `${count(all)} tokens, one for each row`, count(total ?? 0));
  }
  const { labels, ...names } = await classesOf(options, leading);
  const standsAt = positions === undefined ? undefined : await readPositions(positions, leading);
  return {
    ...(labels ? { labels: labels.subarray(0, rows) } : {}),
    ...(standsAt ? { positions: standsAt.slice(0, rows) } : {}),
    ...names,
    ...(documents ? { tokens: firstTokens(documents, rows) } : {}),
    ...(imageShape && !documents ? { imageShape } : {}),
    ...(imageRange ? { imageRange } : {}),
  };
}

/** @throws SAE_DATA if a label has no name. */
function checkNames(names: readonly string[], labels: Int32Array): void {
  const classes = labels.reduce((most, label) => Math.max(most, label), 0) + 1;
  if (names.length >= classes) return;
  const expected = `${some(classes, 'class name')}, one for each label from 0 to ${classes - 1}`;
  throw wrongCount('--classes', expected, `${names.length}`);
}

const product = (lengths: readonly number[]) => lengths.reduce((a, b) => a * b, 1);

/** Returns the first documents, up to a number of tokens. */
function firstTokens(documents: readonly string[][], most: number): string[][] {
  let left = most;
  return documents.flatMap((document) => {
    const taken = document.slice(0, left);
    left -= taken.length;
    return taken.length > 0 ? [taken] : [];
  });
}
