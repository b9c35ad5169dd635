/** Fashion-MNIST's images on the quickstart's two sides, and as files that Python reads. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { splitRows } from '../../src/activations/shuffle';
import {
  ALL_IMAGES,
  HELD_OUT_IMAGES,
  IMAGE_SIZE,
  readFashionMnist,
} from '../../src/cli/data/fashionMnist';
import type { Bytes } from './quality/baselines';

export interface Images {
  readonly training: Bytes;
  readonly heldOut: Bytes;
}

const root = join(__dirname, '..', '..');

/** The images, split by a seed. */
export async function openImages(seed: number): Promise<Images> {
  const { pixels } = await readFashionMnist([root]);
  const { training, heldOut } = splitRows(ALL_IMAGES, HELD_OUT_IMAGES, seed);
  const of = (order: Uint32Array): Bytes => ({ bytes: pixels, width: IMAGE_SIZE, order });
  return { training: of(training), heldOut: of(heldOut) };
}

/** Writes both sides into a folder; returns the files by their names, for python-interop/bench/rows.py. */
export function writeImages(folder: string, images: Images): Record<keyof Images, string> {
  const write = (name: keyof Images) => {
    const { bytes, width, order } = images[name];
    const rows = new Uint8Array(order.length * width);
    order.forEach((row, i) => {
      rows.set(bytes.subarray(row * width, (row + 1) * width), i * width);
    });
    const file = join(folder, `${name}.u8`);
    writeFileSync(file, rows);
    return file;
  };
  return { training: write('training'), heldOut: write('heldOut') };
}
