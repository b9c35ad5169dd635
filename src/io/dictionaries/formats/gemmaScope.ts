import { unwritable } from '../../../errors';
import type { DictionaryMetadata } from '../../../models/metadata';
import { isObject } from '../../../plainData';
import type { FloatDtype } from '../../bytes/values';
import { Config } from '../config';
import { scaled } from '../conversions';
import { type Dictionary, type DictionaryWeight, isTranscoder } from '../dictionary';
import { encoded } from '../encoded';
import type { DictionaryFiles } from '../files';
import { type DictionaryFile, type DictionaryFormat, jsonFile } from '../format';
import { metadataFrom, saelensEntries } from '../metadata';
import type { WrittenArray } from '../npz';
import { jumpReLUIn, plainJumpReLU } from '../plainJumpReLU';
import { checkOnes } from '../tensors';

const NAME = 'gemma-scope';
const WEIGHTS = 'params.npz';
/**
 * What `saveSAE` stores beside the weights, since a path does not state it; Gemma Scope itself has
 * none.
 */
const CONFIG = 'config.json';

/** The names of the matrices, which are sometimes in lower case. */
const MATRICES = { encoder: ['W_enc', 'w_enc'], decoder: ['W_dec', 'w_dec'] } as const;
/** A leftover from finetuning. */
const FACTORS = 'scaling_factor';
const WRITTEN = ['W_enc', 'b_enc', 'threshold', 'W_dec', 'b_dec'] as const;

/** Gemma Scope: `params.npz`, in a folder whose path describes it. */
export const gemmaScope: DictionaryFormat = {
  name: NAME,
  of: 'Gemma Scope: `params.npz`',
  read,
  write,
};

async function read(files: DictionaryFiles): Promise<Dictionary | undefined> {
  const path = await files.weights(WEIGHTS);
  const file = path === undefined ? undefined : await files.tensorFile(path);
  if (file?.container !== 'npz') return undefined;
  const factors = file.tensors.get(FACTORS);
  if (factors) await checkOnes(FACTORS, factors);
  const read = jumpReLUIn(file.tensors, MATRICES, {}, [FACTORS]);
  const { inputDim, encodingDim, outputDim, weights } = read;
  const place = placeIn(files.name);
  const config = new Config(CONFIG, (await files.json(CONFIG)) ?? {});
  const isPaired = (config.text('type') ?? place.site) === 'transcoders' || outputDim !== inputDim;
  const own = config.value('metadata');
  // Those of embeddings read rows before the network multiplies them by √d.
  const scale = place.site === 'embedding' ? Math.sqrt(inputDim) : 1;
  return {
    architecture: 'jumprelu',
    options: {
      ...{ inputDim, encodingDim, decoderRows: 'free' },
      ...(isPaired ? { outputDim } : { centred: false }),
    },
    weights: {
      ...weights,
      W_enc: scaled(weights['W_enc'] as DictionaryWeight, 1 / scale),
      W_dec: scaled(weights['W_dec'] as DictionaryWeight, scale),
    },
    metadata: isObject(own) ? metadataFrom(NAME, own) : metadataOf(place),
  };
}

/** What a path says about a dictionary. */
interface Place {
  /** Which of the networks: `2b-pt`. */
  readonly network?: string;
  /** What follows it in the repository's name, or `embedding`. */
  readonly site?: string;
  readonly layer?: string;
  /** Its mean L0. */
  readonly l0?: number;
}

/**
 * Parses the repository's name and the folders in it:
 * `gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71`.
 */
function placeIn(path: string): Place {
  const [, network, kind] =
    /gemma-scope-(\d+b-(?:pt|it))-(res|mlp|att|transcoders)/.exec(path) ?? [];
  const [, folder] = /(?:^|[\\/])(layer_\d+|embedding)[\\/]width_/.exec(path) ?? [];
  const layer = folder?.startsWith('layer_') ? folder.slice('layer_'.length) : undefined;
  const site = folder === 'embedding' ? folder : kind;
  const [, l0] = /[\\/]average_l0_(\d+)/.exec(path) ?? [];
  return {
    ...(network && { network }),
    ...(site && { site }),
    ...(layer && { layer }),
    ...(l0 && { l0: Number(l0) }),
  };
}

/** The place in a layer that rows come from, in TransformerLens's notation. */
const HOOKS: Readonly<Record<string, string>> = {
  res: 'hook_resid_post',
  mlp: 'hook_mlp_out',
  att: 'attn.hook_z',
  transcoders: 'ln2.hook_normalized',
};

function metadataOf({ network, site = '', layer, l0 }: Place): DictionaryMetadata {
  const within = layer === undefined ? undefined : HOOKS[site];
  const hook = within === undefined ? undefined : `blocks.${layer}.${within}`;
  return metadataFrom(NAME, {
    ...{ prepend_bos: true, dataset_path: 'monology/pile-uncopyrighted', context_size: 1024 },
    model_name: network && `google/gemma-2-${network.replace('-pt', '')}`,
    hook_name: site === 'embedding' ? 'hook_embed' : hook,
    hook_name_out: hook && site === 'transcoders' ? `blocks.${layer}.hook_mlp_out` : undefined,
    reshape_activations: site === 'att' ? 'hook_z' : undefined,
    l0,
  });
}

/** NumPy's names of the types that weights can be written in. */
const DTYPES = { float16: 'f2', float32: 'f4', float64: 'f8' } as const;

async function write(given: Dictionary, dtype: FloatDtype): Promise<DictionaryFile[]> {
  if (dtype === 'bfloat16') {
    throw unwritable(NAME, 'bfloat16, which NumPy has not', 'Choose float16 or float32.');
  }
  const dictionary = await plainJumpReLU(NAME, given);
  if (dictionary.options['skip'] === true) {
    throw unwritable(NAME, 'one with a skip connection', 'Save it as "gemma-scope-2".');
  }
  const arrays = new Map<string, WrittenArray>();
  for (const name of WRITTEN) {
    const { shape, read: values } = dictionary.weights[name] as DictionaryWeight;
    const bytes = encoded(NAME, name, dtype, await values());
    arrays.set(name, { dtype: DTYPES[dtype], shape, bytes });
  }
  const config = {
    ...(isTranscoder(dictionary) && { type: 'transcoders' }),
    metadata: saelensEntries(dictionary.metadata),
  };
  const { npzPieces } = await import('../npz');
  return [jsonFile(CONFIG, config), { path: WEIGHTS, pieces: npzPieces(arrays) }];
}
