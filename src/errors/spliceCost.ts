import { SAEError } from './saeError';
import { shapeText, show } from './words';

/** A metric that needs targets. */
export function noTargets(where: string, metric: string): SAEError {
  const text = `expected targets for the metric ${metric}; received none. Give a dataset of {xs, ys}, or the option targets: class numbers or a tensor, one for each example; or take metric: "kl".`;
  return new SAEError('SAE_DATA', `${where}.targets`, text);
}

/** Targets that do not fit the outputs. */
export function wrongTargets(
  where: string,
  outputs: readonly number[],
  received: unknown,
): SAEError {
  const classes = shapeText(outputs.slice(0, -1));
  const text = `expected class numbers ${classes} or values ${shapeText(outputs)}, as the outputs are; received ${show(received)}. Give one for each output.`;
  return new SAEError('SAE_DATA', `${where}.targets`, text);
}

/** A number of targets that differs from that of examples. */
export function unequalTargets(where: string, examples: number, targets: number): SAEError {
  const text = `expected a target for each of ${examples} examples; received ${targets}. Give as many targets as the data has examples.`;
  return new SAEError('SAE_DATA', `${where}.targets`, text);
}

/** A class that the outputs do not have. */
export function noClass(where: string, classes: number, received: unknown): SAEError {
  const text = `expected class numbers below ${classes}, or below 0 for what does not count; received ${show(received)}. Count classes from 0.`;
  return new SAEError('SAE_DATA', `${where}.targets`, text);
}

/** Outputs of an unknown kind. */
export function unknownOutputs(where: string, metric: string): SAEError {
  const text = `expected a word on what the model's outputs are, for the metric ${metric}: "probabilities", "logits" or "values"; received none, and its last layer does not tell. Give outputs: "logits", say.`;
  return new SAEError('SAE_OPTION', `${where}.outputs`, text);
}

/** Outputs or hidden tensors whose first axis does not count examples. */
export function notByExample(
  where: string,
  what: string,
  examples: number,
  shape: readonly number[],
): SAEError {
  const text = `expected ${what} with ${examples} examples along its first axis; received ${shapeText(shape)}. Take a layer or an output that has one entry for each example.`;
  return new SAEError('SAE_SHAPE', where, text);
}

/** A model without gradients. */
export function notDifferentiable(where: string, host: string, advice: string): SAEError {
  const text = `expected a model that tfjs computes, for gradients; received ${host}, which another runtime does. ${advice}`;
  return new SAEError('SAE_UNSUPPORTED', where, text);
}

/** An operation of a model that a backend has no gradient for. */
export function noGradientKernel(
  where: string,
  kernel: string,
  backend: string,
  others: readonly string[],
  advice: string,
): SAEError {
  const loaded = others.length > 0 ? others.map(show).join(', ') : 'none that is loaded';
  const text = `expected a backend with ${kernel}, which the model's gradient takes; received ${show(backend)}, which has none. Call tf.setBackend for one that has it (${loaded}; the cpu backend of tfjs has all), or ${advice}`;
  return new SAEError('SAE_UNSUPPORTED', where, text);
}

/** An operation of a model that has no gradient at all. */
export function noGradient(where: string, error: Error, advice: string): SAEError {
  const text = `expected a model with a gradient; received one of which tfjs says ${show(error.message)}. Rewrite that operation by others, or ${advice}`;
  return new SAEError('SAE_UNSUPPORTED', where, text, { cause: error });
}

/** More than the one example that is explained. */
export function notOneExample(where: string, examples: number): SAEError {
  const text = `expected one example, with its axis: [1, ...]; received ${examples}. Slice the one that you want: tf.slice(x, i, 1).`;
  return new SAEError('SAE_DATA', where, text);
}
