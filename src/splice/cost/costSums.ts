import * as tf from '@tensorflow/tfjs-core';
import { modelNotFinite } from '../../errors';
import { numbersOf } from './effects';
import type { Metric, Predicted } from './metrics';
import type { SpliceCost } from './spliceEvaluation';

/** How the layer's activations were modified for a run. */
export type Run = 'original' | 'spliced' | 'zeroAblated' | 'meanAblated';
const RUNS: readonly Run[] = ['original', 'spliced', 'zeroAblated', 'meanAblated'];

/** Sums of metrics over batches, in double precision, for each kind of run. */
export class CostSums {
  /** The sums by metric and run. */
  private readonly sums: Record<Run, number>[];
  /** The number of predictions that count. */
  predictions = 0;
  private examples = 0;

  constructor(
    private readonly where: string,
    private readonly metrics: readonly [Metric, ...Metric[]],
  ) {
    this.sums = metrics.map(() => ({ original: 0, spliced: 0, zeroAblated: 0, meanAblated: 0 }));
  }

  /** The divisor of the task's metric. */
  get measured(): number {
    return this.metrics[0].byPrediction ? this.predictions : this.examples;
  }

  /** Adds the number of predictions in a batch. */
  async count({ targets: { keep }, outputs }: Predicted): Promise<void> {
    const examples = outputs.shape[0] as number;
    this.examples += examples;
    const kept = await keep?.data<'float32'>();
    this.predictions += kept
      ? kept.reduce((a, b) => a + b, 0)
      : outputs.size / (outputs.shape.at(-1) as number);
  }

  /**
   * Adds the outputs of a batch, which remain the caller's.
   *
   * @throws SAE_NOT_FINITE for outputs whose metric is not finite.
   */
  async add(run: Run, predicted: Predicted): Promise<void> {
    for (const [i, metric] of this.metrics.entries()) {
      const { values } = await numbersOf(() => ({ values: tf.clone(metric.of(predicted)) }));
      const sums = this.sums[i] as Record<Run, number>;
      for (const value of values) sums[run] += value;
      if (!Number.isFinite(sums[run])) {
        const expected = `outputs with a finite ${metric.name}`;
        throw modelNotFinite(this.where, expected, `${sums[run]} of the run "${run}"`);
      }
    }
  }

  result(): [SpliceCost, ...SpliceCost[]] {
    const costs = this.metrics.map(({ name, byPrediction }, i): SpliceCost => {
      const sums = this.sums[i] as Record<Run, number>;
      const over = byPrediction ? this.predictions : this.examples;
      const mean = Object.fromEntries(RUNS.map((run) => [run, sums[run] / over]));
      const { original, spliced, zeroAblated, meanAblated } = mean as Record<Run, number>;
      const recovered = (ablated: number) =>
        ablated === original ? null : (ablated - spliced) / (ablated - original);
      return {
        ...{ metric: name, original, spliced, zeroAblated, meanAblated },
        change: spliced - original,
        recoveredFromZero: recovered(zeroAblated),
        recoveredFromMean: recovered(meanAblated),
      };
    });
    return costs as [SpliceCost, ...SpliceCost[]];
  }
}
