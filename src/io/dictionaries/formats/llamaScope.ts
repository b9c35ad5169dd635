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

/** Its two forms: that of Llama Scope in 2024, and that of 2025. */
const OLDER = 'hyperparams.json';
const NEWER = 'config.json';
const NEWER_WEIGHTS = 'sae_weights.safetensors';
/** Where OpenMOSS looks for the older form's weights. */
const OLDER_WEIGHTS = [
  NEWER_WEIGHTS,
  'checkpoints/pruned.safetensors',
  'checkpoints/final.safetensors',
] as const;

/** What the newer form has beside its weights where it has not folded the norms into them. */
const NORM = 'dataset_average_activation_norm';
/** What the newer form calls its thresholds' logarithms. */
const LOG_THRESHOLDS = ['log_jumprelu_threshold', 'activation_function.log_jumprelu_threshold'];

/** What is known of Llama Scope, whose files do not say it. */
const LLAMA_SCOPE = {
  model_name: 'meta-llama/Llama-3.1-8B',
  dataset_path: 'cerebras/SlimPajama-627B',
  context_size: 1024,
  prepend_bos: true,
};

/**
 * OpenMOSS's Language-Model-SAEs, in which Llama Scope is published: `hyperparams.json` with
 * `checkpoints/final.safetensors`, and the later `config.json` with `sae_weights.safetensors`.
 *
 * $$ \bar x = s\,x, \quad z = \bar x\,W^\top + b, \quad f = z \odot \mathbb{1}[z > \theta], \quad
 * \hat x = (f\,W_\text{dec}^\top + b_\text{dec}) \,/\, s_\text{out} $$
 *
 * with $s = \sqrt d \,/$ the mean norm of the data's rows at the input, and $s_\text{out}$ of those at the
 * output (He et al. 2024, "Llama Scope", arXiv:2410.20526). Where `sparsity_include_decoder_norm` is set,
 * the older form's features are scaled so that decoder rows have norm 1; the newer one's thresholds are of
 * $z \lVert W_{\text{dec},i} \rVert$.
 *
 * The threshold in `hyperparams.json` is of features of rows as they come, so $\theta$ is $s$ times that.
 * Codes are those of normalised rows, as SAELens has them; OpenMOSS folds $s$ into the older form's weights
 * when it opens them, and its codes are these by $s$. The reconstruction is the same. Where decoder rows do
 * not have norm 1, SAELens 6.54 opens the file as if they did.
 */
export const llamaScope: DictionaryFormat = {
  name: 'llama-scope',
  of: 'OpenMOSS Llama Scope: `hyperparams.json`, `checkpoints/final.safetensors`; or `config.json`, `sae_weights.safetensors`',
  read,
};

/** The scales of rows on the way in and on the way out; 0 of those that nobody has kept. */
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
  const tensors = await firstTensors(files, OLDER_WEIGHTS);
  if (!tensors) return undefined;
  const sizes = sizesIn(config);
  const threshold = config.number('jump_relu_threshold') ?? 0;
  if (threshold < 0) throw config.wrong('jump_relu_threshold', 'at least 0', threshold);
  const activation = activationIn(config, ['relu', 'topk', 'jumprelu']);
  // OpenMOSS takes the threshold that it has found for a TopK SAE after its training.
  const architecture = activation === 'topk' && threshold > 0 ? 'jumprelu' : activation;
  const scales = isNormalised(config) ? olderScales(config, sizes.inputDim) : undefined;
  const weights = withOutputsOf(weightsIn(tensors, sizes, wantedIn(config)), sizes, scales);
  const unit = config.flag('sparsity_include_decoder_norm', true)
    ? withUnitRows(weights, 'W_enc', ['b_enc'])
    : weights;
  const { encodingDim } = sizes;
  const k = architecture === 'topk' ? config.count('top_k') : undefined;
  if (k !== undefined && k > encodingDim) {
    throw config.wrong('top_k', `at most its ${encodingDim} features`, k);
  }
  const centred = config.flag(CENTRED, true);
  const theta = constantWeight(threshold * (scales?.into ?? 1), encodingDim);
  const dictionary = {
    architecture,
    options: { ...sizes, ...(k !== undefined && { k }) },
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
  const tensors = entries && (await files.tensors(NEWER_WEIGHTS));
  if (!entries || !tensors) return undefined;
  const config = new Config(NEWER, entries);
  const sizes = sizesIn(config);
  const architecture = activationIn(config, ['relu', 'jumprelu']);
  const norms = [...tensors.keys()].filter((name) => name.startsWith(`${NORM}.`));
  const scales = isNormalised(config)
    ? await newerScales(config, tensors, sizes.inputDim)
    : undefined;
  const wanted = {
    ...wantedIn(config),
    ...(architecture === 'jumprelu' && { threshold: ['vector', ...LOG_THRESHOLDS] as const }),
  };
  const { threshold: logs, ...raw } = weightsIn(tensors, sizes, wanted, norms);
  const threshold = logs && exponential(logs);
  const isByNorm = config.flag('sparsity_include_decoder_norm', true);
  const decoder = raw['W_dec'] as DictionaryWeight;
  const theta = threshold && (isByNorm ? overRowNorms(threshold, decoder) : threshold);
  const weights = { ...withOutputsOf(raw, sizes, scales), ...(theta && { threshold: theta }) };
  if (scales?.into === 0) {
    warn(
      `${files.name}: the scale of its rows is not in its files. They are left as they come until initNormalization(x) learns it.`,
    );
  }
  const centred = config.flag(CENTRED, false);
  return made(config, files, { architecture, options: sizes, weights, scales }, centred);
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
  const own = config.value('d_sae') !== undefined;
  return {
    inputDim,
    encodingDim: own ? config.count('d_sae') : inputDim * config.count('expansion_factor'),
  };
}

/** Whether b_dec is taken from rows; each form has its own default. */
const CENTRED = 'apply_decoder_bias_to_pre_encoder';
const ADVICE = 'Open it with OpenMOSS: of another kind its codes would be other numbers.';

/** The activation; and nothing else in the configuration that is not computed here. */
function activationIn(config: Config, allowed: readonly string[]): string {
  config.allowOnly('sae_type', ['sae'], ADVICE);
  config.allowOnly('use_glu_encoder', [false], ADVICE);
  config.allowOnly('act_fn', allowed, ADVICE);
  return config.text('act_fn') ?? 'relu';
}

function wantedIn(config: Config): Record<string, WeightInFile> {
  return {
    W_enc: ['encoder-rows', 'encoder.weight'],
    b_enc: ['vector', 'encoder.bias'],
    W_dec: ['decoder-columns', 'decoder.weight'],
    ...(config.flag('use_decoder_bias', true) && { b_dec: ['bias', 'decoder.bias'] }),
  };
}

/** Whether its rows are scaled by one number; others are not in its weights. */
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

/** The decoder in units of the input's scale, and zeros where there is no bias. */
function withOutputsOf(
  { W_dec, b_dec, ...others }: Record<string, DictionaryWeight>,
  { inputDim }: { inputDim: number },
  { into, outOf }: Scales = { into: 1, outOf: 1 },
): Record<string, DictionaryWeight> {
  const by = into === 0 ? 1 : into / outOf;
  const bias = b_dec ?? valuesWeight(new Float32Array(inputDim));
  return { ...others, W_dec: scaled(W_dec as DictionaryWeight, by), b_dec: scaled(bias, by) };
}

/** As an autoencoder, or as the transcoder that one between two places is. */
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
