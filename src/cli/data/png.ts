import { convertIndexedToRgb, decode } from 'fast-png';
import { badFile } from '../../errors';
import type { Picture } from './images';

/** The most pixels of a row. */
const MOST_PIXELS = 2 ** 26;
/** The offset of a PNG's width and height. */
const SIZE_AT = 16;

/**
 * Decodes a PNG's pixels. Transparent parts are shown on black.
 *
 * @throws SAE_FILE for a damaged image, or one larger than any row should be.
 */
export function decodePng(file: string, bytes: Uint8Array): Picture {
  const refused = (received: string, cause?: unknown) =>
    badFile(file, 'a PNG image', received, 'Write it again.', cause);
  // Checked before memory is allocated.
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < SIZE_AT + 8) throw refused('something else');
  const [width, height] = [view.getUint32(SIZE_AT), view.getUint32(SIZE_AT + 4)];
  if (width * height > MOST_PIXELS) throw refused(`one of ${width} x ${height} pixels`);
  try {
    return pictureOf(bytes);
  } catch (error) {
    throw refused(`one that cannot be decoded: ${(error as Error).message}`, error);
  }
}

function pictureOf(bytes: Uint8Array): Picture {
  const image = decode(bytes);
  const { width, height, depth } = image;
  if (image.palette) {
    const data = convertIndexedToRgb(image);
    return { width, height, ...withoutAlpha(data, data.length / (width * height), 255) };
  }
  if (depth < 8)
    return { width, height, channels: 1, pixels: greyOf(image.data, width, height, depth) };
  return { width, height, ...withoutAlpha(image.data, image.channels, 2 ** depth - 1) };
}

/** Unpacks grey values of less than a byte: several in each byte, and a new byte for each line. */
function greyOf(data: ArrayLike<number>, width: number, height: number, depth: number): Uint8Array {
  const perByte = 8 / depth;
  const line = Math.ceil(width / perByte);
  const most = 2 ** depth - 1;
  return Uint8Array.from({ length: width * height }, (_, i) => {
    const [y, x] = [Math.floor(i / width), i % width];
    const byte = data[y * line + Math.floor(x / perByte)] as number;
    const shift = 8 - depth * ((x % perByte) + 1);
    return Math.round((((byte >> shift) & most) * 255) / most);
  });
}

function withoutAlpha(
  data: ArrayLike<number>,
  channels: number,
  most: number,
): Pick<Picture, 'channels' | 'pixels'> {
  const colours = channels < 3 ? 1 : 3;
  const hasAlpha = channels > colours;
  const pixels = new Uint8Array((data.length / channels) * colours);
  for (let i = 0; i < pixels.length; i++) {
    const pixel = Math.floor(i / colours) * channels;
    const alpha = hasAlpha ? (data[pixel + colours] as number) / most : 1;
    pixels[i] = Math.round((((data[pixel + (i % colours)] as number) * 255) / most) * alpha);
  }
  return { channels: colours, pixels };
}
