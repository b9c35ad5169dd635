import type * as tf from '@tensorflow/tfjs-core';

/** One weight: its name in files, its shape, and what it starts from. */
export interface WeightSpec {
  /** Its name in files and in `weight(name)`: `W_gate`. */
  readonly name: string;
  /** `[inputDim, features]` of the encoder's matrix, `[features]` of a vector, `[]` of a number. */
  readonly shape: number[];
  /** Drawn from Glorot's uniform distribution, or the same number everywhere. */
  readonly start: 'glorotUniform' | number;
  /** Whether the optimizer moves it. */
  readonly trainable: boolean;
}

/** The encoder's weights: one matrix, and vectors with an entry for each feature. */
export interface EncoderSpec {
  /** The name of the matrix `[inputDim, features]`, which starts from Glorot's uniform distribution. */
  readonly matrix: string;
  /** The vectors `[features]` by their names, in the order of files. */
  readonly vectors: Readonly<Record<string, VectorSpec>>;
}

/** One of the encoder's vectors. */
export interface VectorSpec {
  /** What each entry starts from. */
  readonly start: number;
  /** What no entry is below after a step; anything by default. */
  readonly least?: number;
}

/** Numbers that an architecture learns without a gradient, and that are saved with its weights. */
export interface StateSpec {
  /** Whether there is one for each feature, `[features]`, or one alone, `[]`. */
  readonly of: 'feature' | 'dictionary';
  /** What they start from. */
  readonly start: number;
}

/** One part of the loss. */
export interface Term {
  /** Its name in the logs, which show it before its weight: `L_sparsity`. */
  readonly name: string;
  /** Its weight in the loss. */
  readonly weight: number;
  /**
   * What it is of: the squared error of the reconstruction, that of the second reconstruction, a
   * penalty that the activation gives, one that it gives of dead features alone, or their revival.
   */
  readonly of: 'reconstruction' | 'second' | 'penalty' | 'dead' | 'revival';
  /**
   * Of a penalty: whether what it sums of each feature is weighed by the norm of the feature's decoder row,
   * which then has a gradient of it too; false by default.
   */
  readonly byDecoderNorm?: boolean;
  /** Of a second reconstruction: whether the decoder has a gradient of it too; false by default. */
  readonly trainsDecoder?: boolean;
}

/** What a step has seen, for an architecture that learns of it without a gradient. */
export interface Seen {
  /** Rows of the batch. */
  readonly rows: number;
  /** By feature the rows on which it has fired, `[features]`. */
  readonly firing: tf.Tensor1D;
  /** The least code above 0, `[]`; 0 where no feature has fired. */
  readonly least: tf.Scalar;
}

/**
 * What a dictionary says of rows before it decodes them: the codes, and how it came to them.
 *
 * @typeParam Details what it shows beside the codes, by name
 */
export type Encoding<Details extends tf.NamedTensorMap = tf.NamedTensorMap> = {
  /** How much each feature fires, `[batch, features]`. */
  readonly codes: tf.Tensor2D;
} & { readonly [Name in keyof Details]: tf.Tensor2D };

/**
 * What an architecture makes of its encoder's products.
 *
 * @typeParam Own what `differentiate` needs of it beside the codes, by name
 * @typeParam Details what `encodeDetailed` shows beside the codes, by name
 */
export interface Activation<
  Own extends tf.NamedTensorMap = tf.NamedTensorMap,
  Details extends tf.NamedTensorMap = tf.NamedTensorMap,
> {
  /** How much each feature fires, `[batch, features]`. */
  readonly codes: tf.Tensor2D;
  /** Codes `[batch, features]` of a second reconstruction of the target, where the loss has one. */
  readonly second?: tf.Tensor2D;
  /** What each penalty of `terms` sums over a row, `[batch, features]`, in their order. */
  readonly penalties: readonly tf.Tensor2D[];
  /** What `encodeDetailed` shows beside the codes, each `[batch, features]`. */
  readonly details: Details;
  /** What `differentiate` needs beside the codes. */
  readonly saved: Own;
}

