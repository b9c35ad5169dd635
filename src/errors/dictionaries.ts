import { adviceOnName } from '../optionNames';
import { badContent, THE_FILE } from './files';
import { SAEError } from './saeError';
import { show } from './words';

/** The most names that an error lists. */
const MOST_NAMES = 12;
const listed = (names: readonly string[]) =>
  names.length > MOST_NAMES
    ? `${names.slice(0, MOST_NAMES).join(', ')} and ${names.length - MOST_NAMES} more`
    : names.join(', ');

/** Tensors in a file that no dictionary of its format has. */
export function unknownTensors(names: readonly string[], known: readonly string[]): SAEError {
  const [name = ''] = names;
  const received = listed(names.map((each) => show(each)));
  return badContent(`no other tensors than ${listed(known)}`, received, adviceOnName(name, known));
}

/** A tensor whose shape contradicts the dictionary's sizes. */
export function wrongTensorShape(
  name: string,
  expected: readonly number[],
  received: readonly number[],
): SAEError {
  const shapes = `expected ${name} of shape [${expected.join(', ')}]; received [${received.join(', ')}]`;
  const advice = 'Take configuration and tensors from the same dictionary.';
  return new SAEError('SAE_SHAPE', THE_FILE, `${shapes}. ${advice}`);
}

/** A tensor that is not a matrix. */
export function noMatrix(name: string, received: readonly number[]): SAEError {
  const shapes = `expected ${name} of two axes; received [${received.join(', ')}]`;
  return new SAEError('SAE_SHAPE', THE_FILE, `${shapes}. Give the file of a dictionary.`);
}

/** Something in a dictionary's files that this library cannot compute. */
export function unsupportedDictionary(
  expected: string,
  received: string,
  advice: string,
): SAEError {
  const text = `expected ${expected}; received ${received}. ${advice}`;
  return new SAEError('SAE_UNSUPPORTED', THE_FILE, text);
}

/**
 * A fact that a file does not state: the `cause` of an error, from which the command line learns
 * how to give it.
 */
export class Unsaid extends Error {
  /** `'Unsaid'`, shown before the message in a stack trace. */
  override readonly name = 'Unsaid';

  /**
   * @param option an option of `loadSAE`
   * @param example a value of the option
   */
  constructor(
    readonly option: string,
    readonly example: number,
  ) {
    super(`loadSAE(source, {${option}: ${example}})`);
  }
}

/**
 * A dictionary whose files do not state a number that its model needs, and that was not given
 * otherwise.
 */
export function unsaid(expected: string, received: string, cause: Unsaid): SAEError {
  const text = `expected ${expected}; received ${received}. Say it: ${cause.message}.`;
  return new SAEError('SAE_UNSUPPORTED', THE_FILE, text, { cause });
}

/** An unknown architecture. */
export function unknownArchitecture(received: unknown, known: readonly string[]): SAEError {
  const advice = adviceOnName(String(received), known);
  return unsupportedDictionary(`an architecture among ${known.join(', ')}`, show(received), advice);
}

/** A dictionary that a format cannot represent. */
export function unwritable(format: string, what: string, advice: string): SAEError {
  const text = `expected a dictionary that the format "${format}" can say; received ${what}. ${advice}`;
  return new SAEError('SAE_UNSUPPORTED', format, text);
}

/** A folder or a file that is not a dictionary in any format. */
export function noDictionary(
  place: string,
  formats: readonly string[],
  received: readonly string[] | undefined,
): SAEError {
  const expected = `a dictionary in one of the formats ${formats.join(', ')}`;
  const there = received === undefined ? 'none of their files' : listed(received) || 'no files';
  const advice = 'Give the folder that holds its configuration and weights, or one of its files.';
  return new SAEError('SAE_FILE', place, `expected ${expected}; received ${there}. ${advice}`);
}

/** A format that does not exist, or that can only be read. */
export function unknownFormat(
  where: string,
  received: unknown,
  known: readonly string[],
): SAEError {
  const text = `expected a format among ${known.join(', ')}; received ${show(received)}. ${adviceOnName(String(received), known)}`;
  return new SAEError('SAE_OPTION', where, text);
}
