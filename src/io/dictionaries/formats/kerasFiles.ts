import { badContent } from '../../../errors';
import type { FloatDtype } from '../../bytes/values';
import type { KerasSource } from '../../keras/kerasSource';
import { withCentring } from '../conversions';
import type { Dictionary } from '../dictionary';
import type { DictionaryFiles } from '../files';
import type { DictionaryFile } from '../format';
import { modelOf } from '../model';

/**
 * Returns a file of a dictionary as a Keras source, with those beside it; undefined if there is
 * none.
 */
export async function kerasSource(
  files: DictionaryFiles,
  path: string,
): Promise<KerasSource | undefined> {
  const source = await files.source(path);
  if (source === undefined) return undefined;
  const beside = async (name: string) => {
    const other = await files.source(name);
    if (other) return other;
    throw badContent(`${name} beside it`, 'none', 'Give the folder with all its files.');
  };
  // Wrapped, because the methods of a class are on its prototype.
  const { name, size } = source;
  return {
    ...{ name, size, beside, close: async () => {} },
    read: (offset, length) => source.read(offset, length),
  };
}

/**
 * Writes a dictionary as a Keras file.
 *
 * @param path the file's path
 * @param isArchive whether it is a whole model, `.keras`, or only weights
 */
export async function kerasFile(
  dictionary: Dictionary,
  dtype: FloatDtype,
  path: string,
  isArchive: boolean,
): Promise<DictionaryFile> {
  const { encodeArtifacts, encodeWeightsFile } = await import('../../keras/encode');
  const { artifactsOf } = await import('./models');
  // gated-sae-tf's own class subtracts b_dec from every row.
  const isTheirs = dictionary.architecture === 'gated' && dictionary.options['loss'] !== 'saelens';
  const model = await modelOf(isTheirs ? withCentring(dictionary, true) : dictionary, () => {});
  try {
    const options = { allowNonFinite: true, includeOptimizer: false, dtype, warn: () => {} };
    const encode = isArchive ? encodeArtifacts : encodeWeightsFile;
    return { path, pieces: await encode(path, await artifactsOf(model), options) };
  } finally {
    model.dispose();
  }
}
