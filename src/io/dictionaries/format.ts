import type { FloatDtype } from '../bytes/values';
import type { Dictionary } from './dictionary';
import type { DictionaryFiles } from './files';

/** A format of dictionaries. */
export interface DictionaryFormat {
  /** The name for `saveSAE` and the command line. */
  readonly name: string;
  /** A description in one line, for a table. */
  readonly of: string;
  /**
   * Returns the dictionary in some files, with weights to be read on demand if the format stores
   * them separately.
   *
   * @returns undefined if they are of another format.
   * @throws SAE_FILE, SAE_SHAPE or SAE_UNSUPPORTED for a file of this format that is damaged,
   *   inconsistent, or that this library cannot compute.
   */
  read(files: DictionaryFiles, given: GivenOptions): Promise<Dictionary | undefined>;
  /**
   * Returns the files of a dictionary.
   *
   * @throws SAE_UNSUPPORTED for one that the format cannot represent.
   */
  write?(dictionary: Dictionary, dtype: FloatDtype): Promise<DictionaryFile[]>;
}

/** Facts given by the caller about a dictionary whose files do not state them. */
export interface GivenOptions {
  /** Called with each warning. */
  readonly warn: (sentence: string) => void;
  /** The factor of rows before encoding, if the catalogue states it. */
  readonly scale?: number;
  /** How many features of a TopK SAE fire on a row. */
  readonly k?: number;
}

/** A file to be written. */
export interface DictionaryFile {
  /** Its path in its folder, with `/`. */
  readonly path: string;
  /** Its bytes, in pieces. */
  readonly pieces: readonly Uint8Array[];
}

/** Returns a JSON file in Python's style: indented by two spaces. */
export const jsonFile = (path: string, value: unknown): DictionaryFile => ({
  path,
  pieces: [new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`)],
});
