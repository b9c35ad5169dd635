import { unknownArchitecture, unsupportedDictionary } from '../../../errors';
import type { DictionaryMetadata } from '../../../models/metadata';
import { isObject } from '../../../plainData';
import { Config } from '../config';
import { atLeastZero, withUnitRows } from '../conversions';
import {
  type Dictionary,
  type DictionaryWeight,
  matrixWeight,
  valuesWeight,
  vectorWeight,
} from '../dictionary';
import type { DictionaryFiles } from '../files';
import type { DictionaryFormat, GivenOptions } from '../format';
import { metadataFrom, SAELENS_NAMES } from '../metadata';
import { checkOnes, checkTensorShape, takeTensors } from '../tensors';
import { type Whitening, withoutWhitening } from '../whitening';
import { writeSAELens } from './saelensWrite';

/** SAELens's names of the two files. */
export const CONFIG = 'cfg.json';
export const WEIGHTS = 'sae_weights.safetensors';

/** A SAELens architecture, and ours. */
interface Counterpart {
  readonly name: string;
  readonly vectors: readonly string[];
  /** Our options with which training continues as in SAELens. */
  readonly options?: Readonly<Record<string, unknown>>;
  readonly isTranscoder?: true;
  readonly skip?: true;
}

const FREE = { decoderRows: 'free' } as const;
const RELU: Counterpart = {
  name: 'relu',
  vectors: ['b_enc'],
  options: { penalty: 'l1-decoder-norm' },
};
const JUMPRELU: Counterpart = { name: 'jumprelu', vectors: ['b_enc', 'threshold'], options: FREE };
const TRANSCODER = { isTranscoder: true } as const;
const SKIP = { ...TRANSCODER, skip: true } as const;

/** The counterparts by their names in a configuration. */
const COUNTERPARTS: Readonly<Record<string, Counterpart>> = {
  standard: RELU,
  gated: { name: 'gated', vectors: ['b_gate', 'r_mag', 'b_mag'], options: { loss: 'saelens' } },
  jumprelu: JUMPRELU,
  topk: { name: 'topk', vectors: ['b_enc'], options: FREE },
  batchtopk: { name: 'batchtopk', vectors: ['b_enc'], options: FREE },
  matryoshka_batchtopk: { name: 'matryoshka', vectors: ['b_enc'], options: FREE },
  transcoder: { ...RELU, ...TRANSCODER },
  skip_transcoder: { ...RELU, ...SKIP },
  jumprelu_transcoder: { ...JUMPRELU, ...TRANSCODER },
  jumprelu_skip_transcoder: { ...JUMPRELU, ...SKIP },
};

/** Names of entries before version 6. */
const OLDER_NAMES: Readonly<Record<string, string>> = {
  hook_point: 'hook_name',
  hook_point_head_index: 'hook_head_index',
  activation_fn_str: 'activation_fn',
};

/** Rows that are whitened by their covariance, and the file of a checkpoint that describes it. */
const WHITENED = 'covariance_whitening';
const WHITENING = 'activation_whitening.safetensors';

/** How rows are normalized, by SAELens's names. */
const NORMALIZATIONS: Readonly<Record<string, string>> = {
  none: 'none',
  expected_average_only_in: 'mean-norm',
  layer_norm: 'layer-norm',
  constant_norm_rescale: 'constant',
  [WHITENED]: WHITENED,
};

/** SAELens: `cfg.json` beside `sae_weights.safetensors`, of version 6 and earlier. */
export const saelens: DictionaryFormat = {
  name: 'saelens',
  of: 'SAELens: `cfg.json`, `sae_weights.safetensors`',
  read,
  write: writeSAELens,
};

