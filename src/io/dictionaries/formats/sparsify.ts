import type { DictionaryMetadata } from '../../../models/metadata';
import { isObject } from '../../../plainData';
import { Config } from '../config';
import { withCentring } from '../conversions';
import type { Dictionary } from '../dictionary';
import type { DictionaryFiles } from '../files';
import type { DictionaryFormat } from '../format';
import { metadataFrom } from '../metadata';
import { namesOfModule } from '../moduleNames';
import { weightsIn } from '../weights';
import { writeSparsify } from './sparsifyWrite';

/** sparsify's names of the two files. */
export const CONFIG = 'cfg.json';
export const WEIGHTS = 'sae.safetensors';

/** sparsify's default if a configuration does not state it. */
const EXPANSION_FACTOR = 32;
const K = 32;

/** Facts about a training run, under SAELens's names; its file also contains private data. */
const OF_THE_RUN: Readonly<Record<string, string>> = {
  model: 'model_name',
  revision: 'model_revision',
  dataset: 'dataset_path',
  ctx_len: 'context_size',
};

/**
 * EleutherAI's sparsify: a folder for each place in the network, `layers.5/cfg.json` beside
 * `layers.5/sae.safetensors`, in the folder of the run with its `config.json`.
 *
 * $$ f = \mathrm{TopK}(\mathrm{ReLU}((x - b_\text{dec})\,W^\top + b)), \quad \hat x = f\,W_\text{dec} + b_\text{dec} $$
 *
 * without $b_\text{dec}$ on the way in for a transcoder, and with $x\,W_\text{skip}^\top$ in
 * $\hat x$ if there is a skip connection (sparsify 1.3, `SparseCoder`). This is what sparsify
 * itself computes. SAELens 6.54 reads the same files differently: it transposes `W_dec`, and omits
 * $b_\text{dec}$ on the way in if `normalize_decoder` is set.
 */
export const sparsify: DictionaryFormat = {
  name: 'sparsify',
  of: 'EleutherAI sparsify: `cfg.json`, `sae.safetensors`',
  read,
  write: writeSparsify,
};

async function read(files: DictionaryFiles): Promise<Dictionary | undefined> {
  const entries = await files.json(CONFIG);
  const tensors = entries && (await files.tensors(WEIGHTS));
  if (!entries || !tensors) return undefined;
  const config = new Config(CONFIG, entries);
  const advice = 'Open it with sparsify: of another activation its codes would be other numbers.';
  config.allowOnly('activation', ['topk'], advice);
  config.allowOnly('signed', [false], advice);
  const inputDim = config.count('d_in');
  const encodingDim = config.value('num_latents') // 0 stands for none
    ? config.count('num_latents')
    : inputDim * config.count('expansion_factor', EXPANSION_FACTOR);
  const k = config.count('k', K);
  if (k > encodingDim) throw config.wrong('k', `at most its ${encodingDim} latents`, k);
  const isTranscoder = config.flag('transcode', false);
  const skip = config.flag('skip_connection', false);
  const isUnit = config.flag('normalize_decoder', true) && !isTranscoder;

  const weights = weightsIn(
    tensors,
    { inputDim, encodingDim },
    {
      W_enc: ['encoder-rows', 'encoder.weight'],
      b_enc: ['vector', 'encoder.bias'],
      W_dec: ['decoder', 'W_dec'],
      b_dec: ['bias', 'b_dec'],
      ...(skip && { W_skip: ['skip-columns', 'W_skip'] as const }),
    },
  );
  const dictionary: Dictionary = {
    architecture: 'topk',
    options: { inputDim, encodingDim, k, ...(isUnit ? {} : { decoderRows: 'free' }) },
    weights,
    metadata: await metadataOf(files, config, isTranscoder),
  };
  if (!isTranscoder && !skip) return dictionary;
  // Here a skip connection makes a transcoder, whose rows are not centred.
  const { options, ...rest } = isTranscoder ? dictionary : withCentring(dictionary, false);
  const { centred: _, ...others } = options;
  return { ...rest, options: { ...others, outputDim: inputDim, ...(skip && { skip }) } };
}

/** Returns what `saveSAE` stored, completed by the folder's name and the run's configuration. */
async function metadataOf(
  files: DictionaryFiles,
  config: Config,
  isTranscoder: boolean,
): Promise<DictionaryMetadata> {
  const own = config.value('metadata');
  if (isObject(own)) return metadataFrom('sparsify', own);
  const run = (await files.jsonBeside('config.json')) ?? {};
  const found: Record<string, unknown> = {};
  for (const [theirs, name] of Object.entries(OF_THE_RUN)) {
    if (Object.hasOwn(run, theirs)) found[name] = run[theirs];
  }
  const left = Object.hasOwn(run, 'exclude_tokens') ? run['exclude_tokens'] : undefined;
  if (Array.isArray(left) && left.length > 0) found['exclude_special_tokens'] = left;
  const model = typeof found['model_name'] === 'string' ? found['model_name'] : undefined;
  const module = files.folderName ?? '';
  const at = namesOfModule(module, model, isTranscoder ? 'input' : 'output');
  const out = isTranscoder ? namesOfModule(module, model) : {};
  return metadataFrom('sparsify', {
    ...found,
    hook_name: at.hookName,
    hf_hook_name: at.hfHookName,
    hook_name_out: out.hookName,
    hf_hook_name_out: out.hfHookName,
  });
}
