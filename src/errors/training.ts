import { wrongOption } from './options';
import { SAEError } from './saeError';
import { show } from './words';

/** A warning: a training pass of a layer whose own loss was not used. */
export const lossNotTaken = (where: string): string =>
  `${where} has a loss of its own, which nobody took in the last training pass: it was not trained by it. Where you call it in a layer of your own, hand on its losses; by hand, add layer.calculateLosses().`;

/** Training or evaluation before `compile`. */
export function notCompiled(where: string): SAEError {
  return new SAEError(
    'SAE_STATE',
    where,
    'expected a compiled model; received one without an optimizer. Call compile({optimizer: new KerasAdam()}) first.',
  );
}

/** A bias or a scale from the data, for a dictionary that was trained with another. */
export function alreadyTrained(where: string, received: string, what = 'b_dec'): SAEError {
  return new SAEError(
    'SAE_STATE',
    where,
    `expected a model before its training; received ${received}, whose ${what} this would replace. Leave it out, or give force: true.`,
  );
}

/** Folding a scale that is not known. */
export function noScale(where: string): SAEError {
  const text =
    'expected a scale that is learnt; received none. Train the model, or call initNormalization(x) first.';
  return new SAEError('SAE_STATE', where, text);
}

/** A warning: training continues after the end of a schedule, and changes nothing. */
export const scheduleEnded = (where: string, iterations: number, totalSteps: number): string =>
  `${where}: the learning rate is 0 from here on, for ${iterations} steps have been taken and the schedule has totalSteps: ${totalSteps}. Set optimizer.learningRate to train on.`;

/** Training of a model or layer that is frozen. */
export function nothingToTrain(where: string): SAEError {
  return new SAEError(
    'SAE_STATE',
    where,
    'expected weights to train; received a model whose weights are all frozen. Set trainable = true first.',
  );
}

/** A second training while one is running. */
export function alreadyTraining(where: string): SAEError {
  return new SAEError(
    'SAE_STATE',
    where,
    'expected one training at a time; received a second call of fit. Wait for the first to end.',
  );
}

/** A callback or dataset that threw undefined or the like, which explains nothing. */
export function nothingThrown(where: string, thrown: unknown): SAEError {
  const expected = 'callbacks, metrics and data that throw an Error where they fail';
  const advice = 'One of them threw that: have it throw an Error that says what is wrong.';
  return wrongOption(where, expected, thrown, advice);
}

/** A callback used where it cannot work. */
export function wrongMoment(where: string, expected: string, received: string): SAEError {
  const text = `expected ${expected}; received ${received}. Give it as a callback to fit or fitDataset of a GatedSAE or another dictionary.`;
  return new SAEError('SAE_STATE', where, text);
}

/**
 * The failure of one model's training beside others.
 *
 * @param model the model, as errors refer to it
 * @param reason what ended it
 */
export function stoppedTogether(where: string, model: string, reason: unknown): SAEError {
  const code = reason instanceof SAEError ? reason.code : 'SAE_STATE';
  const said = String(reason instanceof Error ? reason.message : reason).replace(/\.$/, '');
  const text = `expected every model to train to its end; ${model} has stopped: ${said}. The others have gone on to their end.`;
  return new SAEError(code, where, text, { cause: reason });
}

/** A setting that differs from the one a training began with. */
export function otherTraining(
  where: string,
  name: string,
  expected: unknown,
  received: unknown,
): SAEError {
  const isData = name === 'rows' || name === 'batches';
  return new SAEError(
    isData ? 'SAE_DATA' : 'SAE_OPTION',
    isData ? where : `${where}.${name}`,
    `expected ${show(expected)}${isData ? ` ${name}` : ''}, with which the training was begun; received ${show(received)}. Train on as it was begun, or without resumeAt.`,
  );
}

/** A place in the training of another model. */
export function otherModel(where: string, expected: string, received: string): SAEError {
  const text = `expected the model that resume gave with this place, ${expected}; received one ${received}. Train the model that came with the place.`;
  return new SAEError('SAE_STATE', `${where}.resumeAt`, text);
}

/** A dataset that ends before the place where training should continue. */
export function tooFewBatches(where: string, expected: number, received: number): SAEError {
  const text = `expected at least ${expected} batches, which have been trained on; received ${received}. Train on with the data that it was begun with, or without resumeAt.`;
  return new SAEError('SAE_DATA', where, text);
}
