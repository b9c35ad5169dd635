import * as tf from '@tensorflow/tfjs-core';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import { wrongOption } from '../errors';
import { oneOf, type Rules } from '../options';

/** What the encoder's matrix starts from. */
export interface StartOptions {
  /**
   * Whether the encoder's matrix starts from Glorot's uniform distribution, `'glorot'`, the default, or as
   * the transpose of the decoder's, whose rows then have norm 1 from the start: `'decoder'`. An
   * autoencoder's alone. Python has weights by then.
   */
  encoderStart?: 'glorot' | 'decoder';
}

export const START_RULES: Rules<StartOptions> = {
  encoderStart: oneOf<'glorot' | 'decoder'>(['glorot', 'decoder'], 'glorot'),
};

/**
 * Checks that an encoder which starts from its decoder is an autoencoder's: a transcoder's rows are not in
 * the space of its decoder's.
 *
 * @param where the architecture's class, for the error
 * @throws SAE_OPTION for a transcoder.
 */
export function checkStart(
  where: string,
  { encoderStart }: StartOptions,
  isTranscoder: boolean,
): void {
  if (encoderStart !== 'decoder' || !isTranscoder) return;
  const advice = "Leave it out: a transcoder's decoder is of its targets, not of its input.";
  throw wrongOption(`${where}.encoderStart`, '"glorot" of a transcoder', encoderStart, advice);
}

/**
 * Brings the rows of a new decoder to norm 1, and has the encoder's matrix be its transpose. Without tfjs's
 * backend, so that a seed gives the same numbers on every one.
 *
 * @param decoder `[features, inputDim]`
 * @param matrix the encoder's, `[inputDim, features]`
 */
export function startFromDecoder(decoder: LayerVariable, matrix: LayerVariable): void {
  const [features, width] = decoder.shape as [number, number];
  const rows = decoder.read().dataSync<'float32'>().slice();
  const columns = new Float32Array(rows.length);
  for (let feature = 0; feature < features; feature++) {
    const row = rows.subarray(feature * width, (feature + 1) * width);
    const norm = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    for (let i = 0; i < width; i++) {
      row[i] = norm > 0 ? (row[i] as number) / norm : 0;
      columns[i * features + feature] = row[i] as number;
    }
  }
  tf.tidy(() => {
    decoder.write(tf.tensor2d(rows, [features, width]));
    matrix.write(tf.tensor2d(columns, [width, features]));
  });
}
