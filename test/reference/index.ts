import type * as tf from '@tensorflow/tfjs';
import * as batchtopk from './batchtopk';
import * as gated from './gated';
import * as jumprelu from './jumprelu';
import * as matryoshka from './matryoshka';
import * as relu from './relu';
import * as topk from './topk';

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
  // Each architecture its own.
  options: never,
  /** Whether as in a step, the default, or as outside of training, where an architecture differs. */
  training?: boolean,
) => ReferencePass;

/** An architecture as its paper has it. */
export interface Paper {
  /** The formulas, written without regard to speed: what autodiff is run on. */
  readonly pass: Reference;
  /** Options that suit dictionaries as small as those of the tests; the defaults where there are none. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Its other losses: options with which the formulas are others. */
  readonly forms?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Every architecture. */
export const REFERENCES: Record<string, Paper> = {
  batchtopk,
  gated,
  jumprelu,
  matryoshka,
  relu,
  topk,
};
