import { type SAEError, toolFailed } from '../errors';
import { type Ended, lastLines } from './nativeTools';
import { printable } from './printable';

/**
 * The error for a program that has failed; what it said last goes to stderr, as whoever is to find
 * out what is wrong needs more of it than one line.
 */
export function failed(
  where: string,
  expected: string,
  ended: Ended | undefined,
  advice: string,
): SAEError {
  const lines = ended === undefined ? [] : lastLines(ended);
  if (lines.length > 0)
    process.stderr.write(`${lines.map((line) => `  ${printable(line)}`).join('\n')}\n`);
  const errors = lines.filter((line) => /error|killed|no space/i.test(line));
  const received =
    errors.at(-1)?.trim() ??
    lines.at(-1)?.trim() ??
    (ended?.signal ? `an end by ${ended.signal}` : 'nothing of it');
  return toolFailed(where, expected, received, advice);
}
