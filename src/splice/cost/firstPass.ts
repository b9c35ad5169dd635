import * as tf from '@tensorflow/tfjs-core';
import { emptyData } from '../../errors';
import type { ModelData } from '../capture/inputBatches';
import type { Host } from '../host';
import { type Metrics, metricsFor, type OutputKind, type SpliceMetric } from './metrics';
import { type Head, outputsOf } from './outputs';
import { type GivenTargets, givenBatches } from './targets';

/** What is known of a model and its data before anything is measured. */
export interface FirstPass extends Metrics {
  /** Mean of the layer's activations, `[width]`. */
  readonly mean: Float32Array;
  readonly examples: number;
  /** Rows of the layer: one for each example and position. */
  readonly rows: number;
  /** Numbers in a prediction. */
  readonly classes: number;
}

/** What the pass is told. */
export interface FirstPassArgs {
  readonly targets: GivenTargets | undefined;
  readonly metric: SpliceMetric | undefined;
  readonly outputs: OutputKind | undefined;
  readonly batchSize: number;
}

/**
 * A pass up to the layer, for the mean of its activations. The first batch goes through the whole model, so
 * that what does not fit is said at once.
 */
export async function firstPass(
  head: Head,
  host: Host,
  layer: string,
  data: ModelData,
  { targets, batchSize, ...choice }: FirstPassArgs,
): Promise<FirstPass> {
  const { where } = head;
  let sums: Float64Array | undefined;
  let [examples, rows, classes] = [0, 0, 0];
  let metrics: Metrics | undefined;
  for await (const batch of givenBatches(where, data, targets, head.head, batchSize)) {
    const { inputs, given } = batch;
    try {
      if (metrics === undefined) {
        const made = await outputsOf(head, host, inputs, batch.examples);
        made.dispose();
        classes = made.shape.at(-1) as number;
        const shapes = { shape: made.shape, targetShape: given?.shape };
        const activation = host.outputActivation?.(head.head);
        metrics = metricsFor(where, { ...choice, ...shapes, activation });
      }
      const [hidden] = (await host.capture(inputs, [layer])) as [tf.Tensor];
      const width = hidden.shape.at(-1) as number;
      sums ??= new Float64Array(width);
      // By example in single precision, over the examples in double.
      const byExample = tf.tidy(() => tf.sum(tf.reshape(hidden, [batch.examples, -1, width]), 1));
      const values = await byExample.data();
      for (let i = 0; i < values.length; i++) {
        sums[i % width] = (sums[i % width] as number) + (values[i] as number);
      }
      rows += hidden.size / width;
      examples += batch.examples;
      tf.dispose([hidden, byExample]);
    } finally {
      tf.dispose([inputs, given ?? []]);
    }
  }
  if (metrics === undefined || sums === undefined) throw emptyData(where, 'no example');
  const mean = Float32Array.from(sums, (sum) => sum / rows);
  return { ...metrics, mean, examples, rows, classes };
}
