import * as tf from '@tensorflow/tfjs-core';
import { frameOf, into, outOf } from '../layers/normalization';
import { decoding, encoding, skipping } from '../layers/pass';
import type { SparseAutoencoderLayer } from '../layers/sparseAutoencoder';
import { inLeadingDims } from '../math/leadingDims';
import { matMul } from '../math/matMul';

/** How a dictionary's codes are edited, and whether the reconstruction error is added. */
export interface CodeEdit {
  /** The features to edit; all by default. */
  readonly features?: readonly number[] | undefined;
  /** The factor of their codes. */
  readonly factor: number | readonly number[];
  /** What is added to them afterwards. */
  readonly offset: number | readonly number[];
  /** Whether the error of the unedited codes is added, so that only the edit changes anything. */
  readonly error: boolean;
}

/**
 * Returns activations that have passed through a dictionary.
 *
 * $$
 * \begin{aligned}
 * f' &= a \odot f(x) + b && \text{the edited codes} \\
 * x' &= \hat x(f') && \text{without the error} \\
 * x' &= \hat x(f') + x - \hat x(f) = x + (f' - f)\, W_{dec} && \text{with it}
 * \end{aligned}
 * $$
 *
 * all in the model's own scale: rows that the dictionary normalizes are scaled back. Uses
 * differentiable operations only.
 *
 * @param x `[..., inputDim]`
 * @returns activations of the same shape; the caller disposes it, best by calling from within
 *   `tf.tidy`.
 */
export function editThrough(
  layer: SparseAutoencoderLayer,
  x: tf.Tensor,
  edit: CodeEdit,
): tf.Tensor {
  return inLeadingDims(x, (rows) => {
    const frame = frameOf(layer, rows);
    const { codes } = encoding(layer, into(frame, rows)); // [rows, features]
    const { factor, offset } = vectorsOf(edit, layer.encodingDim); // [features]
    const edited = tf.add(tf.mul(codes, factor), offset) as tf.Tensor2D;
    if (!edit.error) {
      const decoded = outOf(frame, decoding(layer, edited));
      const skipped = skipping(layer, rows);
      return skipped ? tf.add(decoded, skipped) : decoded;
    }
    const change = changeOf(layer, tf.sub(edited, codes), edit.features); // [rows, outputDim]
    return tf.add(rows, frame ? tf.mul(change, frame.inverse) : change);
  });
}

/** Returns `(f' − f) · W_dec`, computed over the features that change only. */
function changeOf(
  layer: SparseAutoencoderLayer,
  change: tf.Tensor2D,
  features: readonly number[] | undefined,
): tf.Tensor2D {
  const wDec = layer.read<tf.Tensor2D>('W_dec');
  if (features === undefined) return matMul(change, wDec);
  // By a product, since wasm has no kernel for the gradient of gather.
  const chosen = new Float32Array(layer.encodingDim * features.length);
  for (const [i, feature] of features.entries()) chosen[feature * features.length + i] = 1;
  const columns = tf.tensor2d(chosen, [layer.encodingDim, features.length]);
  const rows = tf.gather(wDec, tf.tensor1d([...features], 'int32'), 0); // [some, outputDim]
  return matMul(matMul(change, columns), rows);
}

/** Returns factor and offset of every feature, `[features]` each. */
function vectorsOf({ features, factor, offset }: CodeEdit, size: number) {
  const spread = (given: number | readonly number[], rest: number): tf.Tensor1D => {
    const values = new Float32Array(size).fill(features ? rest : (given as number));
    features?.forEach((feature, i) => {
      values[feature] = typeof given === 'number' ? given : (given[i] as number);
    });
    return tf.tensor1d(values);
  };
  return { factor: spread(factor, 1), offset: spread(offset, 0) };
}
