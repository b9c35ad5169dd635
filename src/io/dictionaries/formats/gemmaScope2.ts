import { badContent, unsupportedDictionary } from '../../../errors';
import type { DictionaryMetadata } from '../../../models/metadata';
import { isObject } from '../../../plainData';
import type { FloatDtype } from '../../bytes/values';
import { safetensorsPieces, type WrittenTensor } from '../../safetensors/write';
import { Config } from '../config';
import { type Dictionary, isTranscoder } from '../dictionary';
import { encodedTensor } from '../encoded';
import type { DictionaryFiles } from '../files';
import { type DictionaryFile, type DictionaryFormat, jsonFile } from '../format';
import { metadataFrom, saelensEntries } from '../metadata';
import { jumpReLUIn, plainJumpReLU } from '../plainJumpReLU';

const NAME = 'gemma-scope-2';
const CONFIG = 'config.json';
const WEIGHTS = 'params.safetensors';

/** Its names of tensors, by ours. */
const NAMES: Readonly<Record<string, string>> = {
  ...{ W_enc: 'w_enc', b_enc: 'b_enc', threshold: 'threshold', W_dec: 'w_dec', b_dec: 'b_dec' },
  W_skip: 'affine_skip_connection',
};

/** Gemma Scope 2: `params.safetensors`, and a `config.json` that may be missing. */
export const gemmaScope2: DictionaryFormat = {
  name: NAME,
  of: 'Gemma Scope 2: `params.safetensors`, `config.json`',
  read,
  write,
};

async function read(files: DictionaryFiles): Promise<Dictionary | undefined> {
  const path = await files.weights(WEIGHTS);
  const tensors = path === undefined ? undefined : await files.tensors(path);
  if (!tensors || !(path?.endsWith(WEIGHTS) || (tensors.has('w_enc') && tensors.has('w_dec')))) {
    return undefined;
  }
  if (tensors.get('w_dec')?.shape.length === 3) {
    const received = `one of each of ${tensors.get('w_dec')?.shape[1]} layers`;
    const advice = 'Cross-layer transcoders are not computed here.';
    throw unsupportedDictionary('one decoder', received, advice);
  }
  const skipName = NAMES['W_skip'] as string;
  const { inputDim, encodingDim, outputDim, weights } = jumpReLUIn(
    tensors,
    { encoder: ['w_enc'], decoder: ['w_dec'] },
    { 'W_skip?': ['skip', skipName] },
  );
  const skip = weights['W_skip'] !== undefined;

  const config = new Config(CONFIG, (await files.json(CONFIG)) ?? {});
  config.allowOnly('architecture', ['jump_relu'], 'Others are not known of Gemma Scope 2.');
  if ((config.value('width') ?? encodingDim) !== encodingDim) {
    throw config.wrong('width', `${encodingDim}, as its tensors have`, config.value('width'));
  }
  const affine = config.flag('affine_connection', skip);
  if (affine !== skip) {
    const expected = `a tensor ${skipName} just where ${CONFIG} says affine_connection`;
    throw badContent(expected, skip ? 'it alone' : 'none', 'Take both from one dictionary.');
  }
  const place = placeOf(files.name, config);
  const isSaid = place.out !== undefined || (config.text('type') ?? 'sae') !== 'sae';
  const isPaired = isSaid || skip || outputDim !== inputDim;
  return {
    architecture: 'jumprelu',
    options: {
      ...{ inputDim, encodingDim, decoderRows: 'free' },
      ...(isPaired ? { outputDim } : { centred: false }),
      ...(skip && { skip }),
    },
    weights,
    metadata: metadataOf(config, place, files.name),
  };
}

/**
 * A place in the network, by the folder of its dictionaries, Hugging Face's name, and
 * TransformerLens's.
 */
interface Site {
  readonly folder: RegExp;
  readonly module: string;
  readonly hook: string;
}

const MLP_OUT = 'post_feedforward_layernorm.output';
const SITES: readonly Site[] = [
  { folder: /transcoder|clt/, module: 'pre_feedforward_layernorm.output', hook: 'hook_mlp_in' },
  { folder: /resid_post/, module: 'output', hook: 'hook_resid_post' },
  { folder: /attn_out/, module: 'self_attn.o_proj.input', hook: 'attn.hook_z' },
  { folder: /mlp_out/, module: MLP_OUT, hook: 'hook_mlp_out' },
];

/**
 * Where rows, and a transcoder's targets, come from: Hugging Face's names, according to the files
 * or their path.
 */
