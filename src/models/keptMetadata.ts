import { isObject } from '../plainData';
import type { DictionaryMetadata } from './metadata';

/** Under which a saved model keeps what its dictionary was made for. */
const KEPT = 'dictionary';

/** What keeps plain data with a model. */
export interface KeepingModel {
  getUserDefinedMetadata(): object;
  setUserDefinedMetadata(metadata: object): void;
}

/** What a model's dictionary was made for; nothing where nobody has said it. */
export function keptMetadata(model: KeepingModel): DictionaryMetadata {
  const kept = (model.getUserDefinedMetadata() as { [KEPT]?: unknown } | undefined)?.[KEPT];
  return isObject(kept) ? kept : {};
}

/** Keeps it. @throws what tfjs does, of what JSON cannot say. */
export function keepMetadata(model: KeepingModel, metadata: DictionaryMetadata): void {
  model.setUserDefinedMetadata({ ...model.getUserDefinedMetadata(), [KEPT]: metadata });
}

/** The names of the place in a network that a dictionary was made for; none where nobody has said it. */
export const placesOf = ({ hookName, hfHookName }: DictionaryMetadata): string[] =>
  [hookName, hfHookName].filter((place) => place !== undefined);
