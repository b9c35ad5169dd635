import type * as tf from '@tensorflow/tfjs-core';

/** One weight: its name in files, its shape and its initial value. */
export interface WeightSpec {
  /** Its name in files and in `weight(name)`: `W_gate`. */
  readonly name: string;
  /** `[inputDim, features]` of the encoder's matrix, `[features]` of a vector, `[]` of a number. */
  readonly shape: number[];
  /**
   * `'glorotUniform'` to draw from Glorot's uniform distribution, or one number for every entry.
   */
  readonly start: 'glorotUniform' | number;
  /** Whether the optimizer updates it. */
  readonly trainable: boolean;
}

/** The encoder's weights: one matrix, and vectors with one entry per feature. */
export interface EncoderSpec {
  /**
   * The name of the matrix `[inputDim, features]`, which is drawn from Glorot's uniform
   * distribution.
   */
  readonly matrix: string;
  /** The vectors `[features]` by name, in the order of files. */
  readonly vectors: Readonly<Record<string, VectorSpec>>;
}

/**
 * How codes follow from products with the encoder's matrix, for those who compute them without tfjs. A layer
 * class states its own as `encoderForm`; subclasses do not inherit it, since they may compute otherwise.
 */
export type EncoderForm = 'gated' | 'relu' | 'topk' | 'threshold';

/** One of the encoder's vectors. */
export interface VectorSpec {
  /** The initial value of every entry. */
  readonly start: number;
  /** The least value of an entry after a step; unbounded by default. */
  readonly least?: number;
}

/** Numbers that an architecture learns without a gradient; they are saved with its weights. */
export interface StateSpec {
  /** Whether there is one number per feature, `[features]`, or a single one, `[]`. */
  readonly of: 'feature' | 'dictionary';
  /** The initial value. */
  readonly start: number;
}

/** One part of the loss. */
export interface Term {
  /** Its name in the logs, which show it before weighting: `L_sparsity`. */
  readonly name: string;
  /** Its weight in the loss. */
  readonly weight: number;
  /**
   * What it measures: the squared error of the reconstruction, the squared error of the second
   * reconstruction, a penalty that the activation returns, a penalty on dead features alone, or the
   * revival of dead features.
   */
  readonly of: 'reconstruction' | 'second' | 'penalty' | 'dead' | 'revival';
  /**
   * For a penalty: whether each feature's part is multiplied by the norm of its decoder row, which
   * then gets a gradient too; false by default.
   */
  readonly byDecoderNorm?: boolean;
  /**
   * For a second reconstruction: whether the decoder gets a gradient from it too; false by default.
   */
  readonly trainsDecoder?: boolean;
}

/** What a step has observed, for an architecture that learns from it without a gradient. */
export interface Seen {
  /** Rows of the batch. */
  readonly rows: number;
  /** The number of rows on which each feature fired, `[features]`. */
  readonly firing: tf.Tensor1D;
  /** The smallest code above 0, `[]`; 0 if no feature fired. */
  readonly least: tf.Scalar;
}

/**
 * The codes of rows, with the intermediate values that led to them.
 *
 * @typeParam Details the tensors returned besides the codes, by name
 */
export type Encoding<Details extends tf.NamedTensorMap = tf.NamedTensorMap> = {
  /** How strongly each feature fires, `[batch, features]`. */
  readonly codes: tf.Tensor2D;
} & { readonly [Name in keyof Details]: tf.Tensor2D };

/**
 * What an architecture computes from its encoder's products.
 *
 * @typeParam Own the tensors that `differentiate` needs besides the codes, by name
 * @typeParam Details the tensors that `encodeDetailed` returns besides the codes, by name
 */
export interface Activation<
  Own extends tf.NamedTensorMap = tf.NamedTensorMap,
  Details extends tf.NamedTensorMap = tf.NamedTensorMap,
> {
  /** How strongly each feature fires, `[batch, features]`. */
  readonly codes: tf.Tensor2D;
  /** Codes `[batch, features]` of a second reconstruction of the target, if the loss has one. */
  readonly second?: tf.Tensor2D;
  /**
   * The values that each penalty of `terms` sums over a row, `[batch, features]`, in the order of
   * the penalties.
   */
  readonly penalties: readonly tf.Tensor2D[];
  /** What `encodeDetailed` returns besides the codes, each `[batch, features]`. */
  readonly details: Details;
  /** What `differentiate` needs besides the codes. */
  readonly saved: Own;
}

/**
 * What a forward pass keeps for its backward pass.
 *
 * @typeParam Own the tensors that the activation keeps, by name
 */
