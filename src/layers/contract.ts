import type * as tf from '@tensorflow/tfjs-core';

/** One weight: its name in files, its shape, and what it starts from. */
export interface WeightSpec {
  /** Its name in files and in `weight(name)`: `W_gate`. */
  readonly name: string;
  /** `[inputDim, features]` of a matrix, `[features]` of a vector. */
  readonly shape: number[];
  /** Drawn from Glorot's uniform distribution, or the same number everywhere. */
  readonly start: 'glorotUniform' | number;
  /** Whether the optimizer moves it; true by default. */
  readonly trainable?: boolean;
}

/** What a dictionary says of rows before it decodes them: the codes, and how it came to them. */
export type Encoding = {
  /** How much each feature fires, `[batch, features]`. */
  readonly codes: tf.Tensor2D;
} & Readonly<Record<string, tf.Tensor2D>>;

/**
 * One forward pass: what it yields, and what its backward pass needs.
 *
 * @typeParam Saved what an architecture's `forward` keeps for its `backward`, by name
 */
export interface Pass<Saved extends tf.NamedTensorMap = tf.NamedTensorMap> {
  /** How much each feature fires, `[batch, features]`. */
  readonly codes: tf.Tensor2D;
  /** What the codes make of the rows, `[batch, inputDim]`. */
  readonly reconstruction: tf.Tensor2D;
  /** The scalar that training lowers. */
  readonly loss: tf.Scalar;
  /** The loss's parts before their weights, by the names that the logs show. */
  readonly terms: Readonly<Record<string, tf.Scalar>>;
  /** What the backward pass needs: disposed after it. */
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
  /** The gradient of each weight, in that weight's shape, by the weight's name. */
  readonly weights: Readonly<Record<string, tf.Tensor>>;
  /**
   * The gradient of the input, `[batch, inputDim]`, where the input is the target too. Computed only
   * when it is asked for, by whoever then disposes it.
   */
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
