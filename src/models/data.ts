import * as tf from '@tensorflow/tfjs-core';
import { BatchDataset, isDataset, type RowDataset, type Widths } from '../activations/rows';
import { epochOrder } from '../activations/shuffle';
import { A_DATASET, wrongData } from '../errors';

/**
 * Rows `[..., inputDim]`, or rows and targets: of the same shape, except for a transcoder's width.
 */
export type ValidationTensors = tf.Tensor | [tf.Tensor] | [tf.Tensor, tf.Tensor];

/**
 * Unwraps a tensor that stands alone in an array, the form that tfjs's models with several inputs
 * use.
 */
export function only(x: unknown): unknown {
  return Array.isArray(x) && x.length === 1 ? x[0] : x;
}

/**
 * Splits `(x, args)` or `(x, y, args)` into the target, which is x itself if none is given, and
 * args.
 */
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

/** Returns input and target, which is the input itself if none is given. */
export function inputAndTarget(data: ValidationTensors): [tf.Tensor, tf.Tensor] {
  const [x, y = x] = Array.isArray(data) ? data : [data];
  return [x, y];
}

/** Input and target of a training, and the part kept for validation. */
export interface ValidationSplit {
  training: [tf.Tensor, tf.Tensor];
  held?: [tf.Tensor, tf.Tensor];
  /** Disposes the tensors that the split made. */
  dispose(): void;
}

/**
 * Splits as tfjs's `fit` does: the last rows are for validation. The caller has checked both sides.
 */
export function splitForValidation(
  [x, y]: [tf.Tensor, tf.Tensor],
  trained: number,
): ValidationSplit {
  const rows = x.shape[0] as number;
  if (trained === rows) return { training: [x, y], dispose: () => {} };
  const [xs, xsHeld] = tf.split(x, [trained, rows - trained]) as [tf.Tensor, tf.Tensor];
  const [ys, ysHeld] =
    y === x ? [xs, xsHeld] : (tf.split(y, [trained, rows - trained]) as [tf.Tensor, tf.Tensor]);
  const dispose = () => tf.dispose([xs, xsHeld, ys, ysHeld]);
  return { training: [xs, ys], held: [xsHeld, ysHeld], dispose };
}

/**
 * Returns the rows of two tensors in batches; the tensors remain the caller's.
 *
 * @param seed determines each pass's order together with the pass's number; without it the rows
 *   keep their order
 */
export function tensorDataset(
  [x, y]: [tf.Tensor, tf.Tensor],
  batchSize: number,
  seed?: number,
): RowDataset {
  const rows = Uint32Array.from({ length: x.shape[0] as number }, (_, row) => row);
  const iteratorAt = (pass: number, batch: number) => {
    const order = seed === undefined ? rows : epochOrder(rows, seed, pass);
    let start = batch * batchSize;
    return {
      next: async () => {
        if (start >= order.length) return { value: null, done: true };
        const picked = tf.tensor1d(
          Int32Array.from(order.subarray(start, start + batchSize)),
          'int32',
        );
        const xs = tf.gather(x, picked);
        const value = { xs, ys: y === x ? xs : tf.gather(y, picked) };
        picked.dispose();
        start += batchSize;
        return { value, done: false };
      },
    };
  };
  return {
    size: Math.ceil(rows.length / batchSize),
    iterator: () => iteratorAt(0, 0),
    iteratorAt,
  };
}

/**
 * Returns a dataset of batches whose elements are checked.
 *
 * @param where the method that received the dataset
 * @throws SAE_DATA if it is not a dataset.
 */
export function batchesOf(
  model: Widths & { readonly where: string },
  where: string,
  data: unknown,
): BatchDataset {
  // Validation data passes through here twice: from fitDataset, and from what that calls.
  if (data instanceof BatchDataset) return data;
  const isIterator = typeof (data as { next?: unknown } | null)?.next === 'function';
  const dataset = isIterator ? { iterator: () => data } : data;
  if (!isDataset(dataset)) throw wrongData(where, data, A_DATASET);
  return new BatchDataset(model.where, dataset, model);
}
