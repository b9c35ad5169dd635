import { pathToFileURL } from 'node:url';
import { findModule } from '../../backends/findModule';
import { badFile, missing } from '../../errors';
import type { Picture } from './images';

/** The part of the npm package jpeg-js that is used. */
interface JpegJs {
  decode(bytes: Uint8Array, options: object): { width: number; height: number; data: Uint8Array };
}

const PACKAGE = 'jpeg-js';
/** No row is larger, and no file may request more. */
const LIMITS = { maxResolutionInMP: 64, maxMemoryUsageInMB: 512 };
let loaded: JpegJs | undefined;

/**
 * Decodes a JPEG's pixels with the npm package jpeg-js: grey if the image is grey.
 *
 * @param folders the folders to look for the package from, nearest first
 * @throws SAE_MISSING without the package, SAE_FILE for a damaged image.
 */
export async function decodeJpeg(
  file: string,
  bytes: Uint8Array,
  folders: readonly string[],
): Promise<Picture> {
  const jpeg = await load(file, folders);
  try {
    const { width, height, data } = jpeg.decode(bytes, {
      ...{ useTArray: true, formatAsRGBA: false, tolerantDecoding: false },
      ...LIMITS,
    });
    return pictureOf(width, height, data, coloursIn(bytes) === 1);
  } catch (error) {
    const received = `one that cannot be decoded: ${(error as Error).message}`;
    throw badFile(file, 'a JPEG image', received, 'Write it again.', error);
  }
}

async function load(file: string, folders: readonly string[]): Promise<JpegJs> {
  if (loaded) return loaded;
  const found = findModule(PACKAGE, folders);
  if (found === undefined) {
    throw missing(file, `the npm package ${PACKAGE} to read it`, `Run npm install ${PACKAGE}.`);
  }
  const { default: module } = (await import(pathToFileURL(found).href)) as { default: JpegJs };
  loaded = module;
  return module;
}

/** Returns the picture; the package gives grey as three equal colours. */
function pictureOf(width: number, height: number, data: Uint8Array, isGrey: boolean): Picture {
  if (!isGrey) return { width, height, channels: 3, pixels: data };
  const pixels = Uint8Array.from({ length: width * height }, (_, i) => data[3 * i] as number);
  return { width, height, channels: 1, pixels };
}

/** Returns whether a segment begins an image, rather than defining something. */
const isFrame = (marker: number) =>
  marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/** Returns the number of colours of an image, according to its frame; 3 if there is none. */
function coloursIn(bytes: Uint8Array): number {
  for (let at = 2; at + 9 < bytes.length; ) {
    if (bytes[at] !== 0xff) return 3;
    if (isFrame(bytes[at + 1] as number)) return bytes[at + 9] as number;
    at += 2 + 256 * (bytes[at + 2] as number) + (bytes[at + 3] as number);
  }
  return 3;
}
