import { Config } from '../config';
import type { Dictionary } from '../dictionary';
import type { DictionaryFiles } from '../files';
import type { DictionaryFormat } from '../format';
import { metadataFrom } from '../metadata';
import { weightsIn } from '../weights';

const CONFIG = 'config.json';
const WEIGHTS = 'model.safetensors';
/** The encoder's matrix, which is the decoder's too: it is saved once, under either name. */
const MATRIX = ['encoder.weight', 'decoder.linear.weight'] as const;
/** How long ago a feature fired, in steps: only training uses it. */
const SINCE_FIRED = 'stats_last_nonzero';

/**
 * Contrastive Sparse Representation, as saved by sentence-transformers: the folder of the module
 * `SparseAutoEncoder` with its `config.json` and `model.safetensors`.
 *
 * $$ f = \mathrm{ReLU}(\mathrm{TopK}((\bar x - b_\text{pre})\,W^\top + b)), \quad \hat x = f\,W + b_\text{pre} $$
 *
 * (Wen et al. 2025, "Beyond Matryoshka", arXiv:2503.01776; sentence-transformers from 5.0), with
 * $\bar x = x$, or with `normalize` the row minus its mean divided by its standard deviation, like
 * this library's `normalize: 'layer-norm'`. The decoder is the encoder's matrix; here they are two
 * matrices, so training continues without the tie.
 */
export const csr: DictionaryFormat = {
  name: 'csr',
  of: 'sentence-transformers `SparseAutoEncoder` (CSR): `config.json`, `model.safetensors`',
  read,
};

async function read(files: DictionaryFiles): Promise<Dictionary | undefined> {
  const entries = await files.json(CONFIG);
  if (!entries || !isOurs(entries)) return undefined;
  const tensors = await files.tensors(WEIGHTS);
  if (!tensors) return undefined;
  const config = new Config(CONFIG, entries);
  const sizes = { inputDim: config.count('input_dim'), encodingDim: config.count('hidden_dim') };
  const k = config.count('k');
  if (k > sizes.encodingDim) {
    throw config.wrong('k', `at most its hidden_dim, ${sizes.encodingDim}`, k);
  }
  const weights = weightsIn(
    tensors,
    sizes,
    {
      W_enc: ['encoder-rows', ...MATRIX],
      b_enc: ['vector', 'latent_bias'],
      b_dec: ['bias', 'pre_bias'],
    },
    [SINCE_FIRED],
  );
  const others = ['latent_bias', 'pre_bias', SINCE_FIRED];
  const decoder = weightsIn(tensors, sizes, { W_dec: ['decoder', ...MATRIX] }, others);
  return {
    architecture: 'topk',
    options: {
      ...{ ...sizes, k, decoderRows: 'free' },
      ...(config.flag('normalize', false) && { normalize: 'layer-norm' }),
    },
    weights: { ...weights, ...decoder },
    metadata: metadataFrom('csr', {}),
  };
}

/**
 * Returns whether the entries are this format's, since many models have a `config.json` beside a
 * `model.safetensors`.
 */
const isOurs = (entries: Readonly<Record<string, unknown>>) =>
  ['input_dim', 'hidden_dim', 'k'].every((key) => Object.hasOwn(entries, key));
