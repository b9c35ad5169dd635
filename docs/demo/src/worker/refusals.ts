import { SAEError } from 'gated-sae-tfjs';
import { PIXELS, SIDE } from '../images';

// What this page refuses, in the library's own form.

/** Files that are not what can be opened here. */
export function wrongFiles(file: string, received: string, cause?: unknown): SAEError {
  const expected =
    'a .keras file, a model.json together with its .bin files, a dictionary of SAELens, or pictures';
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
  const advice = 'Open one that was trained on pictures of that size.';
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

/** Pictures and tables together. */
export function twoKinds(picture: unknown, rows: unknown): SAEError {
  const text = `expected pictures, or rows of numbers; received both ${quoted(picture)} and ${quoted(rows)}. Drop one kind.`;
  return new SAEError('SAE_FILE', 'the files', text);
}

/** So few pictures that nothing is to be learnt from them. */
export function tooFewPictures(file: string, fewest: number, received: number): SAEError {
  const text = `expected ${fewest} pictures or more; received ${received}. Drop more of them together.`;
  return new SAEError('SAE_DATA', file, text);
}

/** A file that ends like an image, and is none. */
export function notAPicture(file: string, received: string, cause?: unknown): SAEError {
  const text = `expected a picture that this browser reads; received ${received}.`;
  return new SAEError('SAE_FILE', file, text, { cause });
}

/** Rows of something else than pictures of this size. */
export function otherRows(file: string, shape: readonly number[]): SAEError {
  const expected = `rows of ${SIDE} × ${SIDE} = ${PIXELS} values, or of a class and these`;
  const text = `expected ${expected}; received an array [${shape.join(', ')}]. The command line trains on rows of any width.`;
  return new SAEError('SAE_SHAPE', file, text);
}

/** Rows whose values are no brightness. */
export function otherValues(file: string, value: number): SAEError {
  const text = `expected values from 0 to 1, or from 0 to 255; received ${value}.`;
  return new SAEError('SAE_DATA', file, text);
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
