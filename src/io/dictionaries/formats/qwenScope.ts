import { Unsaid, unsaid } from '../../../errors';
import type { DictionaryMetadata } from '../../../models/metadata';
import type { Dictionary } from '../dictionary';
import type { DictionaryFiles } from '../files';
import type { DictionaryFormat, GivenOptions } from '../format';
import { metadataFrom } from '../metadata';
import { linearLayersIn } from '../weights';

const NAME = 'qwen-scope';
const TENSORS = ['W_enc', 'W_dec', 'b_enc', 'b_dec'];

/**
 * Qwen Scope: a TopK SAE in `layerN.sae.pt`, with matrices in the layout of PyTorch's `Linear`. How
 * many features fire is stated only in the repository's name, `SAE-Res-Qwen3-8B-Base-W64K-L0_50`;
 * elsewhere it must be given to `loadSAE`: `{k: 50}`.
 *
 * $$ f = \mathrm{TopK}(\mathrm{ReLU}(x\,W^\top + b)), \quad \hat x = f\,W_\text{dec}^\top + b_\text{dec} $$
 */
export const qwenScope: DictionaryFormat = {
  name: NAME,
  of: 'Qwen Scope: `layerN.sae.pt`',
  read,
};

async function read(
  files: DictionaryFiles,
  { k: given }: GivenOptions,
): Promise<Dictionary | undefined> {
  const path = await files.weights();
  const tensors = path === undefined ? undefined : await files.tensors(path);
  if (tensors?.size !== TENSORS.length || !TENSORS.every((name) => tensors.has(name))) {
    return undefined;
  }
  const { inputDim, encodingDim, weights } = linearLayersIn(tensors, {
    encoder: 'W_enc',
    encoderBias: 'b_enc',
    decoder: 'W_dec',
    decoderBias: 'b_dec',
  });
  const [, network, named] = /SAE-Res-([^\\/]+)-W\d+K-L0_(\d+)/.exec(files.name) ?? [];
  const k = given ?? (named === undefined ? undefined : Number(named));
  if (k === undefined || k > encodingDim) {
    const expected = `how many of its ${encodingDim} features fire, k`;
    const received = k === undefined ? 'no word on it in the path' : `${k}`;
    throw unsaid(expected, received, new Unsaid('k', 50));
  }
  return {
    architecture: 'topk',
    options: { inputDim, encodingDim, k, centred: false, decoderRows: 'free' },
    weights,
    metadata: metadataOf(network, files.name),
  };
}

function metadataOf(network: string | undefined, path: string): DictionaryMetadata {
  const [, layer] = /layer(\d+)\.sae\.pt$/.exec(path) ?? [];
  return metadataFrom(NAME, {
    model_name: network && `Qwen/${network}`,
    hook_name: layer && `blocks.${layer}.hook_resid_post`,
    hf_hook_name: layer && `model.layers.${layer}`,
    ...(network && { prepend_bos: true, context_size: 1024 }),
  });
}