async function read(files: DictionaryFiles, given: GivenOptions): Promise<Dictionary | undefined> {
  const entries = await files.json(CONFIG);
  const tensors = entries && (await files.tensors(WEIGHTS));
  if (!entries || !tensors) return undefined;
  const config = new Config(CONFIG, withNewNames(entries));
  const [inputDim, encodingDim] = [config.count('d_in'), config.count('d_sae')];
  const architecture = architectureIn(config);
  const counterpart = Object.hasOwn(COUNTERPARTS, architecture)
    ? (COUNTERPARTS[architecture] as Counterpart)
    : undefined;
  if (counterpart === undefined) throw unknownArchitecture(architecture, Object.keys(COUNTERPARTS));
  const { name, vectors, options: ours, isTranscoder, skip } = counterpart;
  const outputDim = isTranscoder ? config.count('d_out') : inputDim;

  const isBatch = name === 'batchtopk' || name === 'matryoshka';
  const wanted = {
    W_enc: ['W_enc'],
    ...Object.fromEntries(vectors.map((vector) => [vector, [vector]])),
    W_dec: ['W_dec'],
    b_dec: ['b_dec'],
    ...(skip && { W_skip: ['W_skip'] }),
    ...(isBatch && { topk_threshold: ['topk_threshold'] }),
    'scaling_factor?': ['scaling_factor', 'finetuning_scaling_factor'],
  };
  const taken = takeTensors(tensors, wanted);
  const shapes: Record<string, readonly number[]> = {
    W_enc: [inputDim, encodingDim],
    W_dec: [encodingDim, outputDim],
    b_dec: [outputDim],
    ...(skip && { W_skip: [outputDim, inputDim] }),
    ...(isBatch && { topk_threshold: [] }),
  };
  for (const [key, tensor] of Object.entries(taken)) {
    checkTensorShape(key, tensor, shapes[key] ?? [encodingDim]);
  }
  const { W_enc, W_dec, b_dec, W_skip, topk_threshold, scaling_factor } = taken;
  if (!W_enc || !W_dec || !b_dec) return undefined; // never: takeTensors has checked them
  const matrix = name === 'gated' ? 'W_gate' : 'W_enc';
  let weights: Record<string, DictionaryWeight> = {
    [matrix]: matrixWeight(W_enc, 1),
    ...Object.fromEntries(
      vectors.map((vector) => [vector, vectorWeight(taken[vector] as typeof b_dec)]),
    ),
    W_dec: matrixWeight(W_dec, 0),
    b_dec: vectorWeight(b_dec, false),
    ...(W_skip && { W_skip: matrixWeight(W_skip, undefined, true) }),
    ...(topk_threshold && { threshold: vectorWeight(topk_threshold, false) }),
  };
  if (name === 'jumprelu')
    weights['threshold'] = atLeastZero(weights['threshold'] as DictionaryWeight);
  if (scaling_factor) await checkOnes('scaling_factor', scaling_factor);
  if (config.flag('rescale_acts_by_decoder_norm', false)) {
    weights = withUnitRows(weights, matrix, vectors);
  }
  const { normalize, scale } = await normalizationOf(files, config, isTranscoder === true, given);
  const dictionary: Dictionary = {
    architecture: name,
    options: {
      ...{ inputDim, encodingDim, ...ours },
      ...(isTranscoder && { outputDim }),
      ...(skip && { skip: true }),
      ...(normalize === 'none' || normalize === WHITENED ? {} : { normalize }),
      ...(isTranscoder || config.flag('apply_b_dec_to_input', true) ? {} : { centred: false }),
      ...ownOptions(name, config),
    },
    weights: { ...weights, ...(scale && { scale }) },
    metadata: metadataOf(config),
  };
  if (normalize !== WHITENED) return dictionary;
  return withoutWhitening(dictionary, await whiteningIn(files, inputDim));
}

/**
 * Returns how a checkpoint whitens its rows: after training, SAELens includes it in the weights.
 */
async function whiteningIn(files: DictionaryFiles, width: number): Promise<Whitening> {
  const tensors = await files.tensors(WHITENING);
  if (tensors === undefined) {
    const expected = `${WHITENING} beside weights of ${WHITENED}, which has the matrix`;
    const advice = 'Copy the whole checkpoint, or save it with weights that SAELens has folded.';
    throw unsupportedDictionary(expected, 'none', advice);
  }
  const names = { mean: ['mean'], matrix: ['matrix'], inverse: ['inverse_matrix'] };
  const { mean, matrix, inverse } = takeTensors(tensors, names) as unknown as Whitening;
  checkTensorShape('mean', mean, [width]);
  checkTensorShape('matrix', matrix, [width, width]);
  checkTensorShape('inverse_matrix', inverse, [width, width]);
  return { mean, matrix, inverse };
}

