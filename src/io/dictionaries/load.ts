import { namingFile, noDictionary } from '../../errors';
import type { SAEModel } from '../../models/saeModel';
import { checkOptions, optional, positiveInteger, type Rules } from '../../options';
import type { SAEEntry } from '../hub/catalogue/table';
import { HUB_RULES, type HubOptions } from '../hub/settings';
import type { Dictionary } from './dictionary';
import { DictionaryFiles } from './files';
import type { DictionaryFormat } from './format';
import { FORMATS } from './formats';
import { modelOf } from './model';
import { type DictionarySource, placeOf } from './place';
import { someFeatures } from './some';

/** Options of {@link loadSAE}. */
export interface LoadSAEArgs extends HubOptions {
  /**
   * How many features of a TopK SAE fire on a row, if its files do not say, as in Qwen Scope; by
   * default what the files say.
   */
  k?: number;
  /**
   * The numbers of the features to open, in this order, as a smaller dictionary whose codes are the
   * same as in the whole one; all of them by default.
   */
  features?: readonly number[];
}

const RULES: Rules<LoadSAEArgs> = {
  ...HUB_RULES,
  k: optional(positiveInteger()),
  // The dictionary determines which values are possible.
  features: optional({ expected: 'a list of numbers', accepts: (v) => Array.isArray(v) }),
};

/**
 * Loads a dictionary in any of the field's formats, which it recognizes by the files' content.
 *
 * @param source the folder of a dictionary, or its file: a path (in Node), an address, a `Blob` or
 *   `File`, the files of a folder that was chosen in a page, or bytes; a place on the hub,
 *   `hf://owner/repo/path`; or an entry of SAELens's catalogue, `{release, id}`
 * @param args how to request files from addresses and the hub, and facts that the files do not
 *   state; every option has a default
 * @returns the model, of its architecture's class; the caller disposes it.
 * @throws SAE_FILE for a file that is missing, damaged or not a dictionary; SAE_SHAPE for tensors
 *   that contradict the configuration; SAE_UNSUPPORTED for a dictionary that this library cannot
 *   compute; SAE_OPTION for a wrong argument.
 * @example
 * ```ts
 * import { tmpdir } from 'node:os';
 * import { GatedSAE, loadSAE, metadataOf, saveSAE } from 'gated-sae-tfjs';
 * const folder = `${tmpdir()}/dictionary`;
 * await saveSAE(new GatedSAE({ inputDim: 8, encodingDim: 32 }), folder);
 * const sae = await loadSAE(folder);
 * console.log(sae.getClassName(), metadataOf(sae).format); // GatedSAE saelens
 * ```
 */
export async function loadSAE(source: DictionarySource, args: LoadSAEArgs = {}): Promise<SAEModel> {
  const warn = (sentence: string) => console.warn(`gated-sae-tfjs: ${sentence}`);
  return withDictionary('loadSAE', source, args, warn, (dictionary) => modelOf(dictionary, warn));
}

/**
 * Opens a dictionary's files, uses it, and closes them.
 *
 * @returns what `use` returns.
 */
export async function withDictionary<T>(
  where: string,
  source: DictionarySource,
  args: LoadSAEArgs,
  warn: (sentence: string) => void,
  use: (dictionary: Dictionary, format: DictionaryFormat, files: DictionaryFiles) => Promise<T>,
): Promise<T> {
  checkOptions<LoadSAEArgs>(where, RULES, args);
  const { k, features, ...request } = args;
  const place = await placeOf(source, request);
  const files = new DictionaryFiles(place);
  const { entry } = place;
  const scale = entry?.normScalingFactor;
  const given = { warn, ...(scale && { scale }), ...(k && { k }) };
  try {
    return await namingFile(files.name, async () => {
      for (const format of FORMATS) {
        files.begin();
        const found = await format.read(files, given);
        if (found === undefined) continue;
        const known = withEntry(found, entry);
        const asked = features ? await someFeatures(where, known, features) : known;
        return use(asked, format, files);
      }
      throw noDictionary(
        files.name,
        FORMATS.map(({ name }) => name),
        await files.list(),
      );
    });
  } finally {
    await files.close();
  }
}

/** Adds what the catalogue knows of a dictionary, where its files do not say it. */
function withEntry(found: Dictionary, entry: SAEEntry | undefined): Dictionary {
  if (entry === undefined) return found;
  const { model: modelName, l0, neuronpediaId } = entry;
  const said = Object.entries({ modelName, l0, neuronpediaId });
  const known = Object.fromEntries(said.filter(([, value]) => value !== undefined));
  return { ...found, metadata: { ...known, ...found.metadata } };
}
