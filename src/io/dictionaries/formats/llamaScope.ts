import { unsupportedDictionary } from '../../../errors';
import type { DictionaryMetadata } from '../../../models/metadata';
import { isObject } from '../../../plainData';
import { Config } from '../config';
import { madeOf, overRowNorms, scaled, withoutMeanNorm, withUnitRows } from '../conversions';
import {
  constantWeight,
  type Dictionary,
  type DictionaryWeight,
  valuesWeight,
} from '../dictionary';
import type { DictionaryFiles } from '../files';
import type { DictionaryFormat, GivenOptions } from '../format';
import { metadataFrom } from '../metadata';
import type { Tensors } from '../tensors';
import { type WeightInFile, weightsIn } from '../weights';

/**
 * Its forms: that of Llama Scope in 2024, and that of 2025, whose weights have been renamed since.
 */
const OLDER = 'hyperparams.json';
const NEWER = 'config.json';
const NEWER_WEIGHTS = 'sae_weights.safetensors';
/** Where OpenMOSS looks for weights. */
const ALL_WEIGHTS = [
  NEWER_WEIGHTS,
  'checkpoints/pruned.safetensors',
  'checkpoints/final.safetensors',
] as const;

/** The norms that the newer form stores beside its weights if they are not folded into them. */
const NORM = 'dataset_average_activation_norm';
/** The newer form's names of the thresholds' logarithms. */
const LOG_THRESHOLDS = ['log_jumprelu_threshold', 'activation_function.log_jumprelu_threshold'];

/**
 * The names of matrices since the summer of 2025, and the activations that are supported in such
 * files.
 */
const LETTERS = ['W_E', 'W_D'] as const;
const BY_LETTERS = ['relu', 'jumprelu', 'topk', 'batchtopk'];

/** What is known about Llama Scope but not stated in its files. */
const LLAMA_SCOPE = {
  model_name: 'meta-llama/Llama-3.1-8B',
  dataset_path: 'cerebras/SlimPajama-627B',
  context_size: 1024,
  prepend_bos: true,
};

/**
 * OpenMOSS's Language-Model-SAEs (now called Llamascopium), in which Llama Scope is published:
 * `hyperparams.json` with `checkpoints/final.safetensors`, and the later `config.json` with
 * `sae_weights.safetensors`, whose tensors are `encoder.weight` and the like, or `W_E`.
 *
 * $$ \bar x = s\,x, \quad z = \bar x\,W^\top + b, \quad f = z \odot \mathbb{1}[z > \theta], \quad
 * \hat x = (f\,W_\text{dec}^\top + b_\text{dec}) \,/\, s_\text{out} $$
 *
 * with $s = \sqrt d \,/$ the mean norm of the data's rows at the input, and $s_\text{out}$ the same
 * at the output (He et al. 2024, "Llama Scope", arXiv:2410.20526). If
 * `sparsity_include_decoder_norm` is set, the features of the older form are scaled so that decoder
 * rows have norm 1, and so are those of a newer TopK or BatchTopK SAE, whose codes are OpenMOSS's
 * times these norms; the newer form's thresholds apply to $z \lVert W_{\text{dec},i} \rVert$.
 * OpenMOSS stores no threshold for a BatchTopK SAE.
 *
 * Rows that are each scaled to the norm $\sqrt d$ (`token-wise`) correspond to
 * `normalize: 'constant'` here.
 *
 * The threshold in `hyperparams.json` applies to features of unscaled rows, so $\theta$ is $s$
 * times that. Codes are those of normalized rows, as in SAELens; OpenMOSS folds $s$ into the older
 * form's weights when it opens them, and its codes are these divided by $s$. The reconstruction is
 * the same. If decoder rows do not have norm 1, SAELens 6.54 opens the file as if they did.
 */
export const llamaScope: DictionaryFormat = {
  name: 'llama-scope',
  of: 'OpenMOSS Llama Scope, Llamascopium: `hyperparams.json`, `checkpoints/final.safetensors`; or `config.json`, `sae_weights.safetensors`',
  read,
};

