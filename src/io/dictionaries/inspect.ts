import type { DictionaryMetadata } from '../../models/metadata';
import { sizeOf } from '../bytes/storedTensor';
import { type LoadSAEArgs, withDictionary } from './load';
import type { DictionarySource } from './place';

/** A weight in a dictionary's files. */
export interface InspectedWeight {
  /** Its name in this library: `W_enc`. */
  readonly name: string;
  /** Its shape in this library. */
  readonly shape: readonly number[];
  /** The type of its values in the file, if it is stored there unchanged. */
  readonly dtype: string;
}

/** The contents of a dictionary's files. */
export interface SAEInspection {
  /** The place, as errors refer to it. */
  readonly file: string;
  /** The name of the format. */
  readonly format: string;
  /** The size in bytes of the files that hold it. */
  readonly bytes: number;
  /** The architecture's short name. */
  readonly architecture: string;
  /** The options of its model: sizes, `k` and the like. */
  readonly options: Readonly<Record<string, unknown>>;
  /** What it was made for. */
  readonly metadata: DictionaryMetadata;
  /** Its weights. */
  readonly weights: readonly InspectedWeight[];
  /** The number of values in all weights together. */
  readonly parameters: number;
}

/**
 * Describes a dictionary's files, in any format, without reading its weights: over HTTP only the
 * configuration and the header of its weights are transferred, if the server supports ranges.
 *
 * @param source a source as for {@link loadSAE}
 * @param args options as for {@link loadSAE}
 * @returns plain data; there is nothing to dispose.
 * @throws the same as {@link loadSAE}: SAE_FILE, SAE_SHAPE or SAE_UNSUPPORTED; SAE_OPTION for a
 *   wrong argument.
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
    // Not the name of a model in its files, nor its initial values.
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