/**
 * What a forward pass keeps for its backward pass.
 *
 * @typeParam Own what the activation has kept, by name
 */
export type Saved<Own extends tf.NamedTensorMap = tf.NamedTensorMap> = Own & {
  /** The rows, of an autoencoder less `b_dec`, `[batch, inputDim]`. */
  readonly xc: tf.Tensor2D;
  /** `[batch, features]` */
  readonly codes: tf.Tensor2D;
  /** The reconstruction less the target, `[batch, outputDim]`. */
  readonly error: tf.Tensor2D;
  /** The same of the second reconstruction, where there is one. */
  readonly secondError?: tf.Tensor2D;
  /** The codes of the second reconstruction, where the decoder has a gradient of them. */
  readonly second?: tf.Tensor2D;
  /** What penalties by the decoder's norms sum, before those weigh it, over the batch: `[features]`. */
  readonly penaltySums?: tf.Tensor1D;
  /** The same of the nested dictionaries, from the smallest on, `[dictionaries · batch, inputDim]`. */
  readonly nestedErrors?: tf.Tensor2D;
  /** What revives dead features, where some are dead. */
  readonly revived?: tf.Tensor2D;
  /** What they leave of the error, `[batch, inputDim]`. */
  readonly revivalError?: tf.Tensor2D;
  /** By what its squares are divided, `[]`. */
  readonly revivalScale?: tf.Scalar;
};

/** Derivatives of the loss by what the activation has given. */
export interface ActivationGradient {
  /** By the codes, `[batch, features]`. */
  readonly codes: tf.Tensor2D;
  /** By the codes of the second reconstruction, `[batch, features]`, where there is one. */
  readonly second: tf.Tensor2D | undefined;
  /** By each number that a penalty sums, in their order: its weight in the mean, `[]` or `[features]`. */
  readonly penalties: readonly tf.Tensor[];
}

/** What an activation's backward pass yields. */
export interface ProductGradient {
  /** By the products, `[batch, features]`. */
  readonly dP: tf.Tensor2D;
  /** The same summed over the batch, `[features]`. */
  readonly dPSum: tf.Tensor1D;
  /** By each of the encoder's vectors, `[features]`, by name. */
  readonly vectors: Readonly<Record<string, tf.Tensor1D>>;
  /** By the norm of each decoder row, `[features]`, where the penalty is of them in a way of its own. */
  readonly norms?: tf.Tensor1D;
}

/** One forward pass: what it yields, and what its backward pass needs. */
export interface Pass {
  /** How much each feature fires, `[batch, features]`. */
  readonly codes: tf.Tensor2D;
  /** What the codes make of the rows, `[batch, outputDim]`. */
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
  /** Derivative by the reconstruction `[batch, outputDim]`, where somebody uses it. */
  readonly dReconstruction?: tf.Tensor2D;
  /** Derivative by the codes `[batch, features]`, where somebody uses them. */
  readonly dCodes?: tf.Tensor2D;
  /** The numbers of features of nested dictionaries in the forward pass; those of training by default. */
  readonly prefixes?: readonly number[] | undefined;
}

/** What one backward pass yields. */
export interface Gradients {
  /** The gradient of each weight, in that weight's shape, by the weight's name. */
  readonly weights: Readonly<Record<string, tf.Tensor>>;
  /**
   * The gradient of an autoencoder's input, `[batch, inputDim]`, which is its target too. Computed only
   * when it is asked for, by whoever then disposes it.
   */
  readonly input: () => tf.Tensor2D;
}

/** How the WebAssembly kernels compute an architecture. */
export interface KernelSpec {
  /** The function in kernels/assembly that sets what is the architecture's own. */
  readonly name: string;
  /** Numbers that they take, four at most, read anew at each pass. */
  readonly own?: readonly number[];
  /** What a code has to be above in a pass that trains nothing; 0 by default. */
  readonly floor?: () => number;
  /** Whether they have derivatives by the norms of decoder rows of their own; false by default. */
  readonly norms?: boolean;
}
