import { badContent, unknownArchitecture, unsupportedDictionary } from '../../../errors';
import type { DictionaryMetadata } from '../../../models/metadata';
import { isObject } from '../../../plainData';
import { Config } from '../config';
import { atLeastZero, withUnitRows } from '../conversions';
import type { Dictionary, DictionaryWeight } from '../dictionary';
import type { DictionaryFiles } from '../files';
import type { DictionaryFormat } from '../format';
import { metadataFrom } from '../metadata';
import { sizesIn, type Tensors } from '../tensors';
import { type WeightInFile, weightsIn } from '../weights';
import {
  CLASSES,
  CONFIG,
  type DictClass,
  NAME,
  PICKLED,
  WEIGHTS,
} from './dictionaryLearningClasses';
import { writeDictionaryLearning } from './dictionaryLearningWrite';

/**
 * saprmarks' dictionary_learning: `ae.pt` beside `config.json`. A single file is opened if its
 * tensors identify its class.
 *
 * A BatchTopK SAE's codes are those above its threshold, as in the package's own `encode`; a TopK
 * SAE's are the `k` largest, whatever its threshold. The package scales decoder rows of an
 * `AutoEncoder` to norm 1 when it opens it, which changes its codes; the codes here are those after
 * the change.
 */
export const dictionaryLearning: DictionaryFormat = {
  name: NAME,
  of: 'dictionary_learning: `ae.pt`, `config.json`',
  read,
  write: writeDictionaryLearning,
};

async function read(files: DictionaryFiles): Promise<Dictionary | undefined> {
  const entries = (await files.json(CONFIG)) ?? {};
  const trainer = isObject(entries['trainer']) ? entries['trainer'] : undefined;
  const config = new Config(`${CONFIG}, trainer`, trainer ?? {});
  const isSaid = config.value('dict_class') !== undefined;
  const path = await files.weights(PICKLED, WEIGHTS);
  // Without a mark in the configuration, only the file name identifies a folder.
  const isNamed = files.file === undefined && (path === PICKLED || path === WEIGHTS);
  if (path === undefined) return undefined;
  const tensors = await files.tensors(path);
  if (tensors === undefined) return undefined;
  const name = isSaid ? config.text('dict_class') : classOf(tensors);
  if (name === undefined) {
    if (!isNamed) return undefined;
    throw badContent(`${CONFIG} beside ${path}`, 'none with dict_class', BESIDE);
  }
  const dictClass = Object.hasOwn(CLASSES, name) ? CLASSES[name] : undefined;
  if (dictClass === undefined) throw unknownArchitecture(name, Object.keys(CLASSES));
  const { architecture, weights: wanted, options } = dictClass;
  const sizes = isSaid
    ? { inputDim: config.count('activation_dim'), encodingDim: config.count('dict_size') }
    : sizesOf(tensors, dictClass);
  const own = dictClass.k ? ['k', 'threshold', 'group_sizes'] : [];
  const given = weightsIn(tensors, sizes, wanted, own);
  const weights = architecture === 'relu' && !options ? unit(given) : given;
  if (architecture === 'jumprelu') {
    weights['threshold'] = atLeastZero(weights['threshold'] as DictionaryWeight);
  }
  const learnt: Learnt = dictClass.k ? await learntOf(tensors, config, sizes.encodingDim) : {};
  const { k, threshold, prefixes } = learnt;
  // It is −1 before one was learnt, for codes above 0.
  const isBatch = architecture === 'batchtopk' || architecture === 'matryoshka';
  if (architecture === 'matryoshka' && prefixes === undefined) {
    throw badContent('tensors group_sizes', 'none', 'Give the file of a dictionary.');
  }
  return {
    architecture,
    options: {
      ...sizes,
      ...options,
      ...(k && { k }),
      ...(architecture === 'matryoshka' && { prefixes }),
    },
    weights: { ...weights, ...(isBatch && { threshold: scalar(Math.max(0, threshold ?? 0)) }) },
    metadata: metadataOf(entries, config),
  };
}

const BESIDE = `Put the ${CONFIG} of its training beside it.`;

const scalar = (value: number): DictionaryWeight => ({
  shape: [],
  read: async () => Float32Array.of(value),
});

/** Scales decoder rows to norm 1, like AutoEncoder.from_pretrained. */
const unit = (weights: Record<string, DictionaryWeight>) =>
  withUnitRows(weights, 'W_enc', ['b_enc']);

/**
 * Returns the class of some tensors, if no other class has similar ones.
 *
 * @returns undefined if they belong to no class.
 * @throws SAE_UNSUPPORTED if several classes have the same tensors.
 */
