import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { splitRows } from '../../src/activations/shuffle';
import { ALL_IMAGES, IMAGE_SIZE, readFashionMnist } from '../../src/cli/data/fashionMnist';

const HELD_OUT = 10_000;
/** So many of them are measured on. */
const MEASURED = 2_000;
/** Which images are held out never changes, so that all trials are measured on the same ones. */
const SPLIT_SEED = 0;

/** Pixels on a side of Fashion-MNIST's pictures, and of ours. */
const SIDE = 28;
const HALF = SIDE / 2;

/** Fashion-MNIST at half its size, from 0 to 1: what is trained on, and what is measured on. */
export interface Images {
  /** `[images, 196]` */
  training: tf.Tensor2D;
  /** `[2000, 196]`: no trial trains on them. */
  heldOut: tf.Tensor2D;
  /** The class of each image that is held out, 0 to 9. */
  labels: Uint8Array;
}

/** Reads so many training images, and those that are held out; the caller disposes them. */
export async function readImages(count: number): Promise<Images> {
  const { pixels, labels } = await readFashionMnist([join(__dirname, '..', '..')]);
  const { training, heldOut } = splitRows(ALL_IMAGES, HELD_OUT, SPLIT_SEED);
  const measured = heldOut.subarray(0, MEASURED);
  const rows = (numbers: Uint32Array) => {
    const values = new Float32Array(numbers.length * HALF * HALF);
    numbers.forEach((row, i) => {
      for (let pixel = 0; pixel < IMAGE_SIZE; pixel++) {
        const y = Math.floor(pixel / SIDE / 2);
        const x = Math.floor((pixel % SIDE) / 2);
        const value = (pixels[row * IMAGE_SIZE + pixel] as number) / 255;
        const place = (i * HALF + y) * HALF + x;
        values[place] = (values[place] as number) + value / 4; // the mean of 2 × 2 pixels
      }
    });
    return tf.tensor2d(values, [numbers.length, HALF * HALF]);
  };
  return {
    training: rows(training.subarray(0, count)),
    heldOut: rows(measured),
    labels: Uint8Array.from(measured, (row) => labels[row] as number),
  };
}
