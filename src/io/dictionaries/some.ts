import { unsupportedDictionary, wrongOption } from '../../errors';
import { asJumpReLU } from './conversions';
import type { Dictionary, DictionaryWeight } from './dictionary';

/**
 * Checks the requested feature numbers.
 *
 * @throws SAE_OPTION for anything but distinct numbers of existing features.
 */
export function checkFeatures(where: string, features: readonly number[], count: number): void {
  const isList = Array.isArray(features) && features.length > 0;
  const isFeature = (feature: number) =>
    Number.isInteger(feature) && feature >= 0 && feature < count;
  const areDifferent = isList && new Set(features).size === features.length;
  if (areDifferent && features.every(isFeature)) return;
  const expected = `different numbers of features from 0 to ${count - 1}`;
  throw wrongOption(`${where}.features`, expected, features);
}

/**
 * Returns a dictionary of some features of another one, with the same codes. Other features are not
 * read if the format stores them row by row.
 *
 * @throws SAE_UNSUPPORTED if codes depend on all features.
 */
export async function someFeatures(
  where: string,
  given: Dictionary,
  features: readonly number[],
): Promise<Dictionary> {
  checkFeatures(where, features, given.options.encodingDim);
  const dictionary = given.architecture === 'matryoshka' ? await asJumpReLU(given) : given;
  if (dictionary === undefined || dictionary.architecture === 'topk') {
    const advice = 'Open all of it: which features fire depends on all of them.';
    throw unsupportedDictionary('features that fire by themselves', 'the k largest', advice);
  }
  const { options, metadata } = dictionary;
  const weights = Object.fromEntries(
    Object.entries(dictionary.weights).map(([name, weight]) => [name, someOf(name, weight)]),
  );
  const encodingDim = features.length;
  return {
    ...dictionary,
    options: { ...options, encodingDim },
    weights,
    metadata: { ...metadata, features },
  };

  function someOf(name: string, weight: DictionaryWeight): DictionaryWeight {
    const { shape, readOf } = weight;
    if (readOf === undefined) return weight;
    const [rows = 0, columns] = shape;
    const count = features.length;
    const own =
      columns === undefined ? [count] : name === 'W_dec' ? [count, columns] : [rows, count];
    return { shape: own, read: () => readOf(features) };
  }
}
