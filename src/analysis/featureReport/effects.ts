import { wrongOption } from '../../errors';

/**
 * The effect of each feature of a dictionary on each class of the model that it is spliced into.
 */
export interface FeatureEffects {
  /** The classes' names. */
  readonly classNames: readonly string[];
  /** `[features, classes]`, flat: above 0 if the feature increases the class's output. */
  readonly values: ArrayLike<number>;
}

/**
 * Throws for effects that are not one finite number per feature and class.
 *
 * @throws SAE_OPTION
 */
export function checkEffects(
  where: string,
  effects: FeatureEffects | undefined,
  features: number,
): void {
  if (effects === undefined) return;
  const { classNames, values } = effects;
  const size = features * classNames.length;
  const at = `${where}.effects.values`;
  if (values.length !== size) {
    const expected = `${features} × ${classNames.length} numbers, one for each feature and class`;
    throw wrongOption(at, expected, values.length, 'Give them feature by feature.');
  }
  for (let i = 0; i < size; i++) {
    if (!Number.isFinite(values[i])) throw wrongOption(at, 'finite numbers', values[i]);
  }
}