export type Saved<Own extends tf.NamedTensorMap = tf.NamedTensorMap> = Own & {
  /** The rows, `[batch, inputDim]`; an autoencoder's are less `b_dec`. */
  readonly xc: tf.Tensor2D;
  /** The codes, `[batch, features]`. */
  readonly codes: tf.Tensor2D;
  /** The reconstruction minus the target, `[batch, outputDim]`. */
  readonly error: tf.Tensor2D;
  /** The error of the second reconstruction, if there is one. */
  readonly secondError?: tf.Tensor2D;
  /** The codes of the second reconstruction, if the decoder gets a gradient from them. */
  readonly second?: tf.Tensor2D;
  /**
   * For penalties weighted by decoder norms: their sums over the batch before weighting,
   * `[features]`.
   */
  readonly penaltySums?: tf.Tensor1D;
  /** The errors of the nested dictionaries, smallest first, `[dictionaries · batch, inputDim]`. */
  readonly nestedErrors?: tf.Tensor2D;
  /** The codes that revive dead features, if some are dead. */
  readonly revived?: tf.Tensor2D;
  /** The part of the error that the revival leaves, `[batch, inputDim]`. */
  readonly revivalError?: tf.Tensor2D;
  /** The divisor of its squared error, `[]`. */
  readonly revivalScale?: tf.Scalar;
};

/** Derivatives of the loss with respect to what the activation returned. */
export interface ActivationGradient {
  /** With respect to the codes, `[batch, features]`. */
  readonly codes: tf.Tensor2D;
  /**
   * With respect to the codes of the second reconstruction, `[batch, features]`, if there is one.
   */
  readonly second: tf.Tensor2D | undefined;
  /**
   * With respect to each number that a penalty sums, in the order of the penalties: its weight in
   * the mean, `[]` or `[features]`.
   */
  readonly penalties: readonly tf.Tensor[];
}

/** What an activation's backward pass returns. */
export interface ProductGradient {
  /** The derivative with respect to the products, `[batch, features]`. */
  readonly dP: tf.Tensor2D;
  /** The same summed over the batch, `[features]`. */
  readonly dPSum: tf.Tensor1D;
  /** With respect to each of the encoder's vectors, `[features]`, by name. */
  readonly vectors: Readonly<Record<string, tf.Tensor1D>>;
  /**
   * With respect to the norm of each decoder row, `[features]`, if the penalty depends on norms in
   * a way of its own.
   */
  readonly norms?: tf.Tensor1D;
}

/** The results of one forward pass, and what its backward pass needs. */
export interface Pass {
  /** How strongly each feature fires, `[batch, features]`. */
  readonly codes: tf.Tensor2D;
  /** The reconstruction of the rows from the codes, `[batch, outputDim]`. */
  readonly reconstruction: tf.Tensor2D;
  /** The scalar that training minimizes. */
  readonly loss: tf.Scalar;
  /** The terms of the loss before weighting, by their names in the logs. */
  readonly terms: Readonly<Record<string, tf.Scalar>>;
  /** What the backward pass needs; it is disposed afterwards. */
  readonly saved: Saved;
}

/** The derivatives that a layer receives from the layers after it. */
export interface Upstream {
  /**
   * The derivative of the total loss with respect to this layer's own loss: 1 if that loss is
   * simply added.
   */
  readonly dLoss: tf.Scalar | number;
  /** With respect to the reconstruction `[batch, outputDim]`, if it is used. */
  readonly dReconstruction?: tf.Tensor2D;
  /** With respect to the codes `[batch, features]`, if they are used. */
  readonly dCodes?: tf.Tensor2D;
  /**
   * The numbers of features of the nested dictionaries in the forward pass; those of training by
   * default.
   */
  readonly prefixes?: readonly number[] | undefined;
}

/** What one backward pass returns. */
export interface Gradients {
  /** The gradient of each weight, in the weight's shape, by name. */
  readonly weights: Readonly<Record<string, tf.Tensor>>;
  /**
   * Computes the gradient of an autoencoder's input, which is its target too, `[batch, inputDim]`.
   * It is computed only when called; the caller disposes it.
   */
  readonly input: () => tf.Tensor2D;
}

/** How the WebAssembly kernels compute an architecture. */
export interface KernelSpec {
  /** The function in kernels/assembly that sets up the architecture's own part. */
  readonly name: string;
  /** Numbers that the kernels take, four at most, read again at each pass. */
  readonly own?: readonly number[];
  /** The value that a code must exceed in a pass that does not train; 0 by default. */
  readonly floor?: () => number;
  /**
   * Whether the kernels return their own derivatives with respect to decoder row norms; false by
   * default.
   */
  readonly norms?: boolean;
}
