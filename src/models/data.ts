import * as tf from '@tensorflow/tfjs-core';
import type { RowDataset } from '../activations/rows';

/** Rows, or rows and targets. */
export type ValidationTensors = tf.Tensor | [tf.Tensor] | [tf.Tensor, tf.Tensor];

/** The tensor, where it stands alone in an array as tfjs's models with several inputs have it. */
export function only(x: unknown): unknown {
  return Array.isArray(x) && x.length === 1 ? x[0] : x;
}

/** `(x, args)` or `(x, y, args)`: the target, which is x itself where none is given, and args. */
export function targetAndArgs<Data, Args extends object>(
  x: Data,
  yOrArgs: Data | Args | undefined,
  lastArgs: Args | undefined,
): [Data, Args] {
  if (yOrArgs instanceof tf.Tensor || Array.isArray(yOrArgs)) {
    return [yOrArgs as Data, lastArgs ?? ({} as Args)];
  }
  return [x, (yOrArgs ?? lastArgs ?? {}) as Args];
}

/** Input and target, which is the input itself where none is given. */
export function inputAndTarget(data: ValidationTensors): [tf.Tensor, tf.Tensor] {
  const [x, y = x] = Array.isArray(data) ? data : [data];
  return [x, y];
}

/** Two tensors as a dataset of batches of their rows; they stay the caller's. */
export function tensorDataset([x, y]: [tf.Tensor, tf.Tensor], batchSize: number): RowDataset {
  const rows = (t: tf.Tensor, start: number) =>
    tf.slice(t, start, Math.min(batchSize, (t.shape[0] as number) - start));
  return {
    iterator: () => {
      let start = 0;
      return {
        next: async () => {
          if (start >= (x.shape[0] ?? 0)) return { value: null, done: true };
          const value = { xs: rows(x, start), ys: rows(y, start) };
          start += batchSize;
          return { value, done: false };
        },
      };
    },
  };
}
