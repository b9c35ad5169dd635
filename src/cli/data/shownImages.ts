import { StoredRows } from '../../activations/storedRows';
import type { ImageShape } from '../../analysis/featureReport/report';
import { wrongOption } from '../../errors';
import type { OpenedData } from './open';
import { openArrays } from './openArrays';
import type { DataOptions } from './options';

/** Images that are read at a time. */
const BATCH = 100;

/** The images that rows of a hidden layer come from. */
export interface OpenedImages extends Pick<OpenedData, 'count' | 'span' | 'close'> {
  readonly images: StoredRows;
  readonly imageShape: ImageShape;
  readonly mapShape: readonly [number, number];
}

/**
 * Opens the images of `--images`.
 *
 * @param leading the axes of the data that count rows: `[rows]`, or `[images, height, width]` of a map
 * @param folders the folders to look for packages from, nearest first
 * @returns the caller closes it.
 * @throws SAEError for images that are missing or damaged, or whose shape is unknown.
 */
export async function openShownImages(
  path: string,
  options: DataOptions,
  leading: readonly number[],
  folders: readonly string[],
): Promise<OpenedImages> {
  const array = await openArrays([path], { folders });
  try {
    const [count = 0, ...axes] = array.shape;
    const width = axes.reduce((a, b) => a * b, 1);
    const imageShape = checkedShape(options.imageShape, axes);
    const [height, columns] = leading.slice(1);
    const own =
      height && columns && leading.length === 3 ? ([height, columns] as const) : undefined;
    const images = new StoredRows({ array, width, rows: count, axes: 1 }, BATCH);
    return {
      images,
      count,
      imageShape,
      mapShape: options.mapShape ?? own ?? [1, 1],
      span: images.span,
      close: () => array.close(),
    };
  } catch (error) {
    await array.close();
    throw error;
  }
}

/**
 * Returns the shape of images in an array with these axes; undefined for rows that are not images.
 */
export function imageShapeOf(axes: readonly number[]): ImageShape | undefined {
  const [height = 0, width = 0, channels = 1] = axes;
  if (axes.length < 2 || axes.length > 3) return undefined;
  if (channels === 1) return [height, width];
  return channels === 3 ? [height, width, 3] : undefined;
}

/**
 * Returns the given shape of images, or that of their array. @throws SAE_OPTION if the two differ.
 */
function checkedShape(said: ImageShape | undefined, axes: readonly number[]): ImageShape {
  const size = axes.reduce((a, b) => a * b, 1);
  const shape = said ?? imageShapeOf(axes);
  if (shape?.reduce<number>((a, b) => a * b, 1) === size) return shape;
  const expected = `a shape of ${size} values, as the images have`;
  const advice = 'Give height x width, or height x width x 3 for colours, of one image.';
  throw wrongOption('--image-shape', expected, said?.join('x'), advice);
}
