import { SAEError } from './saeError';
import { show } from './words';

/** A disposed tensor, or a tidy around an asynchronous call. */
export function disposedTensor(where: string): SAEError {
  return new SAEError(
    'SAE_STATE',
    where,
    'expected a tensor that holds its values; received one that is disposed. Dispose it once all that uses it is awaited; what tf.tidy has made is gone at its end.',
  );
}

/** A batch that its dataset has yielded before. */
export function disposedBatch(where: string): SAEError {
  const text =
    'expected a batch that holds its values; received one that is disposed, as each is once it is used. Have the dataset make its batches anew in each pass, as tf.data.generator does.';
  return new SAEError('SAE_DATA', where, text);
}

/** A model that is used, or continues training, after its `dispose`. */
export function disposedModel(where: string, cause?: unknown): SAEError {
  return new SAEError(
    'SAE_STATE',
    where,
    'expected a model that holds its weights; received one that is disposed. Await fit before dispose, having set stopTraining = true to end it early; or make or load the model anew.',
    cause === undefined ? undefined : { cause },
  );
}

/** A layer that does not know its input's width yet. */
export function notBuilt(where: string): SAEError {
  return new SAEError(
    'SAE_STATE',
    where,
    'expected a layer that is built; received one that has seen no input. Apply it to rows, or give inputShape in a model.',
  );
}

/** Something that only works in a page, called elsewhere. */
export function notInPage(where: string): SAEError {
  const text = 'expected a page with a document; there is none here. Use toSVG, toPNG or toHTML.';
  return new SAEError('SAE_STATE', where, text);
}

/** A transcoder trained by another model, which has no target for it. */
export function noTarget(where: string): SAEError {
  const what =
    'expected a frozen layer in a model that is trained, as it is a transcoder; received one to be trained, whose target the model cannot give. Train it as a model of its own with fit(x, y), and set trainable: false here.';
  return new SAEError('SAE_STATE', where, what);
}

/** A dictionary inside `timeDistributed` in a model, where tfjs does not ask for its loss. */
export function dictionaryInSteps(where: string, wrapper: string): SAEError {
  const what = `expected a place of its own in the model, to be trained; received one within a model in "${wrapper}", where tfjs takes no layer's loss. It takes input of any rank: use the model's layers directly, or freeze it (trainable: false).`;
  return new SAEError('SAE_STATE', where, what);
}

/** Optimizer state that does not belong to the variables it should update. */
export function wrongOptimizerState(where: string, expected: string, received: string): SAEError {
  return new SAEError(
    'SAE_STATE',
    where,
    `expected ${expected}; received ${received}. Load the state that was saved with this model, or start with a new optimizer.`,
  );
}

/** A training step that cannot be sparse, although that was requested. */
export function noSparseStep(where: string, obstacle: string): SAEError {
  return new SAEError(
    'SAE_STATE',
    where,
    `expected what step: 'sparse' needs; received ${show(obstacle)}. Compile with step: 'auto'.`,
  );
}

/** Kernels that stopped in the middle of an operation; the weights are in the layer. */
export function kernelsLost(where: string, error: Error): SAEError {
  return new SAEError(
    'SAE_STATE',
    where,
    `expected its threads to finish; received ${show(error.message)}. Weights are those after the last whole step: save them, or train on.`,
    { cause: error },
  );
}