/** The scales of rows on the way in and on the way out; 0 if unknown. */
interface Scales {
  readonly into: number;
  readonly outOf: number;
}

async function read(files: DictionaryFiles, given: GivenOptions): Promise<Dictionary | undefined> {
  return (await readOlder(files)) ?? (await readNewer(files, given));
}

async function readOlder(files: DictionaryFiles): Promise<Dictionary | undefined> {
  const entries = await files.json(OLDER);
  if (!entries) return undefined;
  const config = new Config(OLDER, entries);
  const tensors = await firstTensors(files, ALL_WEIGHTS);
  if (!tensors) return undefined;
  const sizes = sizesIn(config);
  const threshold = config.number('jump_relu_threshold') ?? 0;
  if (threshold < 0) throw config.wrong('jump_relu_threshold', 'at least 0', threshold);
  const activation = activationIn(config, ['relu', 'topk', 'jumprelu']);
  // OpenMOSS uses the threshold that it determined for a TopK SAE after its training.
  const architecture = activation === 'topk' && threshold > 0 ? 'jumprelu' : activation;
  const scales = isNormalised(config) ? olderScales(config, sizes.inputDim) : undefined;
  const weights = withOutputsOf(weightsIn(tensors, sizes, wantedIn(config)), sizes, scales);
  const unit = config.flag('sparsity_include_decoder_norm', true)
    ? withUnitRows(weights, 'W_enc', ['b_enc'])
    : weights;
  const centred = config.flag(CENTRED, true);
  const theta = constantWeight(threshold * (scales?.into ?? 1), sizes.encodingDim);
  const dictionary = {
    architecture,
    options: { ...sizes, ...(architecture === 'topk' && kIn(config, sizes)) },
    weights: { ...unit, ...(architecture === 'jumprelu' && { threshold: theta }) },
    scales,
  };
  return made(config, files, dictionary, centred);
}

async function readNewer(
  files: DictionaryFiles,
  { warn }: GivenOptions,
): Promise<Dictionary | undefined> {
  const entries = await files.json(NEWER);
  if (!entries) return undefined;
  const config = new Config(NEWER, entries);
  const isNamed = typeof entries['sae_type'] === 'string';
  // Crosscoders and the like have other files, too.
  if (isNamed) config.allowOnly('sae_type', ['sae'], OTHER_KINDS);
  const tensors = await firstTensors(files, isNamed ? ALL_WEIGHTS : [NEWER_WEIGHTS]);
  if (!tensors) return undefined;
  const isByLetters = LETTERS.some((name) => tensors.has(name));
  const sizes = sizesIn(config);
  const architecture = activationIn(config, isByLetters ? BY_LETTERS : BY_LETTERS.slice(0, 2));
  const norms = [...tensors.keys()].filter((name) => name.startsWith(`${NORM}.`));
  const isTokenWise = isByLetters && isOfEachRow(config);
  const scales =
    !isTokenWise && isNormalised(config)
      ? await newerScales(config, tensors, sizes.inputDim)
      : undefined;
  const wanted = {
    ...wantedIn(config, isByLetters),
    ...(architecture === 'jumprelu' && { threshold: ['vector', ...LOG_THRESHOLDS] as const }),
  };
  const { threshold: logs, ...raw } = weightsIn(tensors, sizes, wanted, norms);
  const isByNorm = config.flag('sparsity_include_decoder_norm', true);
  const isLargest = architecture === 'topk' || architecture === 'batchtopk';
  // The norms affect which are the largest.
  const own = isLargest && isByNorm ? withUnitRows(raw, 'W_enc', ['b_enc']) : raw;
  const theta = logs && thresholdOf(logs, isByNorm ? raw['W_dec'] : undefined);
  const weights = { ...withOutputsOf(own, sizes, scales), ...(theta && { threshold: theta }) };
  if (scales?.into === 0) {
    warn(
      `${files.name}: the scale of its rows is not in its files. They are left as they come until initNormalization(x) learns it.`,
    );
  }
  if (architecture === 'batchtopk') {
    warn(
      `${files.name}: its files have no threshold. Training chooses the largest codes of a batch as OpenMOSS does, and learns one; until then all codes above 0 count.`,
    );
  }
  const centred = config.flag(CENTRED, false);
  const options = {
    ...sizes,
    ...(isLargest && kIn(config, sizes)),
    ...(isTokenWise && { normalize: 'constant' }),
  };
  return made(config, files, { architecture, options, weights, scales }, centred);
}