function classOf(tensors: Tensors): string | undefined {
  const has = (...names: string[]) => names.every((name) => tensors.has(name));
  if (has('encoder.weight', 'gate_bias', 'decoder_bias')) return 'GatedAutoEncoder';
  if (has('W_enc', 'group_sizes')) return 'MatryoshkaBatchTopKSAE';
  if (has('encoder.weight', 'decoder.weight', 'bias')) return 'AutoEncoder';
  if (has('encoder.weight', 'decoder.weight', 'b_dec')) {
    const received = 'tensors that AutoEncoderTopK and BatchTopKSAE have alike';
    throw unsupportedDictionary(`${CONFIG} that says its class`, received, BESIDE);
  }
  const isVector = tensors.get('threshold')?.shape.length === 1;
  if (has('W_enc', 'b_enc', 'W_dec', 'b_dec') && isVector) return 'JumpReluAutoEncoder';
  return undefined;
}

/** Returns the sizes of the tensors, if no configuration states them. */
function sizesOf(tensors: Tensors, { weights }: DictClass) {
  const [lie, ...names] = (weights['W_enc'] ?? weights['W_gate']) as WeightInFile;
  const [rows = 1, columns = 1] = sizesIn(tensors, names) ?? [];
  return lie === 'encoder'
    ? { inputDim: rows, encodingDim: columns }
    : { inputDim: columns, encodingDim: rows };
}

/** What a class stores besides its weights. */
interface Learnt {
  readonly k?: number;
  readonly threshold?: number | undefined;
  readonly prefixes?: readonly number[] | undefined;
}

/** Returns the same from tensors and configuration. */
async function learntOf(tensors: Tensors, config: Config, encodingDim: number): Promise<Learnt> {
  const numbers = async (name: string, length: number) => {
    const tensor = tensors.get(name);
    if (tensor === undefined) return undefined;
    if (tensor.shape.length > 1 || (tensor.shape[0] ?? 1) > length) {
      throw badContent(`at most ${length} numbers as ${name}`, `[${tensor.shape}]`, AGAIN);
    }
    return [...(await tensor.floats())];
  };
  const [stored] = (await numbers('k', 1)) ?? [];
  const k = config.value('k') === undefined ? stored : config.count('k');
  if (k === undefined) throw config.wrong('k', 'an integer above 0', undefined);
  if ((stored ?? k) !== k) throw config.wrong('k', `${stored}, as its tensors have`, k);
  if (!Number.isSafeInteger(k) || k < 1 || k > encodingDim) {
    throw badContent(`k among 1 to ${encodingDim}`, `${k}`, AGAIN);
  }
  const [threshold] = (await numbers('threshold', 1)) ?? [];
  const groups = await numbers('group_sizes', encodingDim);
  const prefixes = groups?.map((_, i) => groups.slice(0, i + 1).reduce((a, b) => a + b, 0));
  const isWhole = groups?.every((size) => Number.isSafeInteger(size) && size > 0) ?? true;
  if (prefixes && (!isWhole || prefixes.at(-1) !== encodingDim)) {
    throw badContent(`group_sizes that add up to ${encodingDim}`, `${groups}`, AGAIN);
  }
  return { k, threshold, prefixes };
}

const AGAIN = 'Take configuration and tensors from the same dictionary.';

/**
 * Returns TransformerLens's name for a submodule's activations, from the package's name of the
 * submodule.
 */
function hookOf(layer: number | undefined, submodule: string): string | undefined {
  if (layer === undefined) return undefined;
  if (/mlp/.test(submodule)) return `blocks.${layer}.hook_mlp_out`;
  if (/attn|attention/.test(submodule)) return `blocks.${layer}.hook_attn_out`;
  return `blocks.${layer}.hook_resid_post`;
}

/**
 * Returns what `saveSAE` stored; otherwise what the training's configuration says, which is kept
 * completely.
 */
function metadataOf(entries: Record<string, unknown>, trainer: Config): DictionaryMetadata {
  const own = entries['metadata'];
  if (isObject(own)) return metadataFrom(NAME, own);
  const buffer = isObject(entries['buffer']) ? entries['buffer'] : undefined;
  return metadataFrom(NAME, {
    model_name: trainer.text('lm_name'),
    hook_name: hookOf(trainer.number('layer'), trainer.text('submodule_name') ?? ''),
    context_size: buffer?.['ctx_len'],
    ...(isObject(entries['trainer']) && { trainer: entries['trainer'] }),
    ...(buffer && { buffer }),
  });
}
