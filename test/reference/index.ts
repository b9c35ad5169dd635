import type * as tf from '@tensorflow/tfjs';
import * as gated from './gated';
import * as relu from './relu';

/** Weights by name, as plain tensors. */
export type NamedWeights = Record<string, tf.Tensor>;

/** One forward pass as the formulas read, in operations that tfjs differentiates by itself. */
export interface ReferencePass {
  codes: tf.Tensor2D;
  reconstruction: tf.Tensor2D;
  loss: tf.Scalar;
  terms: Record<string, tf.Scalar>;
}
export type Reference = (
  x: tf.Tensor2D,
  target: tf.Tensor2D,
  weights: NamedWeights,
  options: Record<string, number>,
) => ReferencePass;

/** The formulas of each architecture, written without regard to speed: what autodiff is run on. */
export const REFERENCES: Record<string, Reference> = { gated: gated.pass, relu: relu.pass };
