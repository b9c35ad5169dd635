import { nearest } from '../optionNames';
import { SAEError } from './saeError';
import { shapeText, show } from './words';

/** The most names that an error lists. */
const MOST_NAMES = 12;

/** A layer that a model does not have. */
export function noHiddenLayer(host: string, name: string, known: readonly string[]): SAEError {
  const near = typeof name === 'string' ? nearest(name, known) : undefined;
  const more = known.length > MOST_NAMES ? `, … (${known.length} of them)` : '';
  const advice = near ? `Did you mean "${near}"?` : 'Take one that listLayers(model) names.';
  const names = known.length === 0 ? 'none yet' : known.slice(0, MOST_NAMES).join(', ') + more;
  const text = `expected one of its layers: ${names}; received ${show(name)}. ${advice}`;
  return new SAEError('SAE_OPTION', host, text);
}

/** A layer that is used at several places of a model. */
export function sharedLayer(host: string, name: string, uses: number): SAEError {
  const text = `expected a layer that is used once; received ${show(name)}, which is used ${uses} times. Give each place a layer of its own, or take the layer behind one of them.`;
  return new SAEError('SAE_OPTION', host, text);
}

/** An edit that returned another shape than it received. */
export function reshapedByEdit(
  host: string,
  layer: string,
  expected: readonly number[],
  received: readonly number[],
): SAEError {
  const text = `expected an edit of "${layer}" that keeps the shape ${shapeText(expected)}; received ${shapeText(received)}. Give back a tensor of the same shape.`;
  return new SAEError('SAE_SHAPE', host, text);
}

/** Something that is not an input of a model. */
export function noInputs(where: string, received: unknown): SAEError {
  const text = `expected the model's inputs: a tensor [examples, ...], a list or an object of tensors, or a dataset of batches of them; received ${show(received)}. Give what model.predict takes.`;
  return new SAEError('SAE_DATA', where, text);
}

/** Inputs with different numbers of examples. */
export function unequalInputs(where: string, lengths: readonly number[]): SAEError {
  const text = `expected inputs of as many examples each; received ${lengths.join(', ')}. Give one row of each for each example.`;
  return new SAEError('SAE_DATA', where, text);
}

/** A mask that does not fit the positions of a layer. */
export function wrongMask(
  where: string,
  [examples, each]: readonly [number, number],
  received: unknown,
): SAEError {
  const text = `expected a tensor of ${examples} × ${each} flags, one for each position; received ${show(received)}. Give 1 for what counts, and 0 for the rest.`;
  return new SAEError('SAE_DATA', `${where}.mask`, text);
}

/** Tokens to exclude, although there are no tokens. */
export function noTokens(where: string, positions: number, received: unknown): SAEError {
  const text = `expected inputs that are tokens, one for each of ${positions} positions; received ${show(received)}. Leave the positions out by a mask.`;
  return new SAEError('SAE_DATA', `${where}.excludeTokens`, text);
}

/** A dictionary whose width differs from that of the layer. */
export function wrongSpliceWidth(
  where: string,
  inputDim: number,
  shape: readonly (number | null)[],
): SAEError {
  const text = `expected activations [..., ${inputDim}], as the dictionary has them; received ${shapeText(shape)}. Take the layer that it was trained on; its last axis counts.`;
  return new SAEError('SAE_SHAPE', where, text);
}

/** A dictionary that was made for another layer. */
export function wrongSpliceLayer(where: string, names: readonly string[], layer: string): SAEError {
  const text = `expected the layer that the dictionary was made for: ${names.map(show).join(' or ')}; received ${show(layer)}. Take that layer, or give force: true where it is this one under another name.`;
  return new SAEError('SAE_OPTION', `${where}.layer`, text);
}

/** A dictionary with mean norm whose scale is not set. */
export function scaleNotLearnt(where: string): SAEError {
  const text =
    'expected a dictionary whose scale is known; received one with mean norm that has not learnt it. Call sae.initNormalization(rows) first, or give force: true to leave rows as they come.';
  return new SAEError('SAE_OPTION', `${where}.sae`, text);
}

/** A transcoder, which reads one place of a model and writes another. */
export function noSpliceTranscoder(where: string): SAEError {
  const text =
    'expected an autoencoder, whose rows are those of one layer; received a transcoder. Run it by hand between its two layers, in a hookedModel.';
  return new SAEError('SAE_UNSUPPORTED', `${where}.sae`, text);
}

/** A model that cannot be rebuilt from its configuration. */
export function notRebuilt(host: string, error: Error): SAEError {
  const text = `expected a model of layers that tfjs can make anew from their configuration; received ${show(error.message)}. Register its own layers by tf.serialization.registerClass, with getConfig, or put the model into hookedModel.`;
  return new SAEError('SAE_UNSUPPORTED', host, text, { cause: error });
}

/** A saved dictionary of an unknown class. */
export function unknownDictionaryLayer(className: string): SAEError {
  const text = `expected the class of a dictionary's layer; received ${show(className)}. Import what registers it before the model is loaded.`;
  return new SAEError('SAE_OPTION', 'SplicedSAELayer.dictionary', text);
}

/** A tensor of an ONNX model whose type has no counterpart in tfjs. */
export function unsupportedOnnxTensor(host: string, name: string, type: string): SAEError {
  const text = `expected "${name}" to be of numbers, booleans or texts; received ${type}. Take another tensor.`;
  return new SAEError('SAE_UNSUPPORTED', host, text);
}

/** Inputs that a model needs and that were not given, or the reverse. */
export function wrongOnnxInputs(
  host: string,
  expected: readonly string[],
  received: readonly string[],
): SAEError {
  const names = received.length === 0 ? 'none' : received.map((name) => show(name)).join(', ');
  const text = `expected the inputs ${expected.join(', ')}; received ${names}. Give each of them, by its name or in this order.`;
  return new SAEError('SAE_OPTION', host, text);
}

/** The message of a runtime that rejects a model. */
export function refusedByRuntime(host: string, runtime: string, error: unknown): SAEError {
  const said = show((error as Error)?.message);
  const text = `expected a model that ${runtime} runs; received one of which it says ${said}. Try the untouched file there, or other options of its session.`;
  return new SAEError('SAE_UNSUPPORTED', host, text, { cause: error });
}

/** Inputs that a model rejects, in tfjs's words. */
export function inputsNotTaken(host: string, error: Error): SAEError {
  const text = `expected inputs that the model takes; received others: ${show(error.message)}. Give what model.predict takes.`;
  return new SAEError('SAE_DATA', host, text, { cause: error });
}
