import { wrongOption } from '../errors';
import { isObject } from '../plainData';
import { assertDictionary } from './givenModel';
import { keepMetadata, keptMetadata } from './keptMetadata';
import type { SAEModel } from './saeModel';

/** What a dictionary was made for, as far as its files say it. Plain data, kept with a saved model. */
export interface DictionaryMetadata {
  /** The network whose activations it reads, by its name on the hub: `gpt2`, `google/gemma-2-2b`. */
  readonly modelName?: string;
  /** The network's revision. */
  readonly modelRevision?: string;
  /**
   * Where in the network, as TransformerLens calls it: `blocks.8.hook_resid_pre`; in other networks the
   * layer's own name: `conv2d_3`.
   */
  readonly hookName?: string;
  /** The same in the names of Hugging Face's modules: `model.layers.8`. */
  readonly hfHookName?: string;
  /** Of a transcoder, what it reconstructs, as TransformerLens calls it. */
  readonly hookNameOut?: string;
  /** The same in the names of Hugging Face's modules. */
  readonly hfHookNameOut?: string;
  /** One attention head among those of that place, or all. */
  readonly hookHeadIndex?: number | null;
  /** How activations become rows: `hook_z` puts all heads of a token side by side. */
  readonly reshapeActivations?: string;
  /** Whether each text begins with the token that says so. */
  readonly prependBos?: boolean;
  /** Tokens whose activations were left out: all special ones, or these. */
  readonly excludeSpecialTokens?: boolean | readonly number[];
  /** Tokens of a text at most. */
  readonly contextSize?: number;
  /** Which positions of a text: start, end, step. */
  readonly seqposSlice?: readonly (number | null)[];
  /** How the network was opened: centred weights, folded norms. */
  readonly modelFromPretrainedKwargs?: Readonly<Record<string, unknown>>;
  /** The data it was trained on. */
  readonly datasetPath?: string;
  /** Its mean L0, as its makers say. */
  readonly l0?: number;
  /** Its page on Neuronpedia: `gpt2-small/8-res-jb`. */
  readonly neuronpediaId?: string;
  /** Which features of a dictionary these are, where only some of them were opened. */
  readonly features?: readonly number[];
  /** The format that it was read from. */
  readonly format?: string;
  /** What else the files say, under their own names. */
  readonly other?: Readonly<Record<string, unknown>>;
}

/**
 * What a model's dictionary was made for, as the files said that it was opened from: the network, the place
 * in it, the data. Saved with the model.
 *
 * @param model the dictionary
 * @returns plain data; an object without entries where nothing is known.
 * @throws SAE_OPTION for anything but a dictionary.
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
 * Says what a model's dictionary was made for, in place of what was known.
 *
 * @param model the dictionary
 * @param metadata plain data, which is saved with the model
 * @throws SAE_OPTION for anything but a dictionary, and for what JSON cannot say.
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
