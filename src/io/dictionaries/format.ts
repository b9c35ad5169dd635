import type { FloatDtype } from '../bytes/values';
import type { Dictionary } from './dictionary';
import type { DictionaryFiles } from './files';

/** A format that dictionaries are in. */
export interface DictionaryFormat {
  /** As `saveSAE` and the command line call it. */
  readonly name: string;
  /** What it is, in a line for a table. */
  readonly of: string;
  /**
   * The dictionary in some files, of whose weights none has been read where the format has them one by one.
   *
   * @returns undefined where they are of another format.
   * @throws SAE_FILE, SAE_SHAPE or SAE_UNSUPPORTED for one of this format that is damaged, contradicts itself,
   * or is not computed here.
   */
  read(files: DictionaryFiles, given: GivenOptions): Promise<Dictionary | undefined>;
  /**
   * The files of a dictionary.
   *
   * @throws SAE_UNSUPPORTED for one that the format cannot say.
   */
  write?(dictionary: Dictionary, dtype: FloatDtype): Promise<DictionaryFile[]>;
}

/** What a caller says of a dictionary whose files do not say it. */
export interface GivenOptions {
  /** Where a warning goes. */
  readonly warn: (sentence: string) => void;
  /** What rows are multiplied by before it sees them, where the catalogue says so. */
  readonly scale?: number;
  /** How many features of a TopK SAE fire on a row. */
  readonly k?: number;
}

/** A file that is to be written. */
export interface DictionaryFile {
  /** In its folder, with `/`. */
  readonly path: string;
  /** Its bytes, in pieces. */
  readonly pieces: readonly Uint8Array[];
}

/** A JSON file as Python writes it by hand: two spaces deep. */
export const jsonFile = (path: string, value: unknown): DictionaryFile => ({
  path,
  pieces: [new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`)],
});
