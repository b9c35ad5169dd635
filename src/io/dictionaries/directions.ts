import type { DictionaryMetadata } from '../../models/metadata';
import type { DictionaryWeight } from './dictionary';
import { type LoadSAEArgs, withDictionary } from './load';
import type { DictionarySource } from './place';
import { checkFeatures } from './some';

/** The directions of some features: what each writes into the rows that are reconstructed. */
export interface FeatureDirections {
  /** Their numbers. */
  readonly features: readonly number[];
  /** Width of a direction. */
  readonly outputDim: number;
  /** `[features, outputDim]`, flat: rows of W_dec. */
  readonly directions: Float32Array;
  /** What the dictionary was made for. */
  readonly metadata: DictionaryMetadata;
}

/**
 * The decoder's rows of some features, which is all that steering by them takes. Of a dictionary whose
 * decoder lies row by row, as those of SAELens, Gemma Scope 2 and sparsify do, nothing else is read: over
 * HTTP some kilobytes of hundreds of megabytes.
 *
 * @param source as {@link loadSAE} takes it
 * @param features their numbers
 * @param args as {@link loadSAE} takes them
 * @returns plain arrays, of which nothing is to be disposed.
 * @throws what {@link loadSAE} throws; SAE_OPTION for features that it has not.
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
    const { W_dec } = weights as { W_dec: Required<DictionaryWeight> }; // of whatever format
    const directions = await W_dec.readOf(features);
    return { features, outputDim: W_dec.shape[1] as number, directions, metadata };
  });
}