/** Returns the options that only one architecture has. */
function ownOptions(name: string, config: Config): Readonly<Record<string, unknown>> {
  if (name === 'topk') return { k: config.count('k') };
  if (name !== 'batchtopk' && name !== 'matryoshka') return {};
  // It may be a mean of several integers; only training uses it.
  const k = Math.max(1, Math.round(config.number('k') ?? 1));
  if (name === 'batchtopk') return { k };
  const widths = config.value('matryoshka_widths');
  const isRising =
    Array.isArray(widths) && widths.every((width, i) => width > (i === 0 ? 0 : widths[i - 1]));
  if (!isRising) throw config.wrong('matryoshka_widths', 'rising numbers', widths);
  return { k, prefixes: widths };
}

function withNewNames(entries: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(entries).map(([key, value]) => [
      Object.hasOwn(OLDER_NAMES, key) ? OLDER_NAMES[key] : key,
      value,
    ]),
  );
}

/**
 * Returns the architecture: before version 6, a TopK SAE was a standard one with another
 * activation.
 */
function architectureIn(config: Config): string {
  const architecture = config.text('architecture') ?? 'standard';
  const activation = config.text('activation_fn') ?? 'relu';
  if (activation === 'relu' || architecture !== 'standard') return architecture;
  const kwargs = config.value('activation_fn_kwargs');
  if (activation !== 'topk' || !isObject(kwargs)) {
    const advice = 'Of others its codes would be other numbers.';
    throw unsupportedDictionary('activation_fn relu or topk', activation, advice);
  }
  Object.assign(config.entries, { k: kwargs['k'] });
  return 'topk';
}

/**
 * Returns how rows are normalized, and the scale of mean norm if it is stored beside the weights.
 */
async function normalizationOf(
  files: DictionaryFiles,
  config: Config,
  isTranscoder: boolean,
  { warn, scale }: GivenOptions,
): Promise<{ normalize: string; scale?: DictionaryWeight }> {
  const said = config.value('normalize_activations') ?? 'none';
  // Before version 4 it was a flag.
  const theirs = said === true ? 'expected_average_only_in' : said === false ? 'none' : said;
  const known = typeof theirs === 'string' && Object.hasOwn(NORMALIZATIONS, theirs);
  if (!known) {
    const names = Object.keys(NORMALIZATIONS).join(', ');
    const advice = 'Fold it into the weights with SAELens, and save them again.';
    throw unsupportedDictionary(`normalize_activations ${names}`, String(theirs), advice);
  }
  const normalize = NORMALIZATIONS[theirs as string] as string;
  if (isTranscoder && normalize !== 'none') {
    const advice = 'Fold it into the weights with SAELens, and save them again.';
    throw unsupportedDictionary('a transcoder of rows as they come', String(theirs), advice);
  }
  if (normalize !== 'mean-norm') return { normalize };
  const scaler = await files.json('activation_scaler.json');
  const factor = scaler
    ? new Config('activation_scaler.json', scaler).number('scaling_factor')
    : scale;
  if (factor === undefined) {
    warn(
      `${files.name}: the scale of its rows is not in its files. SAELens leaves rows as they are; so does this model until initNormalization(x) learns the scale.`,
    );
  }
  return { normalize, scale: valuesWeight(Float32Array.of(factor ?? 0), []) };
}

/**
 * Returns the metadata: a separate entry from version 6 on, before that among the other entries.
 */
function metadataOf(config: Config): DictionaryMetadata {
  const own = config.value('metadata');
  const reshape = config.value('reshape_activations');
  const reshaped =
    typeof reshape === 'string' && reshape !== 'none' ? { reshape_activations: reshape } : {};
  if (isObject(own)) return metadataFrom('saelens', { ...own, ...reshaped });
  const names = new Set(Object.values(SAELENS_NAMES));
  const named = Object.entries(config.entries).filter(([key]) => names.has(key));
  return metadataFrom('saelens', { ...Object.fromEntries(named), ...reshaped });
}
