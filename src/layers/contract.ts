import type * as tf from '@tensorflow/tfjs-core';

/** One weight: its name in files, its shape, and what it starts from. */
export interface WeightSpec {
  readonly name: string;
  readonly shape: number[];
  /** Drawn at random, or the same number everywhere. */
  readonly start: 'glorotUniform' | number;
  /** Whether the optimizer moves it; true by default. */
  readonly trainable?: boolean;
}

/** What a dictionary says of rows before it decodes them: the codes, and how it came to them. */
export type Encoding = { readonly codes: tf.Tensor2D } & Readonly<Record<string, tf.Tensor2D>>;

/** One forward pass: what it yields, and what its backward pass needs. */
export interface Pass<Saved extends tf.NamedTensorMap = tf.NamedTensorMap> {
  /** `[batch, features]` */
  readonly codes: tf.Tensor2D;
  /** `[batch, inputDim]` */
  readonly reconstruction: tf.Tensor2D;
  /** The scalar that training lowers. */
  readonly loss: tf.Scalar;
  /** The loss's parts before their weights, by the names that the logs show. */
  readonly terms: Readonly<Record<string, tf.Scalar>>;
  readonly saved: Saved;
}

/** What comes back to a layer from behind it. */
export interface Upstream {
  /** Derivative of the whole by this layer's own loss: 1 where that loss is simply added. */
  readonly dLoss: tf.Scalar | number;
  /** Derivative by the reconstruction `[batch, inputDim]`, where somebody uses it. */
  readonly dReconstruction?: tf.Tensor2D;
  /** Derivative by the codes `[batch, features]`, where somebody uses them. */
  readonly dCodes?: tf.Tensor2D;
}

/** What one backward pass yields. */
export interface Gradients {
  /** By weight name. */
  readonly weights: Readonly<Record<string, tf.Tensor>>;
  /** By the input, where that is the target too; computed only when asked for. */
  readonly input: () => tf.Tensor2D;
}

/**
 * How the WebAssembly kernels compute an architecture whose encoder is one matrix
 * `[inputDim, features]`, then vectors `[features]`.
 */
export interface KernelSpec {
  /** The function in kernels/assembly that sets what is the architecture's own. */
  readonly name: string;
  /** The weight in the loss of each term, in the order of `termNames`. */
  readonly termWeights: readonly number[];
  /** Reconstructions of a row: 2 where the loss has one that the codes do not give. */
  readonly reconstructions: 1 | 2;
}
