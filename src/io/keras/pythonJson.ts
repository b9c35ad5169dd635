import { badContent } from '../../errors';
import type { Json } from './layerTable';

/** The greatest nesting: far deeper than any model. */
const MOST_DEPTH = 200;
/** The most objects, lists and values: about a hundred for each of 2,000 layers. */
const MOST_PARTS = 500_000;
/** A prefix that no string of a real file has. */
const MARK = '\u0000python:';
const NUMBERS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};
const code = (char: string) => char.charCodeAt(0);
const [QUOTE, BACKSLASH, COMMA] = [code('"'), code('\\'), code(',')];
const [BRACKET, BRACKET_END, BRACE, BRACE_END] = [code('['), code(']'), code('{'), code('}')];
const [UPPER_N, UPPER_I, MINUS] = [code('N'), code('I'), code('-')];
const ADVICE = 'Save the model again, or restore it from a copy.';

/**
 * Parses JSON as written by Python: with NaN and Infinity, which JSON itself lacks.
 *
 * @throws SAE_FILE for anything else, or what is nested too deeply.
 */
export function parsePythonJson(bytes: Uint8Array): Json {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw badContent('text in UTF-8', 'other bytes', ADVICE, cause);
  }
  const plain = withoutPythonNumbers(text);
  // Checking each value takes longer than everything else, and is rarely needed.
  const isPlain = plain === text && !/__proto__|\\u/.test(text);
  try {
    if (isPlain) return JSON.parse(plain) as Json;
    return JSON.parse(plain, (key, value) => {
      // Code that copies keys one by one would set the prototype of the copy.
      if (key === '__proto__') throw badContent('names of options', show(key), ADVICE);
      if (typeof value !== 'string' || !value.startsWith(MARK)) return value;
      return NUMBERS[value.slice(MARK.length)] ?? value;
    }) as Json;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw badContent('JSON', 'text that is not', ADVICE, cause);
  }
}

const show = (text: string) => JSON.stringify(text);

/** Returns the text with Python's special numbers as marked strings. */
function withoutPythonNumbers(text: string): string {
  const pieces: string[] = [];
  let copied = 0;
  let depth = 0;
  let parts = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        // Skips the string; one without an end is rejected by JSON.parse.
        for (at++; at < text.length && text.charCodeAt(at) !== QUOTE; at++) {
          if (text.charCodeAt(at) === BACKSLASH) at++;
        }
        break;
      case COMMA:
        parts += 1;
        break;
      case BRACKET:
      case BRACE:
        parts += 1;
        depth += 1;
        if (depth > MOST_DEPTH) {
          throw badContent(`JSON at most ${MOST_DEPTH} deep`, 'a deeper one', ADVICE);
        }
        break;
      case BRACKET_END:
      case BRACE_END:
        depth -= 1;
        break;
      case UPPER_N:
      case UPPER_I:
      case MINUS: {
        const name = Object.keys(NUMBERS).find((number) => text.startsWith(number, at));
        if (name === undefined) break;
        pieces.push(text.slice(copied, at), JSON.stringify(MARK + name));
        at += name.length - 1;
        copied = at + 1;
      }
    }
    if (parts > MOST_PARTS) {
      throw badContent(`JSON of at most ${MOST_PARTS} parts`, 'more', ADVICE);
    }
  }
  return pieces.join('') + text.slice(copied);
}

/** Returns a number that Python reads as a float, 0.0 instead of 0, for {@link pythonJson}. */
export const pythonFloat = (value: number): Json =>
  Number.isSafeInteger(value) ? `${MARK}${value}.0` : value;

/** Returns JSON in the form that Python reads. */
export function pythonJson(value: Json): string {
  const marked = JSON.stringify(value, (_, v) =>
    typeof v === 'number' && !Number.isFinite(v) ? MARK + String(v) : v,
  );
  const prefix = JSON.stringify(MARK).slice(0, -1);
  return marked.replaceAll(
    new RegExp(`${prefix.replaceAll('\\', '\\\\')}(NaN|-?Infinity|-?\\d+\\.0)"`, 'g'),
    '$1',
  );
}
