import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { badFile, fileRefused } from '../../errors';
import type { RowArray } from '../../io/arrays/rowArray';
import { decodeJpeg } from './jpeg';
import { decodePng } from './png';

/** An image as bytes: its colours' shares of 255, pixel by pixel. */
export interface Picture {
  readonly height: number;
  readonly width: number;
  /** 1 for grey, 3 for red, green and blue. */
  readonly channels: 1 | 3;
  /** `[height × width × channels]` */
  readonly pixels: Uint8Array;
}

/** File names of images that can be read. */
export const IMAGE_FILE = /\.(png|jpe?g)$/i;
/** The longest file; a longer one is not a row for a dictionary. */
const MOST_BYTES = 2 ** 26;

/**
 * Opens the images of a folder, each of which is a row: grey if the first one is, otherwise in
 * three colours; all of the first one's size. They are decoded when they are read.
 *
 * @param names the names of its files, in the order of the rows
 * @param folders the folders to look for packages from, nearest first
 * @returns an array of bytes `[images, height, width]` or `[images, height, width, 3]`
 * @throws SAE_FILE for a damaged image; SAE_MISSING without the package that reads it.
 */
export async function openImages(
  folder: string,
  names: readonly string[],
  folders: readonly string[],
): Promise<RowArray> {
  const fileOf = (image: number) => join(folder, names[image] as string);
  const first = await pictureIn(fileOf(0), folders);
  const { height, width, channels } = first;
  const size = height * width * channels;
  const axes = channels === 1 ? [height, width] : [height, width, channels];
  return {
    name: folder,
    shape: [names.length, ...axes],
    dtype: 'u1',
    read: async (from, count, axesOfRows = 1) => {
      // With more axes of rows, a row is a line of an image, or a pixel.
      const each = axesOfRows === 1 ? 1 : axes.slice(0, axesOfRows - 1).reduce((a, b) => a * b, 1);
      const [start, end] = [Math.floor(from / each), Math.ceil((from + count) / each)];
      const pixels = new Uint8Array((end - start) * size);
      for (let image = start; image < end; image++) {
        const file = fileOf(image);
        const picture = alike(file, await pictureIn(file, folders), first, fileOf(0));
        pixels.set(picture, (image - start) * size);
      }
      const row = size / each;
      return pixels.subarray((from - start * each) * row, (from - start * each + count) * row);
    },
    rowName: (row, axesOfRows) => (axesOfRows === 1 ? fileOf(row) : `${folder}, row ${row}`),
    close: async () => {},
  };
}

async function pictureIn(file: string, folders: readonly string[]): Promise<Picture> {
  const bytes = await readFile(file).catch((error) => {
    throw fileRefused(file, 'an image that can be read', error);
  });
  if (bytes.length > MOST_BYTES) {
    const expected = `an image of at most ${MOST_BYTES} bytes`;
    throw badFile(file, expected, `${bytes.length}`, 'Give smaller images.');
  }
  return /\.png$/i.test(file) ? decodePng(file, bytes) : decodeJpeg(file, bytes, folders);
}

/**
 * Returns an image's pixels in the form of the first one. @throws SAE_FILE if the two differ in
 * size.
 */
function alike(file: string, picture: Picture, first: Picture, of: string): Uint8Array {
  const told = ({ height, width, channels }: Picture) =>
    `${height} x ${width} ${channels === 1 ? 'in grey' : 'in colours'}`;
  const { height, width, channels } = first;
  const { pixels } = picture;
  if (picture.height === height && picture.width === width) {
    if (picture.channels === channels) return pixels;
    if (channels === 3)
      return Uint8Array.from(
        { length: 3 * pixels.length },
        (_, i) => pixels[Math.floor(i / 3)] as number,
      );
  }
  const advice = 'Bring all images to one size, and all to grey or none.';
  throw badFile(file, `an image of ${told(first)}, as ${of} is`, told(picture), advice);
}
