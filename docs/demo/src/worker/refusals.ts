import { SAEError } from 'gated-sae-tfjs';
import { PIXELS, SIDE } from '../images';

// What this page refuses, in the library's own form.

/** Files that are not what can be opened here. */
export function wrongFiles(file: string, received: string, cause?: unknown): SAEError {
  const expected = 'a .keras file, or a model.json together with its .bin files';
  return new SAEError('SAE_FILE', file, `expected ${expected}; received ${received}.`, { cause });
}

/** A model that is none of the library's. */
export function noDictionary(
  file: string,
  className: string | null,
  known: readonly string[],
): SAEError {
  const expected = `a sparse autoencoder (${known.join(', ')})`;
  const advice = 'Open one that this library, or gated-sae-tf in Python, has saved.';
  const text = `expected ${expected}; received ${className === null ? 'weights alone' : `a model of class ${quoted(className)}`}. ${advice}`;
  return new SAEError('SAE_UNSUPPORTED', file, text);
}

/** A dictionary of something else than these images. */
export function otherWidth(file: string, inputDim: unknown): SAEError {
  const expected = `a dictionary of images of ${SIDE} × ${SIDE} = ${PIXELS} values`;
  const received = `one of rows of ${quoted(inputDim)} values`;
  const advice = 'Open one that was trained on Fashion-MNIST.';
  return new SAEError('SAE_SHAPE', file, `expected ${expected}; received ${received}. ${advice}`);
}

/** A model with weights that are no numbers. */
export function weightsNotFinite(file: string): SAEError {
  const text = 'expected finite weights; received NaN or an infinity among them.';
  return new SAEError('SAE_NOT_FINITE', file, text);
}

/** Something that has to wait until training has ended. */
export function whileTraining(what: string): SAEError {
  const text = `expected no training under way; received one. Stop it first.`;
  return new SAEError('SAE_STATE', what, text);
}

/** Something that needs a model. */
export function noModel(what: string): SAEError {
  return new SAEError(
    'SAE_STATE',
    what,
    'expected a model; there is none. Train or open one first.',
  );
}

/** A feature that the dictionary does not have. */
export function noFeature(feature: number, features: number): SAEError {
  const text = `expected a feature in 0..${features - 1}; received ${quoted(feature)}.`;
  return new SAEError('SAE_OPTION', 'feature', text);
}

function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
