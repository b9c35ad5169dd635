import { HELD_OUT, PIXELS } from '../../images';
import type { ImageData } from '../imageData';
import { tooFewPictures, twoKinds } from '../refusals';
import type { OwnPictures } from './ownPictures';
import { readPictures } from './pictures';
import { readRowFiles } from './rows';

const PICTURE = /\.(png|jpe?g|webp|gif|bmp)$/i;
const ROWS = /\.(csv|tsv|npy)$/i;
/** Fewer are too few to learn from, and to keep some of them from training. */
const FEWEST = 20;

/** Whether files that somebody has chosen or dropped are data rather than a dictionary. */
export const isData = (files: readonly File[]): boolean =>
  files.some(({ name }) => PICTURE.test(name) || ROWS.test(name));

/**
 * Opens somebody's own pictures, as images or as rows of numbers. They stay in this worker.
 *
 * @throws SAEError for files that hold something else.
 */
export async function openData(files: readonly File[]): Promise<ImageData> {
  const pictures = files.filter(({ name }) => PICTURE.test(name));
  const rows = files.filter(({ name }) => ROWS.test(name));
  if (pictures.length > 0 && rows.length > 0) throw twoKinds(pictures[0]?.name, rows[0]?.name);
  const sorted = [...pictures, ...rows].sort((a, b) =>
    a.name.localeCompare(b.name, 'en', { numeric: true }),
  );
  const own = rows.length > 0 ? await readRowFiles(sorted) : await readPictures(sorted);
  return split(own, sorted[0]?.name ?? 'the files');
}

/** Keeps every tenth picture from training, or every so many that no more than HELD_OUT are kept. */
function split({ pixels, labels }: OwnPictures, name: string): ImageData {
  const count = pixels.length / PIXELS;
  if (count < FEWEST) throw tooFewPictures(name, FEWEST, count);
  const every = Math.max(10, Math.ceil(count / HELD_OUT));
  const kept = Math.ceil(count / every);
  const heldOut = new Uint8Array(kept * PIXELS);
  const training = new Uint8Array((count - kept) * PIXELS);
  const known = new Uint8Array(labels.length > 0 ? kept : 0);
  for (let i = 0; i < count; i++) {
    const picture = pixels.subarray(i * PIXELS, (i + 1) * PIXELS);
    const before = Math.ceil(i / every);
    if (i % every !== 0) {
      training.set(picture, (i - before) * PIXELS);
      continue;
    }
    heldOut.set(picture, before * PIXELS);
    if (labels.length > 0) known[before] = labels[i] as number;
  }
  return { training, heldOut, labels: known };
}
