import { PIXELS, SIDE } from '../../images';
import { notAPicture } from '../refusals';
import { MOST, type OwnPictures } from './ownPictures';

/** Longer files are no pictures of this size. */
const MOST_BYTES = 2 ** 26;
/** How much of grey red, green and blue are (ITU-R BT.601). */
const GREY = [0.299, 0.587, 0.114] as const;

/**
 * Reads images as the browser does: grey, SIDE pixels wide and high, whole, on black.
 *
 * @throws SAE_FILE for one that the browser cannot read.
 */
export async function readPictures(files: readonly File[]): Promise<OwnPictures> {
  const taken = files.slice(0, MOST);
  const pixels = new Uint8Array(taken.length * PIXELS);
  const canvas = new OffscreenCanvas(SIDE, SIDE);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) throw notAPicture('the files', 'no canvas to read them by');
  for (const [i, file] of taken.entries()) {
    await draw(context, file);
    const { data } = context.getImageData(0, 0, SIDE, SIDE);
    for (let at = 0; at < PIXELS; at++) {
      const grey = GREY.reduce((sum, share, c) => sum + share * (data[4 * at + c] as number), 0);
      pixels[i * PIXELS + at] = Math.round(grey);
    }
  }
  return { pixels, labels: new Uint8Array(0) };
}

async function draw(context: OffscreenCanvasRenderingContext2D, file: File): Promise<void> {
  if (file.size > MOST_BYTES) throw notAPicture(file.name, `${file.size} bytes`);
  const bitmap = await createImageBitmap(file).catch((error: unknown) => {
    throw notAPicture(file.name, 'one that cannot be read', error);
  });
  const scale = SIDE / Math.max(bitmap.width, bitmap.height);
  const [width, height] = [bitmap.width * scale, bitmap.height * scale];
  context.fillStyle = '#000';
  context.fillRect(0, 0, SIDE, SIDE);
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, (SIDE - width) / 2, (SIDE - height) / 2, width, height);
  bitmap.close();
}
