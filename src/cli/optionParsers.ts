import { InvalidArgumentError } from 'commander';

/** The largest seed that the random generator distinguishes. */
export const LARGEST_SEED = 2 ** 32 - 1;

/**
 * Parses an option's text as an integer from `least` to `most`; commander adds the option's name to
 * the error.
 */
export function integer(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  const range =
    most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  return (text) => {
    const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Give an integer ${range}.`);
  };
}

/** Parses an argument that must not be empty. */
export function given(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('Give a path.');
}

/** Parses an option's text as the path of a folder. */
export function folderPath(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('Give the path of a folder.');
}

/** Parses an option's text as a number above 0. */
export function positiveNumber(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('Give a number above 0.');
}

/** Parses an option's text as a number of at least 0. */
export function nonNegativeNumber(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value >= 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('Give a number of at least 0.');
}
