import { wrongOption } from '../errors';
import { isObject } from '../plainData';
import { assertDictionary } from './givenModel';
import { keepMetadata, keptMetadata } from './keptMetadata';
import type { SAEModel } from './saeModel';

/** What a dictionary was made for, as far as its files say. Plain data, saved with the model. */
export interface DictionaryMetadata {
  /**
   * The network whose activations it reads, by its name on the hub: `gpt2`, `google/gemma-2-2b`.
   */
  readonly modelName?: string;
  /** The network's revision. */
  readonly modelRevision?: string;
  /**
   * The place in the network, in TransformerLens's notation: `blocks.8.hook_resid_pre`; in other
   * networks the layer's name: `conv2d_3`.
   */
  readonly hookName?: string;
  /** The same place as the name of a Hugging Face module: `model.layers.8`. */
  readonly hfHookName?: string;
  /** For a transcoder: the place that it reconstructs, in TransformerLens's notation. */
  readonly hookNameOut?: string;
  /** The same place as the name of a Hugging Face module. */
  readonly hfHookNameOut?: string;
  /** The number of one attention head at that place, or null for all. */
  readonly hookHeadIndex?: number | null;
  /** How activations become rows: `hook_z` puts all heads of a token side by side. */
  readonly reshapeActivations?: string;
  /** Whether each text begins with the beginning-of-sequence token. */
  readonly prependBos?: boolean;
  /** Tokens whose activations were left out: all special ones, or these. */
  readonly excludeSpecialTokens?: boolean | readonly number[];
  /** The most tokens in a text. */
  readonly contextSize?: number;
  /** The positions of a text that were used: start, end, step. */
  readonly seqposSlice?: readonly (number | null)[];
  /** How the network was loaded: centred weights, folded norms. */
  readonly modelFromPretrainedKwargs?: Readonly<Record<string, unknown>>;
  /** The dataset that it was trained on. */
  readonly datasetPath?: string;
  /** Its mean L0, as its authors report it. */
  readonly l0?: number;
  /** Its page on Neuronpedia: `gpt2-small/8-res-jb`. */
  readonly neuronpediaId?: string;
  /** The features' numbers in the original dictionary, if only some of them were opened. */
  readonly features?: readonly number[];
  /** The format that it was read from. */
  readonly format?: string;
  /** Everything else that the files say, under its original names. */
  readonly other?: Readonly<Record<string, unknown>>;
}

/**
 * Returns what a model's dictionary was made for, according to the files that it was opened from:
 * the network, the place in it, the data. It is saved with the model.
 *
 * @param model the dictionary
 * @returns plain data; an empty object if nothing is known.
 * @throws SAE_OPTION if `model` is not a dictionary.
 * @example
 * ```ts
 * import { GatedSAE, metadataOf } from 'gated-sae-tfjs';
 * const sae = new GatedSAE({ inputDim: 8, encodingDim: 32 });
 * console.log(metadataOf(sae)); // {}
 * ```
 */
export function metadataOf(model: SAEModel): DictionaryMetadata {
  assertDictionary('metadataOf', model);
  return keptMetadata(model);
}

/**
 * Sets what a model's dictionary was made for, replacing what was known.
 *
 * @param model the dictionary
 * @param metadata plain data, which is saved with the model
 * @throws SAE_OPTION if `model` is not a dictionary, or if JSON cannot represent the metadata.
 * @example
 * ```ts
 * import { GatedSAE, metadataOf, setMetadata } from 'gated-sae-tfjs';
 * const sae = new GatedSAE({ inputDim: 768, encodingDim: 32 });
 * setMetadata(sae, { modelName: 'gpt2', hookName: 'blocks.8.hook_resid_pre' });
 * console.log(metadataOf(sae).modelName); // gpt2
 * ```
 */
export function setMetadata(model: SAEModel, metadata: DictionaryMetadata): void {
  assertDictionary('setMetadata', model);
  const wrong = (cause?: unknown) => {
    const advice = 'Give what JSON can say.';
    const error = wrongOption('setMetadata.metadata', 'an object of plain data', metadata, advice);
    error.cause = cause;
    return error;
  };
  if (!isObject(metadata)) throw wrong();
  try {
    keepMetadata(model, metadata);
  } catch (error) {
    throw wrong(error);
  }
}
