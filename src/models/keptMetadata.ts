import { isObject } from '../plainData';
import type { DictionaryMetadata } from './metadata';

/** The key under which a saved model keeps what its dictionary was made for. */
const KEPT = 'dictionary';

/** The part of a model that keeps plain data. */
export interface KeepingModel {
  getUserDefinedMetadata(): object;
  setUserDefinedMetadata(metadata: object): void;
}

/** Returns what a model's dictionary was made for; an empty object if unknown. */
export function keptMetadata(model: KeepingModel): DictionaryMetadata {
  const kept = (model.getUserDefinedMetadata() as { [KEPT]?: unknown } | undefined)?.[KEPT];
  return isObject(kept) ? kept : {};
}

/** Stores it. @throws tfjs's error, for what JSON cannot represent. */
export function keepMetadata(model: KeepingModel, metadata: DictionaryMetadata): void {
  model.setUserDefinedMetadata({ ...model.getUserDefinedMetadata(), [KEPT]: metadata });
}

/** Returns the names of the place in a network that a dictionary was made for; none if unknown. */
export const placesOf = ({ hookName, hfHookName }: DictionaryMetadata): string[] =>
  [hookName, hfHookName].filter((place) => place !== undefined);
