import type { DictionaryMetadata } from '../../../models/metadata';
import type { Dictionary } from '../dictionary';
import type { DictionaryFiles } from '../files';
import type { DictionaryFormat } from '../format';
import { metadataFrom } from '../metadata';
import { linearLayersIn } from '../weights';

const NAME = 'goodfire';

/** The names of two linear layers: Goodfire's, and the plain ones of qresearch. */
const LAYERS = [
  ['encoder_linear', 'decoder_linear'],
  ['encoder', 'decoder'],
] as const;

/** The networks, by file names. */
const NETWORKS: Readonly<Record<string, string>> = {
  Llama: 'meta-llama/',
  DeepSeek: 'deepseek-ai/',
};

/**
 * A ReLU SAE as two linear layers of PyTorch in a `.pt` file: Goodfire's, and qresearch's for
 * DeepSeek R1.
 *
 * $$ f = \mathrm{ReLU}(x\,W^\top + b), \quad \hat x = f\,W_\text{dec}^\top + b_\text{dec} $$
 */
export const goodfire: DictionaryFormat = {
  name: NAME,
  of: 'Goodfire, and qresearch’s of DeepSeek R1: a `.pt` file of two linear layers',
  read,
};

async function read(files: DictionaryFiles): Promise<Dictionary | undefined> {
  const path = await files.weights();
  const tensors = path === undefined ? undefined : await files.tensors(path);
  const layers = LAYERS.find(([encoder, decoder]) =>
    [`${encoder}.weight`, `${decoder}.weight`, `${decoder}.bias`].every((name) =>
      tensors?.has(name),
    ),
  );
  if (!tensors || !layers) return undefined;
  const [encoder, decoder] = layers;
  const { inputDim, encodingDim, weights } = linearLayersIn(tensors, {
    encoder: `${encoder}.weight`,
    encoderBias: `${encoder}.bias`,
    decoder: `${decoder}.weight`,
    decoderBias: `${decoder}.bias`,
  });
  return {
    architecture: 'relu',
    options: { inputDim, encodingDim, centred: false },
    weights,
    metadata: metadataOf(files.name),
  };
}

/** Parses the file's name: `Llama-3.1-8B-Instruct-SAE-l19.pth`. */
function metadataOf(path: string): DictionaryMetadata {
  const [, network, maker = '', layer] = /((Llama|DeepSeek)-[^\\/]*)-SAE-l(\d+)/.exec(path) ?? [];
  if (network === undefined) return metadataFrom(NAME, {});
  return metadataFrom(NAME, {
    model_name: `${NETWORKS[maker]}${network}`,
    hook_name: `blocks.${layer}.hook_resid_post`,
    dataset_path: 'lmsys/lmsys-chat-1m',
  });
}
