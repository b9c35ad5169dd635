import type * as tf from '@tensorflow/tfjs-core';

/** Inputs of a model: one tensor, several in the model's order, or tensors by input name. */
export type ModelInputs = tf.Tensor | tf.Tensor[] | tf.NamedTensorMap;

/** A hidden tensor of a model. */
export interface HiddenLayer {
  /**
   * The name that it is requested by: a layer's name, `block/conv` in a nested model, or the name
   * of a node or tensor.
   */
  readonly name: string;
  /** What computes it: the class of the layer, or the operation of the node. */
  readonly kind: string;
  /**
   * Its shape; null for an axis that is known only when the model runs. Undefined if no axis is
   * known.
   */
  readonly shape: readonly (number | null)[] | undefined;
}

/**
 * Edits a hidden tensor. The shape must stay the same.
 *
 * @param hidden the tensor that the model computed; the model disposes it
 * @returns the same tensor, or another one, which the model then disposes
 */
export type Edit = (hidden: tf.Tensor) => tf.Tensor;

/** An edit and its place. */
export interface EditAt {
  /** The layer's name. */
  readonly layer: string;
  /** The edit of the layer's output. */
  readonly edit: Edit;
}

/**
 * A model of any kind whose hidden tensors can be read and edited while it runs. The model itself
 * is not changed, even if an exception is thrown.
 */
export interface Host {
  /** How errors refer to it. */
  readonly name: string;
  /**
   * Returns what can be read and edited. If that is known only when the model runs, what has been
   * seen so far.
   */
  layers(): readonly HiddenLayer[];
  /**
   * Throws for layers that do not exist; defined only if the layers are known before the model
   * runs.
   *
   * @param layers the layers' names
   * @throws SAE_OPTION
   */
  check?(layers: readonly string[]): void;
  /**
   * Returns hidden tensors of a batch; computes only what they need.
   *
   * @param inputs the model's inputs
   * @param layers the layers' names
   * @returns in the order of `layers`; the caller disposes them.
   * @throws SAE_OPTION for a layer that is not there.
   */
  capture(inputs: ModelInputs, layers: readonly string[]): Promise<tf.Tensor[]>;
  /**
   * Returns the model's outputs, after an edit of a hidden tensor.
   *
   * @param inputs the model's inputs
   * @param at the edit and its place; none by default
   * @returns the caller disposes them.
   * @throws SAE_OPTION for a layer that is not there; whatever the edit throws.
   */
  run(inputs: ModelInputs, at?: EditAt): Promise<tf.Tensor[]>;
  /**
   * Like `run`, but synchronous and in differentiable operations; defined only if the model runs on
   * tfjs and awaits nothing. Call it within `tf.tidy`.
   *
   * @param inputs the model's inputs
   * @param at the edit and its place; none by default
   * @returns the caller disposes them.
   */
  forward?(inputs: ModelInputs, at?: EditAt): tf.Tensor[];
  /**
   * Returns the activation of an output: `'softmax'`, `'sigmoid'`, `'linear'`.
   *
   * @param head the output's number
   * @returns undefined if it is unknown
   */
  outputActivation?(head: number): string | undefined;
}
