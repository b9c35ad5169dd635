import * as tf from '@tensorflow/tfjs-core';
import { wrongOption } from '../../errors';
import {
  aFunction,
  distinctNumbers,
  flag,
  oneOf,
  optional,
  positiveInteger,
  type Rule,
  type Rules,
  wholeOr0,
} from '../../options';
import { MASK_RULES } from '../capture/captureActivations';
import type { MaskArgs } from '../capture/positions';
import type { MetricFunction, OutputKind, SpliceMetric } from './metrics';
import type { GivenTargets } from './targets';

/** How the effects of features are measured. */
export type EffectMethod = 'both' | 'ablation' | 'gradient' | 'none';

/**
 * Options of {@link evaluateSplice}. At positions left out by `mask` or `excludeTokens` the layer keeps the
 * model's own activations, no feature is counted, and the mean ignores them; ablations replace all positions.
 */
export interface EvaluateSpliceArgs extends MaskArgs {
  /**
   * The task's metric: `'cross-entropy'`, `'accuracy'`, `'kl'` (from the unedited model's outputs),
   * `'mse'`, or a function of outputs and targets that returns a number for each example. By
   * default cross-entropy for classes, the KL divergence without targets, and the squared error for
   * values.
   */
  metric?: SpliceMetric;
  /** What the outputs are; by default inferred from the last layer, if it tells. */
  outputs?: OutputKind;
  /** The number of the output to use, for a model with several; 0 by default. */
  head?: number;
  /**
   * The targets of the outputs: class numbers (those below 0 do not count), distributions or
   * values. By default the `ys` of a dataset.
   */
  targets?: GivenTargets;
  /** The numbers of the classes to measure effects on; all by default, up to 1,000. */
  classes?: readonly number[];
  /** The names of these classes; their numbers by default. */
  classNames?: readonly string[];
  /** The features to measure; by default all that fire. */
  features?: readonly number[];
  /**
   * How to measure effects: `'ablation'` turns off each feature, `'gradient'` is gradient ×
   * activation. `'both'` by default; `'ablation'` if the model has no gradient.
   */
  effects?: EffectMethod;
  /** Examples that go through the model at a time; 32 by default. A dataset has its own batches. */
  batchSize?: number;
  /** Whether to accept a dictionary that was made for another layer; false by default. */
  force?: boolean;
  /**
   * Called after each batch; not set by default.
   *
   * @param examplesDone the number of examples measured so far
   */
  onProgress?: (examplesDone: number) => void;
}

const METRICS = ['cross-entropy', 'kl', 'accuracy', 'mse'] as const;
const metric: Rule<SpliceMetric> = {
  expected: `one of ${METRICS.map((name) => `"${name}"`).join(', ')}, or a function`,
  accepts: (v) =>
    METRICS.includes(v as (typeof METRICS)[number]) || aFunction<MetricFunction>().accepts(v),
  words: METRICS,
};
const targets: Rule<GivenTargets> = {
  expected: 'class numbers, or a tensor [examples, ...]',
  accepts: (v) =>
    (v instanceof tf.Tensor && v.rank > 0) ||
    ((Array.isArray(v) || ArrayBuffer.isView(v)) &&
      Array.prototype.every.call(v, (one) => typeof one === 'number')),
};
const numbers = distinctNumbers('a list of numbers from 0 on, each once');
const names: Rule<readonly string[]> = {
  expected: 'a list of texts',
  accepts: (v) => Array.isArray(v) && v.every((name) => typeof name === 'string'),
};
const METHODS: readonly EffectMethod[] = ['both', 'ablation', 'gradient', 'none'];
const KINDS: readonly OutputKind[] = ['probabilities', 'logits', 'values'];

export const EVALUATE_SPLICE_RULES: Rules<EvaluateSpliceArgs> = {
  metric: optional(metric),
  outputs: optional(oneOf<OutputKind>(KINDS)),
  head: wholeOr0(0),
  targets: optional(targets),
  classes: optional(numbers),
  classNames: optional(names),
  features: optional(numbers),
  effects: optional(oneOf<EffectMethod>(METHODS)),
  ...MASK_RULES,
  batchSize: positiveInteger(32),
  force: flag(false),
  onProgress: optional(aFunction<NonNullable<EvaluateSpliceArgs['onProgress']>>()),
};

/** Each class has a backward pass of its own. */
const MOST_CLASSES = 1000;
/** The most effects of features on classes: they take half a gigabyte while they are summed. */
const MOST_EFFECTS = 2 ** 26;

/** The features and classes that are measured. */
export interface Measured {
  readonly features: readonly number[];
  readonly classes: readonly number[];
  readonly classNames: string[];
}

/**
 * Returns the features and classes that the options select.
 *
 * @throws SAE_OPTION for features or classes that do not exist, or too many of them.
 */
export function measuredOf(
  where: string,
  given: Pick<EvaluateSpliceArgs, 'features' | 'classes' | 'classNames'>,
  size: { readonly features: number; readonly classes: number },
): Measured {
  const all = (count: number) => Array.from({ length: count }, (_, i) => i);
  const within = (option: 'features' | 'classes', count: number) => {
    const beyond = given[option]?.find((one) => one >= count);
    if (beyond !== undefined) {
      throw wrongOption(`${where}.${option}`, `numbers below ${count}`, beyond);
    }
    return given[option] ?? all(count);
  };
  const features = within('features', size.features);
  if (given.classes === undefined && size.classes > MOST_CLASSES) {
    const expected = `some of ${size.classes} classes`;
    throw wrongOption(`${where}.classes`, expected, undefined, 'Give classes: [0, 1], say.');
  }
  const classes = within('classes', size.classes);
  if (size.features * classes.length > MOST_EFFECTS) {
    const expected = `at most ${Math.floor(MOST_EFFECTS / size.features)} classes, of ${size.features} features`;
    throw wrongOption(`${where}.classes`, expected, classes.length, 'Give fewer classes.');
  }
  const { classNames = classes.map(String) } = given;
  if (classNames.length !== classes.length) {
    const expected = `${classes.length} texts, one for each class`;
    throw wrongOption(`${where}.classNames`, expected, classNames.length);
  }
  return { features, classes, classNames: [...classNames] };
}
