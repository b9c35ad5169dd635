import type * as tf from '@tensorflow/tfjs-core';

/** What a model takes: one tensor, several in the model's order, or tensors by the names of its inputs. */
export type ModelInputs = tf.Tensor | tf.Tensor[] | tf.NamedTensorMap;

/** A hidden tensor of somebody's model. */
export interface HiddenLayer {
  /** By which it is asked for: a layer's name, `block/conv` in a nested model, a node's or a tensor's. */
  readonly name: string;
  /** What makes it: the class of the layer, the operation of the node. */
  readonly kind: string;
  /** Its shape; null where an axis is known only when the model runs. Undefined where no axis is known. */
  readonly shape: readonly (number | null)[] | undefined;
}

/**
 * What becomes of a hidden tensor. Its shape stays.
 *
 * @param hidden as the model has computed it; it is the model's to dispose
 * @returns the same tensor, or another, which the model then disposes
 */
export type Edit = (hidden: tf.Tensor) => tf.Tensor;

/** The place of an edit. */
export interface EditAt {
  /** The layer's name. */
  readonly layer: string;
  /** What becomes of its output. */
  readonly edit: Edit;
}

/**
 * A model of somebody's, of whatever kind, whose hidden tensors can be read and changed on their way. It is
 * left as it was, after an exception too.
 */
export interface Host {
  /** What errors call it. */
  readonly name: string;
  /** What can be read and changed. Where that is known only when the model runs, what has been met so far. */
  layers(): readonly HiddenLayer[];
  /**
   * Refuses layers that are not there; only where that is known before the model runs.
   *
   * @param layers their names
   * @throws SAE_OPTION
   */
  check?(layers: readonly string[]): void;
  /**
   * Hidden tensors of a batch; only what they need is computed.
   *
   * @param inputs what the model takes
   * @param layers their names
   * @returns in the order of `layers`; the caller disposes them.
   * @throws SAE_OPTION for a layer that is not there.
   */
  capture(inputs: ModelInputs, layers: readonly string[]): Promise<tf.Tensor[]>;
  /**
   * The model's outputs, with a hidden tensor put through an edit.
   *
   * @param inputs what the model takes
   * @param at the edit and its place; none by default
   * @returns the caller disposes them.
   * @throws SAE_OPTION for a layer that is not there; what the edit throws.
   */
  run(inputs: ModelInputs, at?: EditAt): Promise<tf.Tensor[]>;
  /**
   * The same at once, in operations that can be differentiated; only where the model runs on tfjs and waits
   * for nothing. To be called from within `tf.tidy`.
   *
   * @param inputs what the model takes
   * @param at the edit and its place; none by default
   * @returns the caller disposes them.
   */
  forward?(inputs: ModelInputs, at?: EditAt): tf.Tensor[];
  /**
   * What makes an output: `'softmax'`, `'sigmoid'`, `'linear'`.
   *
   * @param head the output's number
   * @returns undefined where nobody knows
   */
  outputActivation?(head: number): string | undefined;
}
