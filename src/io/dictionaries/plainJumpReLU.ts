import { unwritable } from '../../errors';
import { asJumpReLU, atLeastZero, withCentring, withoutMeanNorm } from './conversions';
import type { Dictionary, DictionaryWeight } from './dictionary';
import { sizesIn, type Tensors } from './tensors';
import { type WeightInFile, weightsIn } from './weights';

/**
 * Sizes and weights of a JumpReLU SAE whose matrices are `[inputDim, features]` and `[features, outputDim]`.
 *
 * @param matrices names that the encoder and the decoder may have
 * @param others what there is beside them
 * @throws SAE_FILE for tensors of other names, SAE_SHAPE for some that do not go together.
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
 * The dictionary as a JumpReLU SAE of rows as they come, of which b_dec is not taken: what Gemma Scope and its
 * kin have.
 *
 * @param format that it is written in, for the error
 * @throws SAE_UNSUPPORTED for one that is none, of another architecture or of rows that are normalised each by
 * itself.
 */
export async function plainJumpReLU(format: string, given: Dictionary): Promise<Dictionary> {
  const jumpReLU = await asJumpReLU(await withoutMeanNorm(given));
  if (jumpReLU === undefined) {
    const what = `one of the architecture "${given.architecture}", which is no JumpReLU SAE`;
    throw unwritable(format, what, 'Save it as a .keras file.');
  }
  const { normalize = 'none' } = jumpReLU.options;
  // A scale of 0 is one that nobody has learnt: rows are left as they are.
  if (normalize !== 'none' && normalize !== 'mean-norm') {
    const advice = 'Normalise rows before, or save it as "saelens".';
    throw unwritable(format, `one that normalises its rows: "${normalize}"`, advice);
  }
  const { scale: _, ...weights } = jumpReLU.weights;
  return withCentring({ ...jumpReLU, weights }, false);
}
