import * as tf from '@tensorflow/tfjs-core';
import { LayersModel, type ModelEvaluateArgs } from '@tensorflow/tfjs-layers';
import {
  type Batch,
  BatchDataset,
  inputAndTargetRows,
  isDataset,
  isInTidy,
  type RowDataset,
} from '../activations/rows';
import type { EpochTally } from '../engine/epochTally';
import { Inference } from '../engine/inference';
import { KernelDictionary } from '../engine/kernelDictionary';
import {
  A_DATASET,
  dataNotFinite,
  disposedModel,
  lossNotFinite,
  nothingThrown,
  type SAEError,
  wrongData,
} from '../errors';
import type { SparseAutoencoderLayer } from '../layers/sparseAutoencoder';
import { allFinite } from '../math/finite';
import { checkOptions } from '../options';
import {
  type BaseData,
  EVALUATE_DATASET_RULES,
  EVALUATE_RULES,
  type EvaluateDatasetArgs,
} from './args';
import { only, targetAndArgs } from './data';
import type { EpochMeasuring } from './epochMeasuring';
import { meansOverRows } from './meansOverRows';

/**
 * A `tf.LayersModel` whose loss is a sparse autoencoder's: evaluation takes the architecture's own,
 * and data needs no target, for it is its own.
 */
export abstract class EvaluableModel<
  Layer extends SparseAutoencoderLayer = SparseAutoencoderLayer,
