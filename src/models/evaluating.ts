import * as tf from '@tensorflow/tfjs-core';
import type { Batch, BatchDataset } from '../activations/rows';
import type { EpochTally } from '../engine/epochTally';
import type { Inference } from '../engine/inference';
import { dataNotFinite, lossNotFinite, type SAEError } from '../errors';
import { frameOf, into, outOf } from '../layers/normalization';
import type { SparseAutoencoderLayer } from '../layers/sparseAutoencoder';
import { allFinite } from '../math/finite';
import { swapInAverages } from './averages';
import { type Faults, nanLogs, type Stoppable } from './faults';

/** A model that is evaluated. */
export interface EvaluatedModel extends Stoppable {
  /** The names of the measures: the loss, its terms, and metrics. */
  readonly metricsNames: string[];
  readonly sae: SparseAutoencoderLayer;
  readonly optimizer: tf.Optimizer;
  sync(): void;
  /** The metrics given to `compile`. */
  readonly metricsTensors: [(target: tf.Tensor, reconstruction: tf.Tensor) => tf.Tensor, number][];
}

/** Computes the losses and metrics of rows, without a step. */
export class Evaluating {
  constructor(
    private readonly model: EvaluatedModel,
    private readonly inference: Inference,
    private readonly faults: Faults,
  ) {}

  /**
   * Returns the means over a dataset's rows, for a caller outside training, which may be running.
   */
  async dataset(dataset: BatchDataset, batches: number | undefined): Promise<tf.Scalar[]> {
    const outer = this.faults.setAside();
    try {
      return this.orFault(await this.means(dataset, batches));
    } finally {
      outer.restore();
    }
  }

  /**
   * Returns the means over a training's validation data, with moving averages of the weights if
   * they are kept.
   */
  async validation(
    dataset: BatchDataset,
    batches: number | undefined,
    tally: EpochTally | undefined,
  ): Promise<tf.Scalar[]> {
    const swapped = swapInAverages(this.model);
    try {
      return await this.means(dataset, batches, tally);
    } finally {
      swapped?.restore();
    }
  }

  /** Returns the means over a dataset's rows; a fault stops training. */
  private async means(
    dataset: BatchDataset,
    batches: number | undefined,
    tally?: EpochTally,
  ): Promise<tf.Scalar[]> {
    try {
      const evaluate = (batch: Batch) => this.rows(batch, tally);
      const means = await meansOverRows(dataset, evaluate, batches);
      return means.map((mean) => tf.scalar(mean));
    } catch (error) {
      return this.stopWith(error);
    }
  }

  private async rows(
    { xs: x, ys: target }: Batch,
    tally: EpochTally | undefined,
  ): Promise<number[]> {
    const reconstruct = this.model.metricsTensors.length > 0;
    const losses = await this.inference.losses(x, target, reconstruct, tally);
    const { loss, terms, reconstruction } = losses;
    let metrics: tf.Scalar[] = [];
    let extra: number[];
    try {
      if (reconstruction) metrics = this.extraMetrics(target, reconstruction);
      extra = await Promise.all(metrics.map(async (m) => (await m.data())[0] as number));
    } finally {
      tf.dispose([metrics, reconstruction]);
    }
    const fault = this.lossFault(loss, x, target);
    if (fault) throw fault;
    return [loss, ...terms, ...extra];
  }

  /** Returns the mean over rows of their penalty, before λ. */
  async penaltyOf(x: tf.Tensor2D, target: tf.Tensor2D): Promise<number> {
    const { terms } = await this.inference.losses(x, target, false);
    const place = this.model.sae.lossTerms.findIndex(({ of }) => of === 'penalty');
    return terms[place] as number;
  }

  /** Evaluates one batch in tfjs's own loop, which cannot wait. */
  batch(data: tf.Tensor[]): tf.Scalar[] {
    return tf.tidy(() => {
      const [x, target] = data as [tf.Tensor2D, tf.Tensor2D];
      const { sae } = this.model;
      const frame = frameOf(sae, x);
      const pass = sae.forward(into(frame, x), into(frame, target), false);
      const { loss, terms } = pass;
      const fault = this.lossFault(loss.dataSync()[0] as number, x, target);
      if (fault) return this.stopWith(fault);
      const extra = this.extraMetrics(target, outOf(frame, pass.reconstruction));
      return [loss, ...Object.values(terms), ...extra];
    });
  }

  private stopWith(fault: unknown): tf.Scalar[] {
    this.faults.stopWith(fault);
    return nanLogs(this.model.metricsNames);
  }

  private lossFault(loss: number, x: tf.Tensor, target: tf.Tensor): SAEError | undefined {
    if (Number.isFinite(loss)) return undefined;
    const finite = allFinite(x) && allFinite(target);
    const { where } = this.model;
    return finite ? lossNotFinite(where, loss) : dataNotFinite(where);
  }

  /** Returns the metrics given to `compile`. */
  extraMetrics(target: tf.Tensor, reconstruction: tf.Tensor): tf.Scalar[] {
    return tf.tidy(() =>
      this.model.metricsTensors.map(([metric]) => tf.mean(metric(target, reconstruction))),
    );
  }

  /** Returns the logs of an evaluation, or throws what has stopped it. */
  orFault(scalars: tf.Scalar[]): tf.Scalar[] {
    const fault = this.faults.current;
    if (!fault) return scalars;
    tf.dispose(scalars);
    throw fault;
  }
}

/**
 * Returns means over all rows of the measures of each batch.
 *
 * @param evaluate returns means over a batch's rows; the batch is disposed afterwards
 * @param batches the most batches to read
 */
async function meansOverRows(
  dataset: BatchDataset,
  evaluate: (batch: Batch) => Promise<number[]>,
  batches = Number.POSITIVE_INFINITY,
): Promise<number[]> {
  const sums: number[] = [];
  const iterator = await dataset.iterator();
  let rows = 0;
  for (let taken = 0; taken < batches; taken++) {
    const { value: batch, done } = await iterator.next();
    if (done) break;
    const { xs, ys } = batch;
    const size = xs.shape[0];
    try {
      for (const [i, mean] of (await evaluate(batch)).entries()) {
        sums[i] = (sums[i] ?? 0) + mean * size;
      }
    } finally {
      tf.dispose([xs, ys]);
    }
    rows += size;
  }
  return sums.map((sum) => sum / rows);
}

/** Methods that tfjs declares private, and calls wherever it evaluates. */
interface Evaluator {
  testFunction: (data: tf.Tensor[]) => tf.Scalar[];
  readonly evaluating: Evaluating;
  makeTestFunction(): void;
}

/** Makes models of a class evaluate each batch of tfjs's own loop with their {@link Evaluating}. */
export function evaluateByOwnLosses(prototype: object): void {
  (prototype as Evaluator).makeTestFunction = function (this: Evaluator) {
    this.testFunction = (data) => this.evaluating.batch(data);
  };
}
