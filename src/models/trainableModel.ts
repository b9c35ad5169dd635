import * as tf from '@tensorflow/tfjs-core';
import {
  type History,
  LayersModel,
  type ModelEvaluateArgs,
  type ModelFitArgs,
} from '@tensorflow/tfjs-layers';
import { BatchDataset, floatRows, isDataset, type RowDataset } from '../activations/rows';
import {
  alreadyTraining,
  dataNotFinite,
  emptyData,
  lossNotFinite,
  notCompiled,
  nothingToTrain,
  type SAEError,
  wrongData,
  wrongOption,
  wrongShape,
} from '../errors';
import type { SparseAutoencoderLayer } from '../layers/sparseAutoencoder';
import { allFinite } from '../math/finite';
import { checkOptions } from '../options';
import { KerasAdam } from '../training/kerasAdam';
import { TensorStep } from '../training/tensorStep';
import type { TrainStep } from '../training/trainStep';
import {
  type BaseData,
  type BaseDataset,
  COMPILE_RULES,
  EVALUATE_DATASET_RULES,
  EVALUATE_RULES,
  type EvaluateDatasetArgs,
  FIT_DATASET_RULES,
  FIT_RULES,
  type SAECompileArgs,
  type SAEFitArgs,
  type SAEFitDatasetArgs,
} from './args';
import { withTrainingOnlyLogs } from './callbacks';
import { inputAndTarget, only, targetAndArgs, tensorDataset, type ValidationTensors } from './data';

/** The log that training has and evaluation has not: the last one. */
const GRAD_NORM = 'grad_norm';
/** The base class insists on a loss that it can name in files; it is never computed. */
const NOMINAL_LOSS = 'meanSquaredError';

/**
 * A `tf.LayersModel` whose training and evaluation are a sparse autoencoder's: its hooks take the
 * architecture's own step and loss, and data needs no target, for it is its own.
 */
export abstract class TrainableModel<
  Layer extends SparseAutoencoderLayer = SparseAutoencoderLayer,
