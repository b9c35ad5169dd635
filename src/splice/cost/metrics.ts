import * as tf from '@tensorflow/tfjs-core';
import { noTargets, unknownOutputs, wrongOption } from '../../errors';
import { predictionsOf } from './outputs';
import type { Targets } from './targets';

/** What the outputs of a model are. */
export type OutputKind = 'probabilities' | 'logits' | 'values';

/**
 * A custom metric.
 *
 * @param outputs the model's outputs, `[examples, ...]`
 * @param targets the targets, as they were given; undefined if there are none
 * @returns a number for each example: a list, or a tensor, which is disposed
 */
export type MetricFunction = (
  outputs: tf.Tensor,
  targets: tf.Tensor | undefined,
) => tf.Tensor | ArrayLike<number>;

/** A metric by name, or a custom one. */
export type SpliceMetric = 'cross-entropy' | 'kl' | 'accuracy' | 'mse' | MetricFunction;

/** Outputs, and what they are compared with. */
export interface Predicted {
  /** `[examples, ..., classes]`. */
  readonly outputs: tf.Tensor;
  readonly targets: Targets;
  /** The unedited model's outputs. */
  readonly original: tf.Tensor;
}

/** A metric of a model's outputs. */
export interface Metric {
  readonly name: string;
  /** Whether its gradient is informative. */
  readonly isSmooth: boolean;
  /** Whether single predictions of an example can be left out. */
  readonly byPrediction: boolean;
  /**
   * Returns `[examples, predictions]`, 0 where a prediction does not count; call it within
   * `tf.tidy`.
   */
  of(predicted: Predicted): tf.Tensor2D;
}

/** As in Keras: smaller probabilities count as this one. */
const LEAST_PROBABILITY = 1e-7;

/**
 * Returns logarithms of probabilities, `[examples, predictions, classes]`; a single output gives
 * both classes.
 */
function logProbabilities(outputs: tf.Tensor, kind: OutputKind): tf.Tensor3D {
  const given = predictionsOf(outputs);
  const isAlone = given.shape[2] === 1;
  if (kind === 'logits') {
    return tf.logSoftmax(isAlone ? tf.concat([tf.zerosLike(given), given], 2) : given);
  }
  const all = isAlone ? tf.concat([tf.sub(1, given), given], 2) : given;
  return tf.log(tf.maximum(all, LEAST_PROBABILITY));
}

/** Returns targets as distributions over classes. */
function distribution({ labels, values }: Targets, classes: number): tf.Tensor {
  if (values) return values;
  return tf.cast(tf.oneHot(labels as tf.Tensor2D, classes), 'float32');
}

function classification(kind: OutputKind): Metric[] {
  const logs = (outputs: tf.Tensor) => logProbabilities(outputs, kind);
  const kept = (values: tf.Tensor, { keep }: Targets) =>
    (keep ? tf.mul(values, keep) : values) as tf.Tensor2D;
  return [
    {
      ...{ name: 'cross-entropy', isSmooth: true, byPrediction: true },
      of: ({ outputs, targets }) => {
        const logQ = logs(outputs);
        const wanted = distribution(targets, logQ.shape[2]);
        return kept(tf.neg(tf.sum(tf.mul(wanted, logQ), 2)), targets);
      },
    },
    {
      // Its gradient is 0 while nothing is edited.
      ...{ name: 'kl', isSmooth: false, byPrediction: true },
      of: ({ outputs, targets, original }) => {
        const logP = logs(original);
        const divergence = tf.mul(tf.exp(logP), tf.sub(logP, logs(outputs)));
        return kept(tf.sum(divergence, 2), targets);
      },
    },
    {
      ...{ name: 'accuracy', isSmooth: false, byPrediction: true },
      of: ({ outputs, targets }) => {
        const logQ = logs(outputs);
        const wanted = targets.labels ?? tf.argMax(distribution(targets, logQ.shape[2]), 2);
        const isRight = tf.equal(tf.argMax(logQ, 2), tf.cast(wanted, 'int32'));
        return kept(tf.cast(isRight, 'float32'), targets);
      },
    },
  ];
}

const MEAN_SQUARES: Metric = {
  ...{ name: 'mse', isSmooth: true, byPrediction: true },
  of: ({ outputs, targets }) =>
    tf.mean(tf.squaredDifference(predictionsOf(outputs), targets.values as tf.Tensor3D), 2),
};

