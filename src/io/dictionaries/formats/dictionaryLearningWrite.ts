import { unwritable } from '../../../errors';
import { isObject } from '../../../plainData';
import type { FloatDtype } from '../../bytes/values';
import { safetensorsPieces, type WrittenTensor } from '../../safetensors/write';
import { withCentring, withoutMeanNorm } from '../conversions';
import { type Dictionary, type DictionaryWeight, isTranscoder } from '../dictionary';
import { encodedTensor } from '../encoded';
import { type DictionaryFile, jsonFile } from '../format';
import { saelensEntries } from '../metadata';
import { CLASSES, CONFIG, NAME, WEIGHTS } from './dictionaryLearningClasses';

/**
 * The class that is written for each architecture, and whether it subtracts b_dec from its rows.
 */
const WRITTEN: Readonly<Record<string, { dictClass: string; centred: boolean }>> = {
  // The package changes the codes of an AutoEncoder when it opens one whose decoder rows have
  // another norm.
  relu: { dictClass: 'AutoEncoderNew', centred: false },
  gated: { dictClass: 'GatedAutoEncoder', centred: true },
  jumprelu: { dictClass: 'JumpReluAutoEncoder', centred: false },
  topk: { dictClass: 'AutoEncoderTopK', centred: true },
  batchtopk: { dictClass: 'BatchTopKSAE', centred: true },
  matryoshka: { dictClass: 'MatryoshkaBatchTopKSAE', centred: true },
};

/** A threshold that is not learnt: every feature above 0 fires. */
const NOT_LEARNT = -1;

/**
 * Writes a dictionary for dictionary_learning's classes,
 * `load_state_dict(load_file('ae.safetensors'))`, with the configuration that names the class.
 */
export async function writeDictionaryLearning(
  given: Dictionary,
  dtype: FloatDtype,
): Promise<DictionaryFile[]> {
  const { dictionary, dictClass } = await counterpartOf(given);
  const { architecture, options, weights, metadata } = dictionary;
  const { inputDim, encodingDim, k } = options;
  const tensors = new Map<string, WrittenTensor>();
  for (const [ours, [lie, theirs]] of Object.entries(CLASSES[dictClass]?.weights ?? {})) {
    const weight = weights[ours] as DictionaryWeight; // every weight of a class is one of an architecture
    const isTransposed = lie === 'encoder-rows' || lie === 'decoder-columns';
    const name = theirs as string;
    tensors.set(name, await encodedTensor(NAME, name, dtype, weight, isTransposed));
  }
  if (CLASSES[dictClass]?.k) {
    const [learnt = NOT_LEARNT] = (await weights['threshold']?.read()) ?? [];
    const bytes = (values: Int32Array | Float32Array | BigInt64Array) =>
      new Uint8Array(values.buffer);
    tensors.set('k', { dtype: 'int32', shape: [], bytes: bytes(Int32Array.of(k as number)) });
    const threshold = bytes(Float32Array.of(learnt));
    tensors.set('threshold', { dtype: 'float32', shape: [], bytes: threshold });
    if (architecture === 'matryoshka') {
      const sizes = groupsOf(options['prefixes'], encodingDim);
      const groups = bytes(BigInt64Array.from(sizes, BigInt));
      tensors.set('group_sizes', { dtype: 'int64', shape: [sizes.length], bytes: groups });
    }
  }
  const { trainer, buffer } = metadata.other ?? {};
  const config = {
    trainer: {
      ...(isObject(trainer) ? trainer : {}),
      dict_class: dictClass,
      activation_dim: inputDim,
      dict_size: encodingDim,
      ...(k !== undefined && { k }),
      lm_name: metadata.modelName ?? null,
      layer: layerOf(metadata.hookName),
      submodule_name: metadata.hookName ?? null,
    },
    buffer: { ...(isObject(buffer) ? buffer : {}), ctx_len: metadata.contextSize ?? null },
    metadata: saelensEntries(metadata),
  };
  return [jsonFile(CONFIG, config), { path: WEIGHTS, pieces: safetensorsPieces(tensors) }];
}

/** Returns how many features each nested dictionary adds to the previous one. */
function groupsOf(prefixes: unknown, encodingDim: number): number[] {
  const ends = Array.isArray(prefixes) ? (prefixes as number[]) : [encodingDim];
  return ends.map((end, i) => end - (ends[i - 1] ?? 0));
}

const layerOf = (hook: string | undefined): number | null => {
  const [, layer] = /^blocks\.(\d+)\./.exec(hook ?? '') ?? [];
  return layer === undefined ? null : Number(layer);
};

/** Returns the dictionary as one of the package's classes. */
async function counterpartOf(
  given: Dictionary,
): Promise<{ dictionary: Dictionary; dictClass: string }> {
  const advice = 'Save it in the format "saelens", or as a .keras file.';
  const known = Object.hasOwn(WRITTEN, given.architecture)
    ? WRITTEN[given.architecture]
    : undefined;
  if (known === undefined) {
    throw unwritable(NAME, `one of the architecture "${given.architecture}"`, advice);
  }
  if (isTranscoder(given)) throw unwritable(NAME, 'a transcoder', advice);
  const plain = await withoutMeanNorm(given);
  const { normalize = 'none' } = plain.options;
  // Mean norm without a learnt scale leaves rows unchanged.
  if (normalize !== 'none' && normalize !== 'mean-norm') {
    throw unwritable(NAME, `one that normalises its rows: "${normalize}"`, advice);
  }
  return { dictionary: withCentring(plain, known.centred), dictClass: known.dictClass };
}
