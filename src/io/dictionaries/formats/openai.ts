import { badContent, unsupportedDictionary } from '../../../errors';
import { show } from '../../../errors/words';
import type { Dictionary } from '../dictionary';
import type { DictionaryFiles } from '../files';
import type { DictionaryFormat } from '../format';
import { metadataFrom } from '../metadata';
import type { TensorFile } from '../tensorFile';
import { linearLayersIn } from '../weights';

const NAME = 'openai';
/** Names that no other format has in combination. */
const OWN = ['pre_bias', 'latent_bias', 'encoder.weight'];
/** Counters of training, which are not needed here. */
const COUNTS = ['stats_last_nonzero', 'latents_activation_frequency', 'latents_mean_square'];

/** The encoder's matrix again, as the decoder of tied weights. */
const TIED = 'decoder.linear.weight';

/**
 * OpenAI's sparse_autoencoder: a state dict with its activation beside the weights, in one file.
 *
 * $$ f = \mathrm{act}((\bar x - b_\text{pre})\,W^\top + b), \quad \bar{\hat x} = f\,W_\text{dec}^\top + b_\text{pre} $$
 *
 * If the activation is TopK, rows are normalized, $\bar x = (x - \mu) / (\sigma + 10^{-5})$ with
 * $\sigma^2$ the sum of squares divided by $d - 1$, and $\hat x = \bar{\hat x}\,\sigma + \mu$ (Gao
 * et al. 2024, arXiv:2406.04093); otherwise they are used unchanged.
 *
 * For tied weights $W_\text{dec} = W^\top$, and the matrix is in the file under both names; here
 * they are two matrices, so training continues without the tie.
 */
export const openai: DictionaryFormat = {
  name: NAME,
  of: 'OpenAI sparse_autoencoder: a `.pt` file, of tied weights too',
  read,
};

async function read(files: DictionaryFiles): Promise<Dictionary | undefined> {
  const path = await files.weights();
  const file = path === undefined ? undefined : await files.tensorFile(path);
  if (!file || !OWN.every((name) => file.tensors.has(name))) return undefined;
  const isTied = file.tensors.has(TIED);
  const { inputDim, encodingDim, weights } = linearLayersIn(
    file.tensors,
    {
      encoder: 'encoder.weight',
      encoderBias: 'latent_bias',
      decoder: isTied ? TIED : 'decoder.weight',
      decoderBias: 'pre_bias',
    },
    COUNTS,
    isTied ? 'decoder' : 'decoder-columns',
  );
  const k = kOf(file, encodingDim);
  return {
    architecture: k === undefined ? 'relu' : 'topk',
    options: { inputDim, encodingDim, ...(k && { k, normalize: 'layer-norm' }) },
    weights,
    metadata: metadataFrom(NAME, {}),
  };
}

/** Returns how many features fire if the activation is TopK; undefined if it is ReLU. */
function kOf({ values }: TensorFile, encodingDim: number): number | undefined {
  const activation = values.get('activation') ?? 'ReLU';
  const after = values.get('activation_state_dict.postact_fn') ?? 'ReLU';
  if (!['ReLU', 'TopK'].includes(String(activation)) || after !== 'ReLU') {
    const received = `${show(activation)}, then ${show(after)}`;
    const advice = 'Of another its codes would be other numbers.';
    throw unsupportedDictionary(
      'the activation "ReLU", or "TopK" and then "ReLU"',
      received,
      advice,
    );
  }
  if (activation === 'ReLU') return undefined;
  const k = values.get('activation_state_dict.k');
  if (Number.isSafeInteger(k) && (k as number) > 0 && (k as number) <= encodingDim) {
    return k as number;
  }
  const received = k === undefined ? 'none' : show(k);
  throw badContent(`k among 1 to ${encodingDim}`, received, 'Give the file as it was published.');
}
