import * as tf from '@tensorflow/tfjs-core';
import {
  type History,
  LayersModel,
  type ModelEvaluateArgs,
  type ModelFitArgs,
} from '@tensorflow/tfjs-layers';
import { BatchDataset, floatRows, isDataset, type RowDataset } from '../activations/rows';
import {
  dataNotFinite,
  lossNotFinite,
  notCompiled,
  type SAEError,
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
  EVALUATE_RULES,
  type EvaluateDatasetArgs,
  FIT_DATASET_OPTIONS,
  FIT_DATASET_RULES,
  FIT_OPTIONS,
  FIT_RULES,
  type SAECompileArgs,
  type SAEFitArgs,
  type SAEFitDatasetArgs,
  type ValidationTensors,
} from './args';
import { withTrainingOnlyLogs } from './callbacks';

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
    checkOptions(where, {}, args, ['optimizer', 'metrics', 'loss']);
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
    this.isOptimizerOwned = optimizer !== args.optimizer || typeof optimizer === 'string';
    const more = this.metricsNames.slice(1);
    this.metricsNames = ['loss', ...this.sae.termNames, ...more, GRAD_NORM];
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
    const checked = checkOptions(where, FIT_RULES, args, FIT_OPTIONS);
    const { validationData, callbacks, ...rest } = args;
    const validation =
      validationData === undefined ? {} : { validationData: inputAndTarget(validationData) };
    return this.untilFault(() =>
      super.fit(x, y, {
        ...rest,
        ...checked,
        ...validation,
        callbacks: withTrainingOnlyLogs([GRAD_NORM], callbacks, args.yieldEvery),
      }),
    );
  }

  override async fitDataset(dataset: RowDataset, args: SAEFitDatasetArgs = {}): Promise<History> {
    const where = `${this.getClassName()}.fitDataset`;
    this.assertCompiled();
    const checked = checkOptions(where, FIT_DATASET_RULES, args, FIT_DATASET_OPTIONS);
    const { validationData, callbacks, ...rest } = args;
    const validation =
      validationData === undefined
        ? {}
        : {
            validationData: isDataset(validationData)
              ? this.batches(validationData)
              : inputAndTarget(validationData as ValidationTensors),
          };
    return this.untilFault(() =>
      super.fitDataset(this.batches(dataset), {
        ...rest,
        ...checked,
        ...validation,
        callbacks: withTrainingOnlyLogs([GRAD_NORM], callbacks, args.yieldEvery),
      }),
    );
  }

  override trainOnBatch(x: BaseData, y: BaseData = x): Promise<number | number[]> {
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
    const checked = checkOptions(where, EVALUATE_RULES, args, ['verbose']);
    this.forgetFault();
    return this.withoutGradNorm(super.evaluate(x, y, { ...args, ...checked }) as tf.Scalar[]);
  }

  override async evaluateDataset(
    dataset: RowDataset,
    args?: EvaluateDatasetArgs,
  ): Promise<tf.Scalar[]> {
    this.assertCompiled();
    this.forgetFault();
    const scalars = await super.evaluateDataset(this.batches(dataset), args);
    return this.withoutGradNorm(scalars as tf.Scalar[]);
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
      const { loss, terms, reconstruction } = this.sae.forward(x, target);
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
    const rows = floatRows(this.where, only(x), this.inputDim);
    const targets = y === x ? rows : floatRows(this.where, only(y), this.inputDim);
    if (targets.shape[0] !== rows.shape[0]) {
      throw wrongShape(this.where, [rows.shape[0], this.inputDim], targets.shape);
    }
    return super.standardizeUserDataXY(rows, targets, ...rest);
  }

  protected get where(): string {
    return `${this.getClassName()} "${this.name}"`;
  }

  private assertCompiled(): void {
    if (this.optimizer_ == null) throw notCompiled(this.where);
  }

  private batches(dataset: RowDataset): BaseDataset {
    // Validation data passes through here twice: from fitDataset, and from what that calls.
    const batches =
      dataset instanceof BatchDataset
        ? dataset
        : new BatchDataset(this.where, dataset, this.inputDim, this.inputDim);
    return batches as unknown as BaseDataset;
  }

  /** Ends training after this batch; the batch's logs are NaN. */
  private stopWith(fault: SAEError): tf.Scalar[] {
    this.fault ??= fault;
    this.stopTraining_ = true;
    return this.metricsNames.map(() => tf.scalar(Number.NaN));
  }

  private forgetFault(): void {
    if (!this.isTraining) this.fault = undefined;
  }

  private async untilFault<T>(run: () => Promise<T>): Promise<T> {
    this.forgetFault();
    const result = await run();
    if (this.fault) throw this.fault;
    return result;
  }

  private withoutGradNorm(scalars: tf.Scalar[]): tf.Scalar[] {
    if (this.fault && !this.isTraining) {
      tf.dispose(scalars);
      throw this.fault;
    }
    scalars.pop()?.dispose();
    return scalars;
  }
}

// tfjs declares it private, and calls it wherever it evaluates.
const hooks = TrainableModel.prototype as unknown as { makeTestFunction(): void };
hooks.makeTestFunction = function (this: { testFunction: unknown; evaluateBatch: unknown }) {
  this.testFunction = (data: tf.Tensor[]) => (this as unknown as Evaluator).evaluateBatch(data);
};
interface Evaluator {
  evaluateBatch(data: tf.Tensor[]): tf.Scalar[];
}

/** The tensor, where it stands alone in an array as tfjs's models with several inputs have it. */
export function only(x: unknown): unknown {
  return Array.isArray(x) && x.length === 1 ? x[0] : x;
}

/** `(x, args)` or `(x, y, args)`: the target, which is x itself where none is given, and args. */
function targetAndArgs<Data, Args extends object>(
  x: Data,
  yOrArgs: Data | Args | undefined,
  lastArgs: Args | undefined,
): [Data, Args] {
  if (yOrArgs instanceof tf.Tensor || Array.isArray(yOrArgs)) {
    return [yOrArgs as Data, lastArgs ?? ({} as Args)];
  }
  return [x, (yOrArgs ?? lastArgs ?? {}) as Args];
}

function inputAndTarget(data: ValidationTensors): [tf.Tensor, tf.Tensor] {
  const [x, y = x] = Array.isArray(data) ? data : [data];
  return [x, y];
}