function own(where: string, metric: MetricFunction): Metric {
  return {
    ...{ name: metric.name || 'metric', isSmooth: false, byPrediction: false },
    of: ({ outputs, targets: { given } }) => {
      const made = metric(outputs, given);
      const examples = outputs.shape[0] as number;
      const length = made instanceof tf.Tensor ? made.size : made?.length;
      const areNumbers =
        made instanceof tf.Tensor
          ? made.dtype !== 'string'
          : Array.prototype.every.call(made ?? [], (one) => typeof one === 'number');
      if (length !== examples || !areNumbers) {
        const expected = `a function that gives ${examples} numbers, one for each example`;
        throw wrongOption(`${where}.metric`, expected, made);
      }
      const values = made instanceof tf.Tensor ? made : tf.tensor1d(Array.from(made));
      return tf.reshape(tf.cast(values, 'float32'), [examples, 1]);
    },
  };
}

/** What determines the available metrics. */
export interface MetricChoice {
  readonly metric: SpliceMetric | undefined;
  /** The option `outputs`, as it was given. */
  readonly outputs: OutputKind | undefined;
  /** The activation of the last layer, if known. */
  readonly activation: string | undefined;
  /** The shape of the outputs, `[examples, ..., classes]`. */
  readonly shape: readonly number[];
  /** The shape of the targets, if given. */
  readonly targetShape: readonly number[] | undefined;
}

/** The metrics of a model's outputs, the task's own first, and the kind of outputs. */
export interface Metrics {
  readonly kind: OutputKind | undefined;
  /** Whether one of them needs targets in the form of the outputs. */
  readonly readTargets: boolean;
  readonly all: readonly [Metric, ...Metric[]];
}

/**
 * Returns the task's metric, and all others that can be measured along with it.
 *
 * @throws SAE_OPTION if it cannot tell what the outputs are, SAE_DATA if targets are missing.
 */
export function metricsFor(where: string, choice: MetricChoice): Metrics {
  const { metric } = choice;
  const kind = kindOf(choice);
  const known = kind === undefined ? [] : kind === 'values' ? [MEAN_SQUARES] : classification(kind);
  const hasTargets = choice.targetShape !== undefined;
  // A custom metric may have targets in a form of its own.
  const areRead = hasTargets && (typeof metric !== 'function' || fits(choice));
  const possible = known.filter(({ name }) => areRead || name === 'kl');
  const metrics = (first: Metric): Metrics => {
    const others = possible.filter((one) => one !== first);
    const all: Metrics['all'] = [first, ...others];
    return { kind, all, readTargets: all.some((one) => one.byPrediction && one.name !== 'kl') };
  };
  if (typeof metric === 'function') return metrics(own(where, metric));
  if (kind === undefined) throw unknownOutputs(where, metric ? `"${metric}"` : 'of the task');
  const wanted = metric ?? (kind === 'values' ? 'mse' : hasTargets ? 'cross-entropy' : 'kl');
  const found = known.find(({ name }) => name === wanted);
  if (found === undefined) {
    const expected = `a metric of ${kind}: ${known.map(({ name }) => `"${name}"`).join(', ')}`;
    const advice = 'Take one of these, or say by the option outputs that they are something else.';
    throw wrongOption(`${where}.metric`, expected, wanted, advice);
  }
  if (!possible.includes(found)) throw noTargets(where, `"${wanted}"`);
  return metrics(found);
}

/**
 * Returns the kind of outputs: as given, otherwise inferred from the last layer, the metric and the
 * targets.
 */
function kindOf(choice: MetricChoice): OutputKind | undefined {
  const { outputs, activation, metric, shape } = choice;
  if (outputs !== undefined) return outputs;
  if (metric === 'mse') return 'values';
  if (activation === 'softmax') return 'probabilities';
  if (activation === 'sigmoid' && shape.at(-1) === 1) return 'probabilities';
  if (activation !== 'linear') return undefined;
  // One target for several numbers is their class.
  const { classes, targets } = sizesOf(choice);
  const areLogits = typeof metric === 'string' || (classes > 1 && targets === 1);
  return areLogits ? 'logits' : undefined;
}

/** Returns whether targets are class numbers, or have the form of the outputs. */
function fits(choice: MetricChoice): boolean {
  const { classes, targets } = sizesOf(choice);
  return targets === classes || (targets === 1 && choice.outputs !== 'values');
}

/** Returns the number of values in a prediction, and in its target. */
function sizesOf({ shape, targetShape }: MetricChoice) {
  const size = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);
  const classes = shape.at(-1) ?? 1;
  const predictions = size(shape) / classes;
  return { classes, targets: targetShape ? size(targetShape) / predictions : undefined };
}
