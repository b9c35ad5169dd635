import { badFile } from '../../errors';
import { withSource } from '../../io/bytes/source';

/** The largest text: less than a string can hold. */
const MOST_BYTES = 2 ** 28;

/** @throws SAE_FILE for a file that is missing, or longer than any text should be. */
async function readText(path: string): Promise<string> {
  return withSource(path, async (source) => {
    const { name, size } = source;
    if (size > MOST_BYTES) {
      const expected = `a text of at most ${MOST_BYTES} bytes`;
      throw badFile(name, expected, `${size}`, 'Give a file of names or tokens.');
    }
    return new TextDecoder().decode(await source.read(0, size));
  });
}

/**
 * Returns the content of a JSON file.
 *
 * @param expected the expected content in words, for the error
 * @throws SAE_FILE if it is missing, or not JSON.
 */
export async function readJson(path: string, expected: string): Promise<unknown> {
  const text = await readText(path);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badFile(path, expected, 'something else than JSON', 'Write it as JSON.', error);
  }
}

/** Reads names from the command line, `a,b,c`, or from a file with a list of them. */
export async function readClassNames(given: string): Promise<string[]> {
  if (/\.json$/i.test(given)) {
    const names = await readJson(given, 'a list of class names');
    if (isListOf(names, isString)) return names;
    throw badFile(given, 'a list of class names', 'other JSON', 'Write ["a", "b", "c"].');
  }
  if (!/\.txt$/i.test(given)) return given.split(',').map((name) => name.trim());
  return readLines(given);
}

/** Reads the lines of a text. */
export const readLines = async (path: string): Promise<string[]> =>
  (await readText(path)).trimEnd().split(/\r?\n/);

/** Reads documents, each a list of its tokens. */
export async function readTokens(path: string): Promise<string[][]> {
  const expected = 'a list of documents, each a list of tokens';
  const documents = await readJson(path, expected);
  if (isListOf(documents, (tokens) => isListOf(tokens, isString))) {
    return documents as string[][];
  }
  throw badFile(path, expected, 'other JSON', 'Write [["The", " cat"], ["A", " dog"]].');
}

const isString = (value: unknown): value is string => typeof value === 'string';

function isListOf<T>(list: unknown, isOne: (value: unknown) => value is T): list is T[];
function isListOf(list: unknown, isOne: (value: unknown) => boolean): list is unknown[];
function isListOf(list: unknown, isOne: (value: unknown) => boolean): boolean {
  return Array.isArray(list) && list.every(isOne);
}