/**
 * Returns thresholds from their logarithms; for codes times the norms of decoder rows, if a decoder
 * is given.
 */
function thresholdOf(logs: DictionaryWeight, decoder: DictionaryWeight | undefined) {
  return decoder ? overRowNorms(exponential(logs), decoder) : exponential(logs);
}

/** Returns how many features of a TopK SAE fire. */
function kIn(config: Config, { encodingDim }: { encodingDim: number }): { k: number } {
  const k = config.count('top_k');
  if (k <= encodingDim) return { k };
  throw config.wrong('top_k', `at most its ${encodingDim} features`, k);
}

const exponential = (logs: DictionaryWeight): DictionaryWeight =>
  madeOf(logs.shape, [logs], (values) => values.map((value) => Math.exp(value)));

async function firstTensors(files: DictionaryFiles, paths: readonly string[]) {
  for (const path of paths) {
    const tensors = await files.tensors(path);
    if (tensors) return tensors;
  }
  return undefined;
}

function sizesIn(config: Config): { inputDim: number; encodingDim: number } {
  const inputDim = config.count('d_model');
  if (config.value('d_sae') !== undefined) return { inputDim, encodingDim: config.count('d_sae') };
  const factor = config.number('expansion_factor') ?? 0;
  const encodingDim = Math.floor(inputDim * factor);
  if (Number.isSafeInteger(encodingDim) && encodingDim > 0) return { inputDim, encodingDim };
  throw config.wrong('expansion_factor', `a number of at least 1/${inputDim}`, factor);
}

/** Whether b_dec is subtracted from rows; each form has its own default. */
const CENTRED = 'apply_decoder_bias_to_pre_encoder';
const ADVICE = 'Open it with OpenMOSS: of another kind its codes would be other numbers.';
const OTHER_KINDS =
  'Open it with OpenMOSS: crosscoders, Lorsa, cross-layer transcoders and MOLT are not computed here.';

/** Returns the activation, and checks that everything else in the configuration is supported. */
function activationIn(config: Config, allowed: readonly string[]): string {
  config.allowOnly('sae_type', ['sae'], ADVICE);
  config.allowOnly('use_glu_encoder', [false], ADVICE);
  config.allowOnly('act_fn', allowed, ADVICE);
  return config.text('act_fn') ?? 'relu';
}

function wantedIn(config: Config, isByLetters = false): Record<string, WeightInFile> {
  const hasBias = config.flag('use_decoder_bias', true);
  if (isByLetters) {
    return {
      W_enc: ['encoder', 'W_E'],
      b_enc: ['vector', 'b_E'],
      W_dec: ['decoder', 'W_D'],
      ...(hasBias && { b_dec: ['bias', 'b_D'] }),
    };
  }
  return {
    W_enc: ['encoder-rows', 'encoder.weight'],
    b_enc: ['vector', 'encoder.bias'],
    W_dec: ['decoder-columns', 'decoder.weight'],
    ...(hasBias && { b_dec: ['bias', 'decoder.bias'] }),
  };
}

/**
 * Returns whether each row is scaled to one norm; for a transcoder the norm of its outputs would be
 * unknown.
 */
function isOfEachRow(config: Config): boolean {
  const { into, out } = hooksIn(config);
  return config.text('norm_activation') === 'token-wise' && into === out;
}

/** Returns whether its rows are scaled by one number; other scalings are not in its weights. */
function isNormalised(config: Config): boolean {
  config.allowOnly('norm_activation', ['dataset-wise', 'inference', 'none'], ADVICE);
  return config.text('norm_activation') === 'dataset-wise';
}

