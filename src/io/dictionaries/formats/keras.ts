import { badContent, unsupportedDictionary } from '../../../errors';
import type { SAEModel } from '../../../models/saeModel';
import type { FloatDtype } from '../../bytes/values';
import type { LoadOptions } from '../../keras/decode';
import type { KerasSource } from '../../keras/kerasSource';
import type { Dictionary } from '../dictionary';
import type { DictionaryFiles } from '../files';
import type { DictionaryFile, DictionaryFormat, GivenOptions } from '../format';
import { modelOf } from '../model';

/** The name of the file that is written. */
const FILE = 'sae.keras';
/** In a folder that Keras saved unzipped. */
const UNZIPPED = 'config.json';

/**
 * Keras 3, with gated-sae-tf's classes and those of gated-sae-tfjs's Python side: a `.keras` file or folder,
 * or a `.weights.h5` file of a Gated SAE.
 *
 * What reads them is loaded when there is such a file.
 */
export const keras: DictionaryFormat = {
  name: 'keras',
  of: 'Keras 3: `.keras`, `.weights.h5`',
  read,
  write,
};

async function read(files: DictionaryFiles, { warn }: GivenOptions): Promise<SAEModel | undefined> {
  const path = await fileOf(files);
  const source = path === undefined ? undefined : await files.source(path);
  if (path === undefined || source === undefined) return undefined;
  const { decodeArtifacts } = await import('../../keras/decode');
  const { dictionaryIn } = await import('./models');
  const beside = async (name: string) => {
    const other = await files.source(name);
    if (other) return other;
    throw badContent(`${name} beside it`, 'none', 'Give the folder with all its files.');
  };
  // Wrapped: a source of a class has its methods on the prototype.
  const { name, size } = source;
  const opened = {
    ...{ name, size, beside, close: async () => {} },
    read: (offset: number, length: number) => source.read(offset, length),
  };
  const options = {
    ...{ allowNonFinite: true, includeOptimizer: false, dtype: 'float32' as const },
    warn,
  };
  if (isWeights(path)) return gatedOf(opened, options);
  return dictionaryIn(await decodeArtifacts(opened, options));
}

const isWeights = (path: string) => /\.(weights\.)?h5$/i.test(path);

/** The file that holds a model, where these are Keras's. */
async function fileOf(files: DictionaryFiles): Promise<string | undefined> {
  const { file } = files;
  if (file !== undefined) {
    if (/\.keras$/i.test(file) || isWeights(file)) return file;
    return (await files.holds(file, ['config.json', 'model.weights.h5'])) ? file : undefined;
  }
  const config = await files.json(UNZIPPED);
  if (config && 'class_name' in config && 'registered_name' in config) return UNZIPPED;
  const own = ((await files.list()) ?? []).filter((path) => /^[^/]*\.keras$/i.test(path));
  return own.length === 1 ? own[0] : undefined;
}

/**
 * Weights alone say no architecture; but six arrays of these shapes are a Gated SAE's, in the order of
 * gated-sae-tf.
 */
async function gatedOf(opened: KerasSource, options: LoadOptions): Promise<SAEModel> {
  const { inspectOpened } = await import('../../keras/inspect');
  const { loadOpened } = await import('../../keras/loadWeights');
  const { GatedSAE } = await import('../../../architectures');
  const { weights } = await inspectOpened(opened);
  const shapes = weights.map(({ shape }) => shape);
  const [inputDim = 0, encodingDim = 0] = shapes[0] ?? [];
  const f = [encodingDim];
  const expected = [[inputDim, encodingDim], f, f, f, [encodingDim, inputDim], [inputDim]];
  if (JSON.stringify(shapes) !== JSON.stringify(expected)) {
    const received = `arrays ${shapes.map((shape) => `[${shape.join(', ')}]`).join(', ') || 'none'}`;
    const advice = 'Make the model, and load its weights with loadKerasWeights(model, source).';
    throw unsupportedDictionary('the six arrays of a Gated SAE', received, advice);
  }
  const sae = new GatedSAE({ inputDim, encodingDim });
  try {
    await loadOpened(sae, opened, options);
    sae.takeAsLoaded();
    return sae;
  } catch (error) {
    sae.dispose();
    throw error;
  }
}

async function write(dictionary: Dictionary, dtype: FloatDtype): Promise<DictionaryFile[]> {
  const { encodeArtifacts } = await import('../../keras/encode');
  const { artifactsOf } = await import('./models');
  const { withCentring } = await import('../conversions');
  // gated-sae-tf's own class takes b_dec from every row.
  const isTheirs = dictionary.architecture === 'gated' && dictionary.options['loss'] !== 'saelens';
  const model = await modelOf(isTheirs ? withCentring(dictionary, true) : dictionary, () => {});
  try {
    const options = { allowNonFinite: true, includeOptimizer: false, dtype, warn: () => {} };
    return [{ path: FILE, pieces: await encodeArtifacts(FILE, await artifactsOf(model), options) }];
  } finally {
    model.dispose();
  }
}