interface Place {
  readonly in?: string;
  readonly out?: string;
}

function placeOf(path: string, config: Config): Place {
  const said = config.text('hf_hook_point_in');
  const out = config.text('hf_hook_point_out');
  const isOwn = (config.text('type') ?? 'sae') === 'sae' && (out ?? said) === said;
  if (said !== undefined) return { in: said, ...(!isOwn && out !== undefined && { out }) };
  // The folder and the one above it: anything higher is where the user stores them.
  const [, folder, layer] =
    /(?:^|[\\/])([^\\/]+)[\\/]layer_(\d+)_[^\\/]*(?:[\\/][^\\/]*)?$/.exec(path) ?? [];
  const site = SITES.find((each) => each.folder.test(folder ?? ''));
  if (site === undefined) return {};
  const within = `model.layers.${layer}`;
  const isPaired = site.hook === 'hook_mlp_in';
  return { in: `${within}.${site.module}`, ...(isPaired && { out: `${within}.${MLP_OUT}` }) };
}

/** Returns TransformerLens's name of a place, given Hugging Face's. */
function hookOf(module: string | undefined): string | undefined {
  const [, layer, within] = /^model\.layers\.(\d+)\.(.+)$/.exec(module ?? '') ?? [];
  const site = SITES.find((each) => each.module === within);
  return site && `blocks.${layer}.${site.hook}`;
}

/** Returns Hugging Face's name of a place, given TransformerLens's. */
function moduleOf(hook: string | undefined): string | undefined {
  const [, layer, within] = /^blocks\.(\d+)\.(.+)$/.exec(hook ?? '') ?? [];
  const site = SITES.find((each) => each.hook === within);
  return site && `model.layers.${layer}.${site.module}`;
}

/** Returns what `saveSAE` stored; otherwise what the configuration and the path say. */
function metadataOf(config: Config, place: Place, path: string): DictionaryMetadata {
  const own = config.value('metadata');
  if (isObject(own)) return metadataFrom(NAME, own);
  const { model_name, hf_hook_point_in, hf_hook_point_out, l0, ...others } = config.entries;
  const { architecture: _, width: __, affine_connection: ___, type: ____, ...rest } = others;
  return metadataFrom(NAME, {
    ...{ prepend_bos: true, dataset_path: 'monology/pile-uncopyrighted', context_size: 1024 },
    ...rest,
    model_name: modelIn(config.text('model_name') || undefined, path),
    hook_name: hookOf(place.in),
    hf_hook_name: place.in,
    hook_name_out: hookOf(place.out),
    hf_hook_name_out: place.out,
    l0,
  });
}

/** Returns the network's name on the hub, which a configuration may call `gemma-v3-4b-pt`. */
function modelIn(said: string | undefined, path: string): string | undefined {
  const [, size, kind] = /gemma-scope-2-([^-\\/]+)-(pt|it)/.exec(path) ?? [];
  const name = said ?? (size && `gemma-3-${size}-${kind}`);
  if (name === undefined || !/^(google\/)?gemma/.test(name)) return name;
  const known = name.replace(/^google\//, '').replace('-v3', '-3');
  // The smallest pretrained model has no suffix on the hub.
  return `google/${known.replace(/270m-pt$/, '270m')}`;
}

async function write(given: Dictionary, dtype: FloatDtype): Promise<DictionaryFile[]> {
  const dictionary = await plainJumpReLU(NAME, given);
  const tensors = new Map<string, WrittenTensor>();
  for (const [name, theirs] of Object.entries(NAMES)) {
    const weight = dictionary.weights[name];
    if (weight === undefined) continue; // it has no skip connection
    tensors.set(theirs, await encodedTensor(NAME, name, dtype, weight));
  }
  const { metadata, options } = dictionary;
  const { modelName, hookName, hookNameOut, hfHookName, hfHookNameOut, l0 } = metadata;
  const isPaired = isTranscoder(dictionary);
  const hookIn = hfHookName ?? moduleOf(hookName);
  const config = {
    architecture: 'jump_relu',
    model_name: modelName ?? '', // required by SAELens
    hf_hook_point_in: hookIn,
    hf_hook_point_out: isPaired ? (hfHookNameOut ?? moduleOf(hookNameOut)) : hookIn,
    width: options.encodingDim,
    l0,
    affine_connection: options['skip'] === true,
    type: isPaired ? 'transcoder' : 'sae',
    metadata: saelensEntries(metadata),
  };
  return [jsonFile(CONFIG, config), { path: WEIGHTS, pieces: safetensorsPieces(tensors) }];
}
