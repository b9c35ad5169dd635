import type { DictionaryMetadata } from '../../models/metadata';
import type { DictionaryWeight } from './dictionary';
import { type LoadSAEArgs, withDictionary } from './load';
import type { DictionarySource } from './place';
import { checkFeatures } from './some';

/** The directions of some features: what each adds to reconstructed rows. */
export interface FeatureDirections {
  /** The numbers of the features. */
  readonly features: readonly number[];
  /** Width of a direction. */
  readonly outputDim: number;
  /** `[features, outputDim]`, flat: rows of W_dec. */
  readonly directions: Float32Array;
  /** What the dictionary was made for. */
  readonly metadata: DictionaryMetadata;
}

/**
 * Loads the decoder rows of some features, which is all that steering needs. If the decoder is
 * stored row by row, as in files of SAELens, Gemma Scope 2 and sparsify, nothing else is read: over
 * HTTP a few kilobytes out of hundreds of megabytes.
 *
 * @param source a source as for {@link loadSAE}
 * @param features the features' numbers
 * @param args options as for {@link loadSAE}
 * @returns plain arrays; there is nothing to dispose.
 * @throws the same as {@link loadSAE}; SAE_OPTION for features that it does not have.
 * @example
 * ```ts
 * import { tmpdir } from 'node:os';
 * import { JumpReLUSAE, loadDirections, saveSAE } from 'gated-sae-tfjs';
 * await saveSAE(new JumpReLUSAE({ inputDim: 8, encodingDim: 32 }), `${tmpdir()}/directions`);
 * const { directions } = await loadDirections(`${tmpdir()}/directions`, [12, 7]);
 * console.log(directions.length); // 16: two rows of eight
 * ```
 */
export function loadDirections(
  source: DictionarySource,
  features: readonly number[],
  args: Omit<LoadSAEArgs, 'features'> = {},
): Promise<FeatureDirections> {
  const where = 'loadDirections';
  const warn = (sentence: string) => console.warn(`gated-sae-tfjs: ${sentence}`);
  return withDictionary(where, source, args, warn, async ({ options, weights, metadata }) => {
    checkFeatures(where, features, options.encodingDim);
    const { W_dec } = weights as { W_dec: Required<DictionaryWeight> }; // in any format
    const directions = await W_dec.readOf(features);
    return { features, outputDim: W_dec.shape[1] as number, directions, metadata };
  });
}
