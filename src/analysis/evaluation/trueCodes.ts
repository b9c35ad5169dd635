import * as tf from '@tensorflow/tfjs-core';
import { wrongOption } from '../../errors';
import { checkCodes, type SparseCodes, sliceCodes } from '../../kernels/sparseCodes';
import type { TrueRows } from './truth';

/**
 * True codes, a part of the rows at a time: for a tensor `[rows, trueFeatures]` those above 0.
 *
 * @throws SAE_OPTION for a tensor of another width; SAE_DATA for codes with other features.
 */
export class TrueCodes {
  readonly rows: number;

  constructor(
    where: string,
    private readonly given: tf.Tensor2D | SparseCodes,
    private readonly features: number,
  ) {
    if (!(given instanceof tf.Tensor)) {
      checkCodes(where, given, features);
      this.rows = given.rowOffsets.length - 1;
      return;
    }
    if (given.rank !== 2 || given.shape[1] !== features) {
      const expected = `a tensor [rows, ${features}], one column for each true feature`;
      throw wrongOption(where, expected, given);
    }
    this.rows = given.shape[0];
  }

  /** Returns those of `count` rows, from `start` on. */
  async slice(start: number, count: number): Promise<TrueRows> {
    const { given, features } = this;
    if (!(given instanceof tf.Tensor)) {
      const { indices, rowOffsets } = sliceCodes(given, start, start + count);
      return { indices, rowOffsets };
    }
    const part = tf.slice(given, [start, 0], [count, features]);
    const values = await part.data().finally(() => part.dispose());
    const indices: number[] = [];
    const rowOffsets = new Uint32Array(count + 1);
    values.forEach((value: number, i: number) => {
      if (value > 0) indices.push(i % features);
      if ((i + 1) % features === 0) rowOffsets[(i + 1) / features] = indices.length;
    });
    return { indices: Uint32Array.from(indices), rowOffsets };
  }
}
