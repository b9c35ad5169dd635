import * as tf from '@tensorflow/tfjs-core';
import { noClass, unequalTargets, wrongTargets } from '../../errors';
import { type InputBatch, type ModelData, targetBatches } from '../capture/inputBatches';
import type { OutputKind } from './metrics';

/** A batch with its targets as they were given; the caller disposes both. */
export interface GivenBatch extends InputBatch {
  readonly given: tf.Tensor | undefined;
}

/** The targets of some examples. */
export interface Targets {
  /** As they were given, for a custom metric. */
  readonly given?: tf.Tensor | undefined;
  /** Class numbers `[examples, predictions]`, if those were given. */
  readonly labels?: tf.Tensor2D;
  /** `[examples, predictions, classes]`: distributions over classes, or values. */
  readonly values?: tf.Tensor3D;
  /** `[examples, predictions]`: 0 for predictions that do not count; undefined if all do. */
  readonly keep?: tf.Tensor2D;
}

/** The values that the option `targets` accepts: a tensor, or class numbers. */
export type GivenTargets = tf.Tensor | ArrayLike<number>;

/**
 * Yields the examples of a model's data with their targets, a batch at a time.
 *
 * @param targets the targets of all examples; by default the `ys` of a dataset
 * @param head which of several `ys` to use
 * @throws SAE_DATA for invalid inputs, or if the numbers of targets and examples differ.
 */
export async function* givenBatches(
  where: string,
  data: ModelData,
  targets: GivenTargets | undefined,
  head: number,
  batchSize: number,
): AsyncGenerator<GivenBatch> {
  const count = targets && (targets instanceof tf.Tensor ? targets.shape[0] : targets.length);
  let examples = 0;
  for await (const { ys, ...batch } of targetBatches(where, data, batchSize)) {
    examples += batch.examples;
    if (targets !== undefined) tf.dispose(ys);
    if (count !== undefined && examples > count) {
      tf.dispose(batch.inputs);
      throw unequalTargets(where, examples, count);
    }
    const given =
      targets === undefined ? oneOf(ys, head) : part(targets, batch.first, batch.examples);
    if (given !== undefined && given.shape[0] !== batch.examples) {
      tf.dispose([batch.inputs, given]);
      throw unequalTargets(where, batch.examples, given.shape[0] ?? 0);
    }
    yield { ...batch, given };
  }
  if (count !== undefined && examples !== count) throw unequalTargets(where, examples, count);
}

function part(targets: GivenTargets, first: number, count: number): tf.Tensor {
  if (targets instanceof tf.Tensor) return tf.slice(targets, first, count);
  return tf.tensor1d(Array.prototype.slice.call(targets, first, first + count), 'float32');
}

/**
 * Returns the target of one output, out of those that a dataset has for each; the others are
 * disposed.
 */
function oneOf(ys: tf.TensorContainer, head: number): tf.Tensor | undefined {
  if (ys instanceof tf.Tensor) return ys;
  const list = Object.values((ys ?? {}) as Record<string, tf.TensorContainer>);
  const chosen = list[head];
  tf.dispose(list.filter((one) => one !== chosen));
  return chosen instanceof tf.Tensor ? chosen : undefined;
}

/**
 * Converts targets to the form of the outputs.
 *
 * @param shape the shape of the outputs, `[examples, ..., classes]`
 * @param kind what the outputs are
 * @returns the caller disposes all but `given`.
 * @throws SAE_DATA for targets of another shape, or unknown classes.
 */
export async function targetsOf(
  where: string,
  given: tf.Tensor | undefined,
  shape: readonly number[],
  kind: OutputKind,
): Promise<Targets> {
  if (given === undefined) return {};
  const size = tf.util.sizeFromShape([...shape]);
  const classes = shape.at(-1) as number;
  const examples = shape[0] as number;
  const each = size / examples / classes;
  const isDense = kind === 'values' || (classes > 1 && given.size === size);
  if (given.size !== (isDense ? size : size / classes)) throw wrongTargets(where, shape, given);
  if (isDense) {
    const values = tf.tidy(() =>
      tf.reshape<tf.Rank.R3>(tf.cast(given, 'float32'), [examples, each, classes]),
    );
    return { given, values };
  }
  const numbers = await given.data();
  const most = Math.max(2, classes);
  const odd = numbers.find((label) => !Number.isInteger(label) || label >= most);
  if (odd !== undefined) throw noClass(where, most, odd);
  const place: [number, number] = [examples, each];
  const labels = tf.tensor2d(
    Int32Array.from(numbers, (label) => Math.max(0, label)),
    place,
  );
  if (!numbers.some((label) => label < 0)) return { given, labels };
  const flags = Float32Array.from(numbers, (label) => (label < 0 ? 0 : 1));
  return { given, labels, keep: tf.tensor2d(flags, place) };
}

/**
 * Returns the targets of some of the examples, repeated if an example is named repeatedly; the
 * caller disposes them.
 */
export function targetsAt(targets: Targets, examples: tf.Tensor1D): Targets {
  const found = Object.entries(targets).filter(([, t]) => t !== undefined);
  return Object.fromEntries(found.map(([name, t]) => [name, tf.gather(t, examples)]));
}
