import { adviceOnName, nearest } from '../optionNames';
import { SAEError } from './saeError';
import { show } from './words';

/** A value that its option does not accept. */
export function wrongOption(
  where: string,
  expected: string,
  received: unknown,
  advice = `Give ${expected}.`,
): SAEError {
  return new SAEError(
    'SAE_OPTION',
    where,
    `expected ${expected}; received ${show(received)}. ${advice}`,
  );
}

/**
 * A log that training does not have.
 *
 * @returns the error, and whether it is certain that the log will not exist, since another callback
 *   may add it
 */
export function unknownLog(
  where: string,
  name: string,
  known: readonly string[],
): { error: SAEError; isClear: boolean } {
  const near = nearest(name, known);
  const isUnvalidated =
    name.startsWith('val_') && !known.some((log) => log.startsWith('val_') && log !== name);
  const advice = isUnvalidated
    ? 'Give validationData or validationSplit, or watch another log.'
    : near === undefined
      ? 'Watch one of these.'
      : `Did you mean "${near}"?`;
  const text = `expected a log of this training: ${known.join(', ')}; received ${show(name)}. ${advice}`;
  const error = new SAEError('SAE_OPTION', where, text);
  // A short name is similar to everything.
  return { error, isClear: isUnvalidated || (near !== undefined && name.length > 3) };
}

/** An option that does not exist. */
export function unknownOption(where: string, name: string, known: readonly string[]): SAEError {
  const options = known.length > 0 ? `options among ${known.join(', ')}` : 'no options';
  return new SAEError(
    'SAE_OPTION',
    where,
    `expected ${options}; received ${show(name)}. ${adviceOnName(name, known)}`,
  );
}

/** A run whose features and batches need too much memory. */
export function notEnoughMemory(
  where: string,
  error: Error,
  lower = 'features or the batch size',
): SAEError {
  return new SAEError(
    'SAE_OPTION',
    where,
    `expected enough memory for that many features; there is not enough (${show(error.message)}). Lower the number of ${lower}.`,
    { cause: error },
  );
}
