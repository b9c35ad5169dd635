import type { DictionaryMetadata } from '../../models/metadata';
import { isObject } from '../../plainData';

type Named = Exclude<keyof DictionaryMetadata, 'other' | 'format' | 'features'>;

/** SAELens's names of metadata. */
export const SAELENS_NAMES: Readonly<Record<Named, string>> = {
  modelName: 'model_name',
  modelRevision: 'model_revision',
  hookName: 'hook_name',
  hfHookName: 'hf_hook_name',
  hookNameOut: 'hook_name_out',
  hfHookNameOut: 'hf_hook_name_out',
  hookHeadIndex: 'hook_head_index',
  reshapeActivations: 'reshape_activations',
  prependBos: 'prepend_bos',
  excludeSpecialTokens: 'exclude_special_tokens',
  contextSize: 'context_size',
  seqposSlice: 'seqpos_slice',
  modelFromPretrainedKwargs: 'model_from_pretrained_kwargs',
  datasetPath: 'dataset_path',
  l0: 'l0',
  neuronpediaId: 'neuronpedia_id',
};

const isText = (value: unknown) => typeof value === 'string' && value !== '';
const isFlag = (value: unknown) => typeof value === 'boolean';
const isNumber = (value: unknown) => typeof value === 'number' && Number.isFinite(value);
const isList = (accepts: (value: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.every(accepts);

/** The accepted values of each entry; others are kept in `other`. */
const ACCEPTS: Readonly<Record<Named, (value: unknown) => boolean>> = {
  ...{ modelName: isText, modelRevision: isText, hookName: isText, hfHookName: isText },
  ...{ hookNameOut: isText, hfHookNameOut: isText, reshapeActivations: isText },
  ...{ datasetPath: isText, neuronpediaId: isText, prependBos: isFlag },
  ...{ contextSize: isNumber, l0: isNumber },
  hookHeadIndex: isNumber,
  excludeSpecialTokens: (value) => isFlag(value) || isList(isNumber)(value),
  seqposSlice: isList((value) => value === null || isNumber(value)),
  modelFromPretrainedKwargs: isObject,
};

/**
 * Returns metadata from entries under SAELens's names.
 *
 * @param format the format of the file
 * @param entries the entries of a file, which may be anything
 */
export function metadataFrom(
  format: string,
  entries: Readonly<Record<string, unknown>>,
): DictionaryMetadata {
  const found: Record<string, unknown> = { format };
  const rest = { ...entries };
  for (const [name, theirs] of Object.entries(SAELENS_NAMES)) {
    const value = entries[theirs];
    const isKnown = Object.hasOwn(entries, theirs) && ACCEPTS[name as Named](value);
    if (!isKnown && value !== null && value !== undefined) continue;
    delete rest[theirs];
    if (isKnown) found[name] = value;
  }
  return Object.keys(rest).length > 0 ? { ...found, other: rest } : found;
}

/** Returns the entries under SAELens's names. */
export function saelensEntries(metadata: DictionaryMetadata): Record<string, unknown> {
  const named = Object.entries(SAELENS_NAMES)
    .filter(([name]) => metadata[name as Named] !== undefined)
    .map(([name, theirs]) => [theirs, metadata[name as Named]]);
  return { ...metadata.other, ...Object.fromEntries(named) };
}
