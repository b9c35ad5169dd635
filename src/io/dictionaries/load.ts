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

/** What {@link loadSAE} takes. */
export interface LoadSAEArgs extends HubOptions {
  /**
   * How many features of a TopK SAE fire on a row, where its files do not say it, as Qwen Scope's do not; what
   * they say by default.
   */
  k?: number;
  /**
   * Numbers of the features to open, in this order, as a smaller dictionary with the codes that they have in
   * the whole one; all of them by default.
   */
  features?: readonly number[];
}

const RULES: Rules<LoadSAEArgs> = {
  ...HUB_RULES,
  k: optional(positiveInteger()),
  // Which they may be, the dictionary says.
  features: optional({ expected: 'a list of numbers', accepts: (v) => Array.isArray(v) }),
};

/**
 * Opens a dictionary of whatever format of the field, which it tells by the files' content.
 *
 * @param source the folder that a dictionary is in, or its file: a path (in Node), an address, a `Blob` or
 * `File`, the files of a folder that was chosen in a page, or bytes; a place on the hub,
 * `hf://owner/repo/path`; or a name of SAELens's catalogue, `{release, id}`
 * @param args how addresses and the hub are asked for their files, and what these do not say; all of it has a
 * default
 * @returns the model of its architecture; the caller disposes it.
 * @throws SAE_FILE for what is missing, damaged or no dictionary; SAE_SHAPE for tensors that contradict the
 * configuration; SAE_UNSUPPORTED for a dictionary that is not computed here; SAE_OPTION for a wrong argument.
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

/** What the catalogue knows of a dictionary, where its files do not say it. */
function withEntry(found: Dictionary, entry: SAEEntry | undefined): Dictionary {
  if (entry === undefined) return found;
  const { model: modelName, l0, neuronpediaId } = entry;
  const said = Object.entries({ modelName, l0, neuronpediaId });
  const known = Object.fromEntries(said.filter(([, value]) => value !== undefined));
  return { ...found, metadata: { ...known, ...found.metadata } };
}
