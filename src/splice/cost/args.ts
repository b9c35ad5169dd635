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
import type { MetricFunction, OutputKind, SpliceMetric } from './metrics';
import type { GivenTargets } from './targets';

/** How features are measured. */
export type EffectMethod = 'both' | 'ablation' | 'gradient' | 'none';

/** What {@link evaluateSplice} takes. */
export interface EvaluateSpliceArgs {
  /**
   * The task's metric: `'cross-entropy'`, `'accuracy'`, `'kl'` (from the unedited model's outputs), `'mse'`, or
   * a function of outputs and targets that gives a number for each example. By default the cross-entropy of
   * classes, the KL divergence where there are no targets, and the squared error of values.
   */
  metric?: SpliceMetric;
  /** What the outputs are: by default as the last layer tells it, where it does. */
  outputs?: OutputKind;
  /** Which of several outputs counts, by number; 0 by default. */
  head?: number;
  /**
   * What the outputs should be: class numbers, of which those below 0 do not count, distributions or values.
   * By default what a dataset has as `ys`.
   */
  targets?: GivenTargets;
  /** The classes of which effects are measured, by number; all by default, of at most 1,000. */
  classes?: readonly number[];
  /** Their names; by default their numbers. */
  classNames?: readonly string[];
  /** The features that are measured; all that fire by default. */
  features?: readonly number[];
  /**
   * How they are: `'ablation'` turns each off, `'gradient'` is gradient × activation. `'both'` by default;
   * `'ablation'` where the model has no gradient.
   */
  effects?: EffectMethod;
  /** Examples that go through the model at a time; 32 by default. A dataset brings its own. */
  batchSize?: number;
  /** Whether a dictionary that was made for another layer is taken; false by default. */
  force?: boolean;
  /**
   * Called after each batch; by default nothing is.
   *
   * @param examplesDone examples that have been measured so far
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
  batchSize: positiveInteger(32),
  force: flag(false),
  onProgress: optional(aFunction<NonNullable<EvaluateSpliceArgs['onProgress']>>()),
};

/** Each has a backward pass of its own. */
const MOST_CLASSES = 1000;
/** Effects of features on classes: half a gigabyte while they are summed. */
const MOST_EFFECTS = 2 ** 26;

/** Features and classes that are measured. */
export interface Measured {
  readonly features: readonly number[];
  readonly classes: readonly number[];
  readonly classNames: string[];
}

/**
 * The features and classes that options come to.
 *
 * @throws SAE_OPTION for those that there are not, or too many.
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
