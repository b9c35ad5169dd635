import { unwritable } from '../../errors';
import { asJumpReLU, atLeastZero, withCentring, withoutMeanNorm } from './conversions';
import type { Dictionary, DictionaryWeight } from './dictionary';
import { sizesIn, type Tensors } from './tensors';
import { type WeightInFile, weightsIn } from './weights';

/**
 * Returns sizes and weights of a JumpReLU SAE whose matrices are `[inputDim, features]` and
 * `[features, outputDim]`.
 *
 * @param matrices possible names of the encoder and the decoder
 * @param others the other tensors
 * @throws SAE_FILE for tensors with other names, SAE_SHAPE for inconsistent ones.
 */
export function jumpReLUIn(
  tensors: Tensors,
  matrices: { readonly encoder: readonly string[]; readonly decoder: readonly string[] },
  others: Readonly<Record<string, WeightInFile>> = {},
  ignored: readonly string[] = [],
) {
  const [inputDim = 1, encodingDim = 1] = sizesIn(tensors, matrices.encoder) ?? [];
  const [, outputDim = 1] = sizesIn(tensors, matrices.decoder) ?? [];
  const sizes = { inputDim, encodingDim, outputDim };
  const wanted: Record<string, WeightInFile> = {
    W_enc: ['encoder', ...matrices.encoder],
    b_enc: ['vector', 'b_enc'],
    threshold: ['vector', 'threshold'],
    W_dec: ['decoder', ...matrices.decoder],
    b_dec: ['bias', 'b_dec'],
    ...others,
  };
  const weights = weightsIn(tensors, sizes, wanted, ignored);
  weights['threshold'] = atLeastZero(weights['threshold'] as DictionaryWeight);
  return { ...sizes, weights };
}

/**
 * Returns the dictionary as a JumpReLU SAE of unscaled rows, from which b_dec is not subtracted:
 * the form of Gemma Scope and similar formats.
 *
 * @param format the format that is written, for the error
 * @throws SAE_UNSUPPORTED if that is impossible, because of its architecture or because each row is
 *   normalized by itself.
 */
export async function plainJumpReLU(format: string, given: Dictionary): Promise<Dictionary> {
  const jumpReLU = await asJumpReLU(await withoutMeanNorm(given));
  if (jumpReLU === undefined) {
    const what = `one of the architecture "${given.architecture}", which is no JumpReLU SAE`;
    throw unwritable(format, what, 'Save it as a .keras file.');
  }
  const { normalize = 'none' } = jumpReLU.options;
  // A scale of 0 is not learnt: rows are left unchanged.
  if (normalize !== 'none' && normalize !== 'mean-norm') {
    const advice = 'Normalise rows before, or save it as "saelens".';
    throw unwritable(format, `one that normalises its rows: "${normalize}"`, advice);
  }
  const { scale: _, ...weights } = jumpReLU.weights;
  return withCentring({ ...jumpReLU, weights }, false);
}