> extends LayersModel {
  /** The layer that holds the weights and the mathematics. */
  abstract readonly sae: Layer;
  /** Width of the rows. */
  abstract readonly inputDim: number;
  /**
   * The dictionary in WebAssembly, once something has asked for it.
   *
   * @internal
   */
  protected kernels: KernelDictionary | undefined;
  /**
   * What stopped training or evaluation; thrown when tfjs's loop has ended and tidied up.
   *
   * @internal
   */
  protected fault: unknown;

  /**
   * What `fit` measures of its epochs, while it trains.
   *
   * @internal
   */
  protected measuring: EpochMeasuring | undefined;

  /**
   * Passes over rows that train nothing.
   *
   * @internal
   */
  protected readonly inference = new Inference(() => ({
    layer: this.sae,
    weights: this.kernels ?? this.useKernels(),
  }));

  // ── as a layer in somebody's model ─────────────────────────────────────────────────────────

  /** The losses of the layer in it, for `tf.layers.timeDistributed`, which asks for them here. */
  override get losses(): EvaluableModel['sae']['losses'] {
    return this.sae.losses;
  }

  /**
   * The mask of what the model hands on: that of its input.
   *
   * @param inputs what it was given
   * @param mask true for what counts, `[batch]` or `[batch, steps]`; or none
   */
  override computeMask(
    inputs: tf.Tensor | tf.Tensor[],
    mask?: tf.Tensor | tf.Tensor[],
  ): tf.Tensor | tf.Tensor[] {
    return this.sae.computeMask(inputs, mask);
  }

  /**
   * Has the dictionary computed in WebAssembly from now on, where that is called for.
   *
   * @internal
   */
  protected useKernels(threads?: number): KernelDictionary {
    this.assertNotDisposed();
    this.kernels?.dispose();
    this.kernels = new KernelDictionary(this.where, this.sae, threads);
    this.kernels.belongTo(this);
    return this.kernels;
  }

  /**
   * Writes what training has changed into the weights' variables. Every method of this library does
   * so by itself, and so do `layer.wDec`, `weights`, `getWeights` and `save`: call it before you
   * read, in the middle of an epoch, a variable that you took earlier.
   */
  sync(): void {
    this.kernels?.sync();
  }

  /**
   * The losses of rows, without a step of training.
   *
   * @param x `[..., inputDim]`
   * @param args `batchSize`: rows that are computed at a time, 32 by default
   * @returns a scalar for each of `metricsNames` but `grad_norm`; the caller disposes them.
   * @throws SAE_STATE before `compile`; SAE_SHAPE, SAE_DATA or SAE_NOT_FINITE for rows of another form,
   * SAE_NOT_FINITE also where the loss is not; SAE_OPTION.
   */
  override evaluate(x: tf.Tensor, args?: ModelEvaluateArgs): tf.Scalar[];
  /**
   * The losses of rows against a target of their own, of the same width.
   *
   * @param x `[..., inputDim]`
   * @param y what the reconstructions are to be, `[..., inputDim]`
   * @param args `batchSize`: rows that are computed at a time, 32 by default
   * @returns a scalar for each of `metricsNames` but `grad_norm`; the caller disposes them.
   * @throws what it throws without a target: SAE_STATE, SAE_SHAPE, SAE_DATA, SAE_NOT_FINITE, SAE_OPTION.
   */
  override evaluate(
    x: tf.Tensor | tf.Tensor[],
    y: tf.Tensor | tf.Tensor[],
    args?: ModelEvaluateArgs,
  ): tf.Scalar[];
  override evaluate(
    x: tf.Tensor | tf.Tensor[],
    yOrArgs?: tf.Tensor | tf.Tensor[] | ModelEvaluateArgs,
    lastArgs?: ModelEvaluateArgs,
  ): tf.Scalar[] {
    const [y, args] = targetAndArgs(x, yOrArgs, lastArgs);
    const where = `${this.getClassName()}.evaluate`;
    const checked = checkOptions<ModelEvaluateArgs>(where, EVALUATE_RULES, args);
    const outer = this.setFaultAside();
    try {
      return this.evaluated(super.evaluate(x, y, checked) as tf.Scalar[]);
    } finally {
      outer.restore();
    }
  }

  /**
   * The losses of a dataset's rows, each row of the same weight, without dense codes on CPU.
   *
   * @param dataset batches `[..., inputDim]`, bare or as `{xs}` or `{xs, ys}`; each is disposed
   * @param args `batches`: how many are read; all of them by default
   * @returns a scalar for each of `metricsNames` but `grad_norm`; the caller disposes them.
   * @throws what {@link evaluate} throws: SAE_STATE, SAE_SHAPE, SAE_DATA, SAE_NOT_FINITE, SAE_OPTION.
   */
  override async evaluateDataset(
    dataset: RowDataset,
    args: EvaluateDatasetArgs = {},
  ): Promise<tf.Scalar[]> {
    const where = `${this.getClassName()}.evaluateDataset`;
    const { batches } = checkOptions<NonNullable<EvaluateDatasetArgs>>(
      where,
      EVALUATE_DATASET_RULES,
      args,
    );
    this.assertCompiled();
    const evaluate = (tally?: EpochTally) =>
      this.evaluateBatches(this.batches(where, dataset), batches, tally);
    // From within fitDataset: it wants a scalar for each log, and stops at the fault by itself.
    if (dataset instanceof BatchDataset) return evaluate(this.measuring?.validation);
    const outer = this.setFaultAside();
    try {
      return this.evaluated(await evaluate());
    } finally {
      outer.restore();
    }
  }

  private async evaluateBatches(
    dataset: BatchDataset,
    batches?: number,
    tally?: EpochTally,
  ): Promise<tf.Scalar[]> {
    try {
      const evaluate = (batch: Batch) => this.evaluateRows(batch, tally);
      const means = await meansOverRows(dataset, evaluate, batches);
      return means.map((mean) => tf.scalar(mean));
    } catch (error) {
      return this.stopWith(error);
    }
  }

  /** What training logs of these rows, with NaN in place of the gradient's norm. */
  private async evaluateRows(
    { xs: x, ys: target }: Batch,
    tally: EpochTally | undefined,
  ): Promise<number[]> {
    const reconstruct = this.metricsTensors.length > 0;
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
    return [loss, ...terms, ...extra, Number.NaN];
  }

  /**
   * One batch of evaluation: what training logs, with NaN in place of the gradient's norm.
   *
   * @internal
   */
  protected evaluateBatch(data: tf.Tensor[]): tf.Scalar[] {
    return tf.tidy(() => {
      const [x, target] = data as [tf.Tensor2D, tf.Tensor2D];
      const { loss, terms, reconstruction } = this.sae.forward(x, target, false);
      const fault = this.lossFault(loss.dataSync()[0] as number, x, target);
      if (fault) return this.stopWith(fault);
      const extra = this.extraMetrics(target, reconstruction);
      return [loss, ...Object.values(terms), ...extra, tf.scalar(Number.NaN)];
    });
  }

  private lossFault(loss: number, x: tf.Tensor, target: tf.Tensor): SAEError | undefined {
    if (Number.isFinite(loss)) return undefined;
    const finite = allFinite(x) && allFinite(target);
    return finite ? lossNotFinite(this.where, loss) : dataNotFinite(this.where);
  }

  /**
   * The metrics that `compile` was given.
   *
   * @internal
   */
  protected extraMetrics(target: tf.Tensor, reconstruction: tf.Tensor): tf.Scalar[] {
    return tf.tidy(() =>
      this.metricsTensors.map(([metric]) => tf.mean(metric(target, reconstruction))),
    );
  }

  // ── checks ─────────────────────────────────────────────────────────────────────────────────

  /** @internal */
  protected override standardizeUserDataXY(
    x: BaseData,
    y: BaseData,
    ...rest: [boolean?, number?]
  ): [tf.Tensor[], tf.Tensor[]] {
    this.assertCompiled();
    const { xs, ys } = inputAndTargetRows(this.where, [only(x), only(y)], this.inputDim);
    return super.standardizeUserDataXY(xs, ys, ...rest);
  }

  /**
   * @throws SAE_STATE after `dispose`.
   * @internal
   */
  protected override assertNotDisposed(cause?: unknown): void {
    if (this._refCount === 0) throw disposedModel(this.where, cause);
  }

  /** Gives up the weights. What is disposed already stays so. */
  override dispose(): ReturnType<LayersModel['dispose']> {
    if (this._refCount === 0) return { refCountAfterDispose: 0, numDisposedVariables: 0 };
    return super.dispose();
  }

  /** How errors name this model: its class, and its name in quotes. */
  get where(): string {
    return `${this.getClassName()} "${this.name}"`;
  }

  /**
   * @throws SAE_STATE before `compile`.
   * @internal
   */
  protected abstract assertCompiled(): void;

  /**
   * Input and target, checked; what had to be converted is disposed after `use`.
   *
   * @internal
   */
  protected async withTensors<T>(
    x: BaseData,
    y: BaseData,
    use: (data: [tf.Tensor, tf.Tensor]) => Promise<T>,
  ): Promise<T> {
    if (isInTidy()) await null;
    const [[xs], [ys]] = this.standardizeUserDataXY(x, y) as [[tf.Tensor], [tf.Tensor]];
    try {
      return await use([xs, ys]);
    } finally {
      tf.dispose([xs, ys].filter((tensor) => tensor !== only(x) && tensor !== only(y)));
    }
  }

  /**
   * A dataset of batches whose elements are checked.
   *
   * @internal
   */
  protected batches(where: string, data: unknown): BatchDataset {
    // Validation data passes through here twice: from fitDataset, and from what that calls.
    if (data instanceof BatchDataset) return data;
    const isIterator = typeof (data as { next?: unknown } | null)?.next === 'function';
    const dataset = isIterator ? { iterator: () => data } : data;
    if (!isDataset(dataset)) throw wrongData(where, data, A_DATASET);
    return new BatchDataset(this.where, dataset, this.inputDim);
  }

  /**
   * Ends training after this batch; the batch's logs are NaN.
   *
   * @internal
   */
  protected stopWith(fault: unknown): tf.Scalar[] {
    this.fault ??= this.told(fault);
    this.stopTraining_ = true;
    return this.metricsNames.map(() => tf.scalar(Number.NaN));
  }

  /**
   * What was thrown; an error that says so where that is undefined or the like, which tells nothing.
   *
   * @internal
   */
  protected told(thrown: unknown): unknown {
    return thrown || nothingThrown(this.where, thrown);
  }

  /** For an evaluation that somebody asks for in the middle of training: it must not stop that. */
  private setFaultAside(): { restore(): void } {
    const { fault, stopTraining_ } = this;
    this.fault = undefined;
    return {
      restore: () => {
        this.fault = fault;
        this.stopTraining_ = stopTraining_;
      },
    };
  }

  /** The logs of an evaluation, without the one that only training has. */
  private evaluated(scalars: tf.Scalar[]): tf.Scalar[] {
    if (this.fault) {
      tf.dispose(scalars);
      throw this.fault;
    }
    scalars.pop()?.dispose();
    return scalars;
  }
}

/** What tfjs declares private, and calls wherever it evaluates. */
interface Evaluator {
  testFunction: (data: tf.Tensor[]) => tf.Scalar[];
  evaluateBatch(data: tf.Tensor[]): tf.Scalar[];
  makeTestFunction(): void;
}
(EvaluableModel.prototype as unknown as Evaluator).makeTestFunction = function (this: Evaluator) {
  this.testFunction = (data) => this.evaluateBatch(data);
};