const scaleOf = (width: number, norm: number) => Math.sqrt(width) / norm;

function olderScales(config: Config, width: number): Scales {
  const given = config.value(NORM);
  const [into, outOf] = ['in', 'out'].map((key) =>
    isObject(given) && Object.hasOwn(given, key) ? given[key] : undefined,
  );
  const isNorm = (value: unknown) => typeof value === 'number' && value > 0 && value < Infinity;
  if (!isNorm(into) || !isNorm(outOf)) {
    throw config.wrong(NORM, '"in" and "out", each a number above 0', given);
  }
  return { into: scaleOf(width, into as number), outOf: scaleOf(width, outOf as number) };
}

async function newerScales(config: Config, tensors: Tensors, width: number): Promise<Scales> {
  const { into, out } = hooksIn(config);
  const scaleAt = async (names: readonly (string | undefined)[]) => {
    const tensor = names.map((name) => tensors.get(`${NORM}.${name}`)).find(Boolean);
    const [norm = 0] = tensor ? await tensor.floats(0, 1) : [];
    return norm > 0 && Number.isFinite(norm) ? scaleOf(width, norm) : 0;
  };
  const scales = {
    into: await scaleAt([into, 'in']),
    outOf: await scaleAt([out, 'out', into, 'in']),
  };
  if (scales.into === 0 && into !== out) {
    const advice = 'Open it with OpenMOSS, and save it with the norms in its weights.';
    throw unsupportedDictionary(`tensors ${NORM} of a transcoder`, 'none above 0', advice);
  }
  return scales;
}

function hooksIn(config: Config): { into: string | undefined; out: string | undefined } {
  const into = config.text('hook_point_in');
  return { into, out: config.text('hook_point_out') ?? into };
}

/** Returns the decoder in units of the input's scale, with zeros if there is no bias. */
function withOutputsOf(
  { W_dec, b_dec, ...others }: Record<string, DictionaryWeight>,
  { inputDim }: { inputDim: number },
  { into, outOf }: Scales = { into: 1, outOf: 1 },
): Record<string, DictionaryWeight> {
  const by = into === 0 ? 1 : into / outOf;
  const bias = b_dec ?? valuesWeight(new Float32Array(inputDim));
  return { ...others, W_dec: scaled(W_dec as DictionaryWeight, by), b_dec: scaled(bias, by) };
}

/** Returns an autoencoder, or a transcoder if it maps between two places. */
async function made(
  config: Config,
  files: DictionaryFiles,
  given: Omit<Dictionary, 'metadata'> & { readonly scales: Scales | undefined },
  isCentred: boolean,
): Promise<Dictionary> {
  const { architecture, options, weights, scales } = given;
  const { into, out } = hooksIn(config);
  const isTranscoder = into !== out;
  if (isTranscoder && isCentred) config.allowOnly(CENTRED, [false], ADVICE);
  const dictionary: Dictionary = {
    architecture,
    options: {
      ...options,
      ...(architecture === 'relu' ? { penalty: 'l1-decoder-norm' } : { decoderRows: 'free' }),
      ...(scales && { normalize: 'mean-norm' }),
      ...(isCentred || isTranscoder ? {} : { centred: false }),
    },
    weights: {
      ...weights,
      ...(scales && { scale: valuesWeight(Float32Array.of(scales.into), []) }),
    },
    metadata: metadataOf(config, files),
  };
  if (!isTranscoder) return dictionary;
  const plain = await withoutMeanNorm(dictionary);
  return { ...plain, options: { ...plain.options, outputDim: options.inputDim } };
}

function metadataOf(config: Config, files: DictionaryFiles): DictionaryMetadata {
  const isLlamaScope = /^Llama3_1-8B-Base-L/.test(files.folderName ?? '');
  const { into, out } = hooksIn(config);
  return metadataFrom('llama-scope', {
    ...(isLlamaScope && LLAMA_SCOPE),
    hook_name: into,
    ...(out !== into && { hook_name_out: out }),
  });
}
