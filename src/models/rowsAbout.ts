import type { RowsAbout } from '../activations/rows';
import { otherRows } from '../errors';
import { isObject } from '../plainData';
import { type KeepingModel, keepMetadata, keptMetadata, placesOf } from './keptMetadata';
import type { DictionaryMetadata } from './metadata';

/** The names in a dictionary's metadata for what rows come from. */
const NAMES = { model: 'modelName', layer: 'hookName', data: 'datasetPath' } as const;
/** Other entries that both call the same, with their types. */
const SAME: Partial<Record<keyof DictionaryMetadata, 'string' | 'number' | 'boolean'>> = {
  ...{ modelRevision: 'string', hookName: 'string', hfHookName: 'string' },
  ...{ hookNameOut: 'string', hfHookNameOut: 'string', reshapeActivations: 'string' },
  ...{ contextSize: 'number', prependBos: 'boolean' },
};

/**
 * Returns the metadata of a dictionary that is trained on such rows.
 *
 * @param about what the rows come from; it may be anything that a file contains
 */
export function metadataOfRows(about: RowsAbout): DictionaryMetadata {
  const found: Record<string, unknown> = {};
  const other: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(about)) {
    if (Object.hasOwn(NAMES, name) && typeof value === 'string') {
      found[NAMES[name as keyof typeof NAMES]] ??= value;
    } else if (Object.hasOwn(SAME, name) && typeof value === SAME[name as keyof typeof SAME]) {
      found[name] = value;
    } else {
      other[name] = value;
    }
  }
  return Object.keys(other).length > 0 ? { ...found, other } : found;
}

/**
 * Records in a dictionary what the rows that it is trained on come from.
 *
 * @param where the method, for the error
 * @param force whether it may be made for something else, which its metadata then keeps
 * @throws SAE_DATA if it is made for another network, or another place in it.
 */
export function takeAbout(
  where: string,
  model: KeepingModel,
  about: unknown,
  force: boolean,
): void {
  if (!isObject(about) || Object.keys(about).length === 0) return;
  const known = keptMetadata(model);
  const rows = metadataOfRows(about);
  const differ = (one: unknown, other: unknown) =>
    one !== undefined && other !== undefined && one !== other;
  if (differ(known.modelName, rows.modelName)) {
    if (force) return;
    throw otherRows(where, 'model', known.modelName as string, rows.modelName as string);
  }
  const places = placesOf(known);
  const isOther = rows.hookName !== undefined && !places.includes(rows.hookName);
  const isOtherModule = differ(known.hfHookName, rows.hfHookName);
  if (places.length > 0 && (isOther || isOtherModule)) {
    if (force) return;
    const of = (isOther ? rows.hookName : rows.hfHookName) as string;
    throw otherRows(where, 'layer', places[0] as string, of);
  }
  const other = { ...rows.other, ...known.other };
  keepMetadata(model, { ...rows, ...known, ...(Object.keys(other).length > 0 && { other }) });
}