> extends LayersModel {
  /** The layer that holds the weights and the mathematics. */
  abstract readonly sae: Layer;
  /** Width of the rows. */
  abstract readonly inputDim: number;
  /** Largest norm of all gradients together; null for no limit. */
  abstract readonly clipNorm: number | null;
  private trainStep: TrainStep | undefined;
  /** What stopped training or evaluation; thrown when tfjs's loop has ended and tidied up. */
  private fault: SAEError | undefined;

  override compile(args: SAECompileArgs = {}): void {
    const where = `${this.getClassName()}.compile`;
    checkOptions(where, COMPILE_RULES, args);
    const { optimizer = new KerasAdam(), metrics, loss = NOMINAL_LOSS } = args;
    if (loss !== NOMINAL_LOSS) {
      throw wrongOption(`${where}.loss`, "no loss, for it is the architecture's own", loss);
    }
    if (typeof optimizer !== 'string' && !(optimizer instanceof tf.Optimizer)) {
      throw wrongOption(`${where}.optimizer`, 'a tf.Optimizer or the name of one', optimizer);
    }
    const before = this.isOptimizerOwned ? this.optimizer_ : undefined;
    try {
      super.compile({ optimizer, loss, ...(metrics === undefined ? {} : { metrics }) });
    } catch (error) {
      throw wrongOption(where, 'an optimizer and metrics that tfjs knows', String(error));
    }
    if (before !== this.optimizer_) before?.dispose();
    const made = optimizer !== args.optimizer || typeof optimizer === 'string';
    this.isOptimizerOwned = made || optimizer === before;
    const more = this.metricsNames.slice(1);
    this.metricsNames = ['loss', ...this.sae.termNames, ...more, GRAD_NORM];
    this.trainStep?.dispose();
    this.trainStep = new TensorStep(this);
  }

  override fit(x: tf.Tensor, args?: SAEFitArgs): Promise<History>;
  override fit(x: BaseData, y: BaseData, args?: SAEFitArgs | ModelFitArgs): Promise<History>;
  override async fit(
    x: BaseData,
    yOrArgs?: BaseData | SAEFitArgs,
    lastArgs?: SAEFitArgs,
  ): Promise<History> {
    const [y, args] = targetAndArgs(x, yOrArgs, lastArgs);
    const where = `${this.getClassName()}.fit`;
    const checked = checkOptions<SAEFitArgs>(where, FIT_RULES, args);
    const { callbacks, validationData, yieldEvery } = checked;
    this.assertTrainable();
    const rows = (only(x) as Partial<tf.Tensor> | undefined)?.shape?.[0] ?? 0;
    if (rows > 0 && Math.floor(rows * (1 - (checked.validationSplit ?? 0))) === 0) {
      const split = `${rows} rows, all of them for validation by validationSplit`;
      throw emptyData(where, split);
    }
    return this.untilFault(() =>
      super.fit(x, y, {
        ...checked,
        validationData: validationData && inputAndTarget(validationData),
        callbacks: withTrainingOnlyLogs([GRAD_NORM], callbacks, yieldEvery),
      } as ModelFitArgs),
    );
  }

  override async fitDataset(dataset: RowDataset, args: SAEFitDatasetArgs = {}): Promise<History> {
    const where = `${this.getClassName()}.fitDataset`;
    const checked = checkOptions<SAEFitDatasetArgs>(where, FIT_DATASET_RULES, args);
    const { callbacks, validationData, validationBatchSize, yieldEvery, ...rest } = checked;
    this.assertTrainable();
    const batches = this.batches(where, dataset);
    const held = isDataset(validationData)
      ? validationData
      : validationData &&
        tensorDataset(inputAndTarget(validationData as ValidationTensors), validationBatchSize);
    return this.untilFault(() =>
      super.fitDataset(batches, {
        ...rest,
        ...(held && { validationData: this.batches(where, held) }),
        callbacks: withTrainingOnlyLogs([GRAD_NORM], callbacks, yieldEvery),
      }),
    );
  }

  override async trainOnBatch(x: BaseData, y: BaseData = x): Promise<number | number[]> {
    this.assertTrainable(false);
    return this.untilFault(() => super.trainOnBatch(x, y));
  }

  override evaluate(x: tf.Tensor, args?: ModelEvaluateArgs): tf.Scalar[];
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
    const evaluate = async () =>
      (await super.evaluateDataset(this.batches(where, dataset), { batches })) as tf.Scalar[];
    // From within fitDataset: it wants a scalar for each log, and stops at the fault by itself.
    if (dataset instanceof BatchDataset) return evaluate();
    const outer = this.setFaultAside();
    try {
      return this.evaluated(await evaluate());
    } finally {
      outer.restore();
    }
  }

  protected override makeTrainFunction(): (data: tf.Tensor[]) => tf.Scalar[] {
    return (data) =>
      tf.tidy(() => {
        const [x, target] = data as [tf.Tensor2D, tf.Tensor2D];
        try {
          const { logs, reconstruction } = (this.trainStep as TrainStep).run(x, target);
          const gradNorm = logs.pop() as tf.Scalar;
          return [...logs, ...this.extraMetrics(target, reconstruction), gradNorm];
        } catch (error) {
          return this.stopWith(error as SAEError);
        }
      });
  }

  /** One batch of evaluation: what training logs, with NaN in place of the gradient's norm. */
  protected evaluateBatch(data: tf.Tensor[]): tf.Scalar[] {
    return tf.tidy(() => {
      const [x, target] = data as [tf.Tensor2D, tf.Tensor2D];
      const { loss, terms, reconstruction } = this.sae.forward(x, target, false);
      const value = loss.dataSync()[0] as number;
      if (!Number.isFinite(value)) {
        const finite = allFinite(x) && allFinite(target);
        return this.stopWith(finite ? lossNotFinite(this.where, value) : dataNotFinite(this.where));
      }
      const extra = this.extraMetrics(target, reconstruction);
      return [loss, ...Object.values(terms), ...extra, tf.scalar(Number.NaN)];
    });
  }

  private extraMetrics(target: tf.Tensor, reconstruction: tf.Tensor): tf.Scalar[] {
    return this.metricsTensors.map(([metric]) => tf.mean(metric(target, reconstruction)));
  }

  // ── checks ─────────────────────────────────────────────────────────────────────────────────

  protected override standardizeUserDataXY(
    x: BaseData,
    y: BaseData,
    ...rest: [boolean?, number?]
  ): [tf.Tensor[], tf.Tensor[]] {
    this.assertCompiled();
    const input = only(x);
    const rows = floatRows(this.where, input, this.inputDim);
    try {
      const targets = y === x ? rows : floatRows(this.where, only(y), this.inputDim);
      if (targets.shape[0] !== rows.shape[0]) {
        if (targets !== only(y)) targets.dispose();
        throw wrongShape(this.where, [rows.shape[0], this.inputDim], targets.shape);
      }
      return super.standardizeUserDataXY(rows, targets, ...rest);
    } catch (error) {
      if (rows !== input) rows.dispose();
      throw error;
    }
  }

  override dispose(): ReturnType<LayersModel['dispose']> {
    this.trainStep?.dispose();
    return super.dispose();
  }

  /** How errors name this model. */
  get where(): string {
    return `${this.getClassName()} "${this.name}"`;
  }

  private assertCompiled(): void {
    if (this.trainStep === undefined) throw notCompiled(this.where);
  }

  private assertTrainable(alone = true): void {
    this.assertCompiled();
    if (this.trainableWeights.length === 0) throw nothingToTrain(this.where);
    if (alone && this.isTraining) throw alreadyTraining(this.where);
  }

  private batches(where: string, data: unknown): BaseDataset {
    // Validation data passes through here twice: from fitDataset, and from what that calls.
    if (data instanceof BatchDataset) return data as unknown as BaseDataset;
    const isIterator = typeof (data as { next?: unknown } | null)?.next === 'function';
    const dataset = isIterator ? { iterator: () => data } : data;
    if (!isDataset(dataset)) throw wrongData(where, data);
    const batches = new BatchDataset(this.where, dataset, this.inputDim, this.inputDim);
    return batches as unknown as BaseDataset;
  }

  /** Ends training after this batch; the batch's logs are NaN. */
  private stopWith(fault: SAEError): tf.Scalar[] {
    this.fault ??= fault;
    this.stopTraining_ = true;
    return this.metricsNames.map(() => tf.scalar(Number.NaN));
  }

  private async untilFault<T>(run: () => Promise<T>): Promise<T> {
    this.fault = undefined;
    const result = await run();
    if (this.fault) throw this.fault;
    return result;
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

  /** What an evaluation came to, without the log that only training has. */
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
(TrainableModel.prototype as unknown as Evaluator).makeTestFunction = function (this: Evaluator) {
  this.testFunction = (data) => this.evaluateBatch(data);
};
