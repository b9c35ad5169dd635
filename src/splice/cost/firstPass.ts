import * as tf from '@tensorflow/tfjs-core';
import { emptyData } from '../../errors';
import type { ModelData } from '../capture/inputBatches';
import { keptPlaces, type MaskArgs, sumsOfKept } from '../capture/positions';
import type { Host } from '../host';
import { type Metrics, metricsFor, type OutputKind, type SpliceMetric } from './metrics';
import { type Head, outputsOf } from './outputs';
import { type GivenTargets, givenBatches } from './targets';

/** What is known about a model and its data before anything is measured. */
export interface FirstPass extends Metrics {
  /** Mean of the layer's activations at the positions that count, `[width]`. */
  readonly mean: Float32Array;
  readonly examples: number;
  /** The number of rows of the layer: one for each example and position that counts. */
  readonly rows: number;
  /** The number of values in a prediction. */
  readonly classes: number;
}

/** The arguments of the pass. */
export interface FirstPassArgs extends MaskArgs {
  readonly targets: GivenTargets | undefined;
  readonly metric: SpliceMetric | undefined;
  readonly outputs: OutputKind | undefined;
  readonly batchSize: number;
}

/**
 * Runs a pass up to the layer, for the mean of its activations. The first batch goes through the
 * whole model, so that anything that does not fit is reported at once.
 */
export async function firstPass(
  head: Head,
  host: Host,
  layer: string,
  data: ModelData,
  { targets, batchSize, mask, excludeTokens, ...choice }: FirstPassArgs,
): Promise<FirstPass> {
  const { where } = head;
  let sums: Float64Array | undefined;
  let [examples, rows, classes] = [0, 0, 0];
  let metrics: Metrics | undefined;
  for await (const batch of givenBatches(where, data, targets, head.head, batchSize)) {
    const { inputs, given } = batch;
    let hidden: tf.Tensor | undefined;
    try {
      if (metrics === undefined) {
        const made = await outputsOf(head, host, inputs, batch.examples);
        made.dispose();
        classes = made.shape.at(-1) as number;
        const shapes = { shape: made.shape, targetShape: given?.shape };
        const activation = host.outputActivation?.(head.head);
        metrics = metricsFor(where, { ...choice, ...shapes, activation });
      }
      const [made] = (await host.capture(inputs, [layer])) as [tf.Tensor];
      hidden = made;
      const width = made.shape.at(-1) as number;
      sums ??= new Float64Array(width);
      const place = [batch.examples, made.size / width / batch.examples] as const;
      const keep = await keptPlaces(where, inputs, place, { mask, excludeTokens });
      // Single precision within an example, double precision over the examples.
      const byExample = tf.tidy(() => sumsOfKept(made, keep, [...place, width]));
      const values = await byExample.data();
      for (let i = 0; i < values.length; i++) {
        sums[i % width] = (sums[i % width] as number) + (values[i] as number);
      }
      rows += keep.reduce((sum, flag) => sum + flag, 0);
      examples += batch.examples;
      byExample.dispose();
    } finally {
      tf.dispose([inputs, given ?? [], hidden ?? []]);
    }
  }
  if (metrics === undefined || sums === undefined) throw emptyData(where, 'no example');
  const mean = Float32Array.from(sums, (sum) => sum / rows);
  return { ...metrics, mean, examples, rows, classes };
}
