import { unsupportedDictionary, unwritable } from '../../../errors';
import { type StoredTensor, storedTensor } from '../../bytes/storedTensor';
import type { FloatDtype } from '../../bytes/values';
import { withoutMeanNorm } from '../conversions';
import { type Dictionary, isTranscoder } from '../dictionary';
import type { DictionaryFiles } from '../files';
import type { DictionaryFile, DictionaryFormat } from '../format';
import { metadataFrom } from '../metadata';
import { type WeightInFile, weightsIn } from '../weights';
import { kerasFile, kerasSource } from './kerasFiles';

const NAME = 'keras-weights';
/** The name of the file that is written. */
const FILE = 'sae.weights.h5';
const IN_FOLDER = /^[^/]*\.weights\.h5$/i;
/** Arrays that Keras stores besides the model's own. */
const OPTIMIZER = /^optimizer\//;

/** A Gated SAE's arrays, in gated-sae-tf's order. */
const GATED = {
  W_gate: ['encoder', 'vars/0'],
  b_gate: ['vector', 'vars/1'],
  r_mag: ['vector', 'vars/2'],
  b_mag: ['vector', 'vars/3'],
  W_dec: ['decoder', 'vars/4'],
  b_dec: ['bias', 'vars/5'],
} as const satisfies Readonly<Record<string, WeightInFile>>;

/**
 * gated-sae-tf's weights only, as written by Keras's `save_weights`: a `.weights.h5` file of a
 * Gated SAE.
 *
 * Such a file names no architecture, but six arrays of these shapes are a Gated SAE's. It does not
 * say how it was trained or what it was made for.
 */
export const kerasWeights: DictionaryFormat = {
  name: NAME,
  of: 'Keras 3, gated-sae-tf: a `.weights.h5` file of a Gated SAE',
  read,
  write,
};

async function read(files: DictionaryFiles): Promise<Dictionary | undefined> {
  const path = await fileOf(files);
  const source = path === undefined ? undefined : await kerasSource(files, path);
  if (source === undefined) return undefined;
  const { openWeights } = await import('../../keras/openWeights');
  const { weights: within, readTree } = await openWeights(source);
  const own = [...(await readTree()).datasets].filter(([at]) => !OPTIMIZER.test(at));
  const tensors = new Map(
    own.map(([at, { dtype, shape, offset }]): [string, StoredTensor] => {
      return [at, storedTensor(within, dtype, shape, offset)];
    }),
  );
  const [inputDim = 0, encodingDim = 0] = tensors.get('vars/0')?.shape ?? [];
  const vector = [encodingDim];
  const shapes = [
    [inputDim, encodingDim],
    vector,
    vector,
    vector,
    [encodingDim, inputDim],
    [inputDim],
  ];
  const isGated =
    tensors.size === shapes.length &&
    inputDim * encodingDim > 0 &&
    shapes.every((shape, i) => `${tensors.get(`vars/${i}`)?.shape}` === `${shape}`);
  if (!isGated) {
    const received = own.map(([at, { shape }]) => `${at} [${shape.join(', ')}]`).join(', ');
    const advice = 'Make the model, and load its weights with loadKerasWeights(model, source).';
    const expected = 'the six arrays of a Gated SAE';
    throw unsupportedDictionary(expected, received || 'no arrays', advice);
  }
  const sizes = { inputDim, encodingDim };
  return {
    architecture: 'gated',
    options: sizes,
    weights: weightsIn(tensors, sizes, GATED),
    metadata: metadataFrom(NAME, {}),
  };
}

/** Returns the file of weights, if there is one. */
async function fileOf(files: DictionaryFiles): Promise<string | undefined> {
  const { file } = files;
  if (file !== undefined) return /\.h5$/i.test(file) ? file : undefined;
  const own = ((await files.list()) ?? []).filter((path) => IN_FOLDER.test(path));
  return own.length === 1 ? own[0] : undefined;
}

async function write(given: Dictionary, dtype: FloatDtype): Promise<DictionaryFile[]> {
  const advice = 'Save it as a .keras file, which says what it is.';
  if (given.architecture !== 'gated') {
    throw unwritable(NAME, `one of the architecture "${given.architecture}"`, advice);
  }
  if (isTranscoder(given)) throw unwritable(NAME, 'a transcoder', advice);
  const { options, weights } = await withoutMeanNorm(given);
  const { normalize = 'none', inputDim, encodingDim, centred = true } = options;
  const { scale: _, ...arrays } = weights;
  // A scale of 0 is not learnt: rows are left unchanged.
  if (normalize !== 'none' && normalize !== 'mean-norm') {
    throw unwritable(NAME, `one that normalises its rows: "${normalize}"`, advice);
  }
  const plain = { ...given, options: { inputDim, encodingDim, centred }, weights: arrays };
  return [await kerasFile(plain, dtype, FILE, false)];
}
