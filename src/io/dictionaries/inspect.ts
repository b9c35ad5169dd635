import type { DictionaryMetadata } from '../../models/metadata';
import { sizeOf } from '../bytes/storedTensor';
import { type LoadSAEArgs, withDictionary } from './load';
import type { DictionarySource } from './place';

/** A weight of a dictionary in files. */
export interface InspectedWeight {
  /** Its name here: `W_enc`. */
  readonly name: string;
  /** Its shape here. */
  readonly shape: readonly number[];
  /** The type of its values in the file, where it stands there as it is. */
  readonly dtype: string;
}

/** What is in a dictionary's files. */
export interface SAEInspection {
  /** The place, as errors call it. */
  readonly file: string;
  /** The format, by its name. */
  readonly format: string;
  /** Bytes of the files that hold it. */
  readonly bytes: number;
  /** The architecture's short name. */
  readonly architecture: string;
  /** What its model takes: sizes, `k` and the like. */
  readonly options: Readonly<Record<string, unknown>>;
  /** What it was made for. */
  readonly metadata: DictionaryMetadata;
  /** Its weights. */
  readonly weights: readonly InspectedWeight[];
  /** Values in all weights together. */
  readonly parameters: number;
}

/**
 * What is in a dictionary's files, of whatever format, without its weights being read: over HTTP only the
 * configuration and the head of its weights travel, where the server sends parts.
 *
 * @param source as {@link loadSAE} takes it
 * @param args as {@link loadSAE} takes them
 * @returns plain data, of which nothing is to be disposed.
 * @throws as {@link loadSAE} does: SAE_FILE, SAE_SHAPE or SAE_UNSUPPORTED; SAE_OPTION for a wrong argument.
 * @example
 * ```ts
 * import { tmpdir } from 'node:os';
 * import { inspectSAE, saveSAE, TopKSAE } from 'gated-sae-tfjs';
 * await saveSAE(new TopKSAE({ inputDim: 8, encodingDim: 32, k: 4 }), `${tmpdir()}/topk`);
 * const { architecture, options } = await inspectSAE(`${tmpdir()}/topk`);
 * console.log(architecture, options.k); // topk 4
 * ```
 */
export function inspectSAE(
  source: DictionarySource,
  args: LoadSAEArgs = {},
): Promise<SAEInspection> {
  const warn = (sentence: string) => console.warn(`gated-sae-tfjs: ${sentence}`);
  return withDictionary('inspectSAE', source, args, warn, async (dictionary, format, files) => {
    const { architecture, metadata } = dictionary;
    // Not what a model in its files is called, and how it once began.
    const { name: _, trainable: __, seed: ___, ...options } = dictionary.options;
    const weights = Object.entries(dictionary.weights).map(([name, { shape, dtype }]) => {
      return { name, shape, dtype: dtype ?? 'float32' };
    });
    const used = [...(await files.used()).values()];
    return {
      file: files.name,
      format: format.name,
      bytes: used.reduce((sum, { size }) => sum + size, 0),
      ...{ architecture, options, metadata, weights },
      parameters: weights.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    };
  });
}
