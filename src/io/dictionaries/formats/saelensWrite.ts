import { unwritable } from '../../../errors';
import { SINCE_FIRED } from '../../../layers/revival';
import type { FloatDtype } from '../../bytes/values';
import { safetensorsPieces, type WrittenTensor } from '../../safetensors/write';
import { asJumpReLU, withoutMeanNorm } from '../conversions';
import type { Dictionary } from '../dictionary';
import { encodedTensor } from '../encoded';
import { type DictionaryFile, jsonFile } from '../format';
import { saelensEntries } from '../metadata';

/**
 * The SAELens version of these configurations: those of an older one would be interpreted
 * differently.
 */
const VERSION = '6.54.12';

const NAMES: Readonly<Record<string, string>> = {
  none: 'none',
  'mean-norm': 'expected_average_only_in',
  'layer-norm': 'layer_norm',
  constant: 'constant_norm_rescale',
};

/** SAELens's name of each architecture that it has. */
const WRITTEN: Readonly<Record<string, { autoencoder: string; transcoder?: string }>> = {
  relu: { autoencoder: 'standard', transcoder: 'transcoder' },
  gated: { autoencoder: 'gated' },
  topk: { autoencoder: 'topk' },
  jumprelu: { autoencoder: 'jumprelu', transcoder: 'jumprelu_transcoder' },
};

/** Writes a dictionary in the form that SAELens opens. */
export async function writeSAELens(
  given: Dictionary,
  dtype: FloatDtype,
): Promise<DictionaryFile[]> {
  const { dictionary, architecture } = await counterpartOf(await withoutMeanNorm(given));
  const { options, weights, metadata } = dictionary;
  const { inputDim, encodingDim, outputDim, normalize = 'none', centred = true } = options;
  const isTranscoder = architecture.endsWith('transcoder');
  const { reshape_activations: reshape = 'none', ...entries } = saelensEntries(metadata);
  const config = {
    d_in: inputDim,
    d_sae: encodingDim,
    ...{ dtype, device: 'cpu' },
    apply_b_dec_to_input: centred === true && !isTranscoder,
    normalize_activations: NAMES[normalize as string],
    reshape_activations: reshape,
    metadata: { sae_lens_version: VERSION, sae_lens_training_version: null, ...entries },
    ...(isTranscoder && { d_out: outputDim ?? inputDim }),
    ...(architecture === 'topk' && { k: options['k'], rescale_acts_by_decoder_norm: false }),
    architecture,
  };
  const tensors = new Map<string, WrittenTensor>();
  for (const [name, weight] of Object.entries(weights)) {
    // A scale that is not learnt, and values that only training uses.
    if (name === 'scale' || name === SINCE_FIRED) continue;
    const isTransposed = name === 'W_skip'; // [outputDim, inputDim] there
    const tensor = await encodedTensor('saelens', name, dtype, weight, isTransposed);
    tensors.set(name === 'W_gate' ? 'W_enc' : name, tensor);
  }
  return [
    jsonFile('cfg.json', config),
    { path: 'sae_weights.safetensors', pieces: safetensorsPieces(tensors) },
  ];
}

/** Returns the dictionary in an architecture that SAELens has. */
async function counterpartOf(
  given: Dictionary,
): Promise<{ dictionary: Dictionary; architecture: string }> {
  const { architecture: name, options } = given;
  const { outputDim, skip } = options;
  if (outputDim === undefined && !skip) {
    const same = WRITTEN[name]?.autoencoder;
    if (same !== undefined) return { dictionary: given, architecture: same };
    const dictionary = await asJumpReLU(given);
    if (dictionary) return { dictionary, architecture: 'jumprelu' };
  } else {
    const dictionary = WRITTEN[name]?.transcoder ? given : await asJumpReLU(given);
    const its = dictionary && WRITTEN[dictionary.architecture]?.transcoder;
    if (dictionary && its) {
      const architecture = skip ? its.replace('transcoder', 'skip_transcoder') : its;
      return { dictionary, architecture };
    }
  }
  const what = `one of the architecture "${name}"${outputDim === undefined ? '' : ' as a transcoder'}`;
  throw unwritable('saelens', what, 'Save it as a .keras file.');
}
