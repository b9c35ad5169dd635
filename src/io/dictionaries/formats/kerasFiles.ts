import { badContent } from '../../../errors';
import type { FloatDtype } from '../../bytes/values';
import type { KerasSource } from '../../keras/kerasSource';
import { withCentring } from '../conversions';
import type { Dictionary } from '../dictionary';
import type { DictionaryFiles } from '../files';
import type { DictionaryFile } from '../format';
import { modelOf } from '../model';

/** A file of a dictionary as Keras's are read, with those beside it; undefined where there is none. */
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
  // Wrapped: a source of a class has its methods on the prototype.
  const { name, size } = source;
  return {
    ...{ name, size, beside, close: async () => {} },
    read: (offset, length) => source.read(offset, length),
  };
}

/**
 * A dictionary as a file of Keras.
 *
 * @param path the file's
 * @param isArchive whether it is a whole model, `.keras`, or weights alone
 */
export async function kerasFile(
  dictionary: Dictionary,
  dtype: FloatDtype,
  path: string,
  isArchive: boolean,
): Promise<DictionaryFile> {
  const { encodeArtifacts, encodeWeightsFile } = await import('../../keras/encode');
  const { artifactsOf } = await import('./models');
  // gated-sae-tf's own class takes b_dec from every row.
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
