import { unwritable } from '../../../errors';
import type { FloatDtype } from '../../bytes/values';
import { safetensorsPieces, type WrittenTensor } from '../../safetensors/write';
import { withCentring, withoutMeanNorm } from '../conversions';
import type { Dictionary } from '../dictionary';
import { encodedTensor } from '../encoded';
import { type DictionaryFile, jsonFile } from '../format';
import { saelensEntries } from '../metadata';

/** sparsify's name of each weight, and whether its axes are in the other order. */
const WRITTEN: Readonly<Record<string, { name: string; isTransposed?: true }>> = {
  W_enc: { name: 'encoder.weight', isTransposed: true },
  b_enc: { name: 'encoder.bias' },
  W_dec: { name: 'W_dec' },
  b_dec: { name: 'b_dec' },
  W_skip: { name: 'W_skip', isTransposed: true },
};

/**
 * Writes a dictionary in the form that sparsify opens. What it was made for is stored under
 * `metadata` in `cfg.json`, which sparsify ignores.
 */
export async function writeSparsify(
  given: Dictionary,
  dtype: FloatDtype,
): Promise<DictionaryFile[]> {
  const { options, weights, metadata } = await counterpartOf(given);
  const { inputDim, encodingDim, k, outputDim, skip = false, decoderRows } = options;
  const isTranscoder = outputDim !== undefined || skip === true;
  const config = {
    activation: 'topk',
    expansion_factor: Math.max(1, Math.round(encodingDim / inputDim)),
    normalize_decoder: decoderRows !== 'free' && !isTranscoder,
    num_latents: encodingDim,
    k,
    multi_topk: false,
    skip_connection: skip,
    transcode: isTranscoder,
    d_in: inputDim,
    metadata: saelensEntries(metadata),
  };
  const tensors = new Map<string, WrittenTensor>();
  for (const [ours, { name, isTransposed }] of Object.entries(WRITTEN)) {
    const weight = weights[ours];
    if (weight === undefined) continue;
    tensors.set(name, await encodedTensor('sparsify', ours, dtype, weight, isTransposed));
  }
  return [
    jsonFile('cfg.json', config),
    { path: 'sae.safetensors', pieces: safetensorsPieces(tensors) },
  ];
}

/** Returns the dictionary as a TopK one of unscaled rows, which is all that sparsify has. */
async function counterpartOf(given: Dictionary): Promise<Dictionary> {
  const { architecture, options } = given;
  const refused = (what: string) =>
    unwritable('sparsify', what, 'Save it in the format "saelens", or as a .keras file.');
  if (architecture !== 'topk') throw refused(`one of the architecture "${architecture}"`);
  const { inputDim, outputDim, skip, normalize = 'none' } = options;
  if (outputDim !== undefined && outputDim !== inputDim) {
    throw refused(`a transcoder from ${inputDim} to ${String(outputDim)} numbers`);
  }
  if (normalize !== 'none' && normalize !== 'mean-norm') {
    throw refused(`one with normalize: ${JSON.stringify(normalize)}`);
  }
  const plain = await withoutMeanNorm(given);
  return outputDim !== undefined || skip ? plain : withCentring(plain, true);
}
