/**
 * Draws public/intro.svg: a picture, and the features that a dictionary describes it by.
 *
 *     npx tsx docs/demo/build/introPicture.ts
 *
 * It trains a dictionary for that, in a minute: nothing in the picture is made up.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-cpu';
import { encode } from 'fast-png';
import { ByteRows } from '../../../src/activations/byteRows';
import { IMAGE_SIZE, readFashionMnist } from '../../../src/cli/data/fashionMnist';
import { KerasAdam, type SAEModel, TopKSAE, WarmupCosineDecay } from '../../../src/index';
import { decoderPixels, imagePixels, LIMIT, type Pixels } from '../../../src/viz/image/tile';
import { SIDE } from '../src/images';

/** A boot that training does not see. */
const SHOWN = 69_400;
const TRAINED = 12_000;
const EPOCHS = 20;
const BATCH = 128;
/** Features that are shown of those that fire. */
const TERMS = 3;
const TILE = 64;
const GAP = 20;

/** Rows `[images, IMAGE_SIZE]`, from 0 to 1. */
async function rowsOf(bytes: Uint8Array, images: readonly number[]): Promise<tf.Tensor2D> {
  const order = Uint32Array.from(images);
  const rows = new ByteRows({ bytes, width: IMAGE_SIZE, order, batchSize: order.length });
  return (await rows.iterator().next()).value as tf.Tensor2D;
}

async function trained(pixels: Uint8Array): Promise<SAEModel> {
  const stride = Math.floor(SHOWN / TRAINED);
  const x = await rowsOf(
    pixels,
    Array.from({ length: TRAINED }, (_, i) => i * stride),
  );
  const sae = new TopKSAE({ inputDim: IMAGE_SIZE, encodingDim: 1024, k: 32, seed: 1 });
  const totalSteps = EPOCHS * Math.ceil(TRAINED / BATCH);
  const learningRate = new WarmupCosineDecay({ peakLr: 3e-3, warmupSteps: 200, totalSteps });
  sae.compile({ optimizer: new KerasAdam({ learningRate, beta1: 0 }) });
  await sae.initDecoderBias(x);
  await sae.fit(x, { epochs: EPOCHS, batchSize: BATCH, verbose: 0, seed: 1 });
  x.dispose();
  return sae;
}

const png = (data: Pixels, channels: 3) =>
  Buffer.from(encode({ width: SIDE, height: SIDE, channels, data })).toString('base64');

const grey = (values: Float32Array): Pixels =>
  imagePixels(
    Uint8Array.from(values, (value) => 255 * Math.min(1, Math.max(0, value))),
    [SIDE, SIDE],
  );

/** One tile with what is under it. */
function cell(column: number, row: number, data: Pixels, text: string): string {
  const [x, y] = [column * (TILE + GAP), row * (TILE + 38)];
  const image = `<image x="${x}" y="${y}" width="${TILE}" height="${TILE}" image-rendering="optimizeSpeed" style="image-rendering:pixelated" href="data:image/png;base64,${png(data, 3)}"/>`;
  return `${image}<text x="${x + TILE / 2}" y="${y + TILE + 15}">${text}</text>`;
}

const sign = (column: number, row: number, text: string) =>
  `<text class="sign" x="${column * (TILE + GAP) - GAP / 2}" y="${row * (TILE + 38) + TILE / 2 + 7}">${text}</text>`;

async function draw(): Promise<void> {
  const { pixels } = await readFashionMnist([__dirname]);
  const sae = await trained(pixels);
  const x = await rowsOf(pixels, [SHOWN]);
  const original = (await x.data()) as Float32Array;
  const { indices, values } = await sae.encodeSparse(x);
  const order = [...indices.keys()].sort((a, b) => (values[b] as number) - (values[a] as number));
  const decoded = async (features: readonly number[], strengths: readonly number[]) => {
    const codes = {
      indices: Uint32Array.from(features),
      values: Float32Array.from(strengths),
      rowOffsets: Uint32Array.of(0, features.length),
    };
    return (await (await sae.decodeSparse(codes)).data()) as Float32Array;
  };
  const mean = await decoded([], []);
  const rebuilt = await decoded([...indices], [...values]);

  const parts = [cell(0, 0, grey(mean), 'average')];
  for (const [i, at] of order.slice(0, TERMS).entries()) {
    const feature = indices[at] as number;
    const direction = (await decoded([feature], [1])).map((v, p) => v - (mean[p] as number));
    const strength = (values[at] as number).toFixed(1);
    parts.push(sign(i + 1, 0, '+'));
    parts.push(
      cell(i + 1, 0, decoderPixels(direction, [SIDE, SIDE], LIMIT), `${strength} × #${feature}`),
    );
  }
  const last = TERMS + 1;
  parts.push(sign(last, 0, '+'));
  parts.push(
    `<text class="more" x="${last * (TILE + GAP) + TILE / 2}" y="${TILE / 2 - 2}">${order.length - TERMS} more</text>`,
    `<text class="more" x="${last * (TILE + GAP) + TILE / 2}" y="${TILE / 2 + 16}">features</text>`,
  );
  parts.push(sign(1, 1, '='), cell(1, 1, grey(rebuilt), 'rebuilt'));
  parts.push(sign(2, 1, '≈'), cell(2, 1, grey(original), 'the picture'));

  const width = 5 * TILE + 4 * GAP;
  const height = 2 * (TILE + 38) - 18;
  const style =
    'text{font:12px system-ui,sans-serif;text-anchor:middle;fill:#56616e}.sign{font-size:20px;fill:#1f2933}.more{font-size:14px}@media (prefers-color-scheme:dark){text{fill:#a7b1bb}.sign{fill:#e6e9ec}}';
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-6 0 ${width + 12} ${height}"><style>${style}</style>${parts.join('')}</svg>\n`;
  await writeFile(join(__dirname, '../public/intro.svg'), svg);
  console.log(`intro.svg: ${svg.length} bytes, ${width + 12} × ${height}`);
}

void draw();
