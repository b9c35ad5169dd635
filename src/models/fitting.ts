import * as tf from '@tensorflow/tfjs-core';
import type { History, ModelFitDatasetArgs } from '@tensorflow/tfjs-layers';
import { type Batch, isDataset, isInTidy, type RowDataset, type Widths } from '../activations/rows';
import type { EpochTally } from '../engine/epochTally';
import type { Trainee, TrainStep } from '../engine/trainStep';
import type { Turns } from '../engine/turns';
import { alreadyTraining, emptyData } from '../errors';
import {
  type BaseData,
  type BaseDataset,
  type SAEFitArgs,
  type SAEFitDatasetArgs,
  STREAM_RULES,
} from './args';
import { swapInAverages } from './averages';
import { AwaitedSteps } from './awaitedSteps';
import { type FaultListener, instancesOf, surrounded } from './callbacks';
import { Course } from './course';
import {
  batchesOf,
  inputAndTarget,
  only,
  splitForValidation,
  tensorDataset,
  type ValidationTensors,
} from './data';
import { EpochMeasuring } from './epochMeasuring';
import type { EvaluatedModel, Evaluating } from './evaluating';
import { type Faults, nanLogs } from './faults';
import { isScaleKnown, learnScale, learnScaleFrom } from './normalizing';
import { Passes } from './passes';
import { resample } from './resampling';
import type { L0Steering } from './steering';
import type { StepOptions } from './stepOptions';
import { checkPlace, type DataOrder, drawnSeed, UNKNOWN_ORDER } from './trainingPlace';

type BaseFitDatasetArgs = ModelFitDatasetArgs<unknown>;
type Loop = (dataset: BaseDataset, args: BaseFitDatasetArgs) => Promise<History>;

/**
 * Returns the names of a step's logs: those of an evaluation, and the norm of all gradients before
 * clipping.
 */
export const stepNames = (evaluated: readonly string[]): string[] => [...evaluated, 'grad_norm'];

/** A model that is trained. */
export interface TrainedModel extends EvaluatedModel, Trainee, Widths {
  readonly sae: EvaluatedModel['sae'];
  readonly where: string;
  readonly stepSeed: number;
  readonly trainStep: TrainStep | undefined;
  readonly history: History;
  readonly stepOptions: StepOptions;
  readonly steering: L0Steering | undefined;
  /** Returns input and target as batches of rows, checked. */
  standardizeUserDataXY(x: BaseData, y: BaseData): [tf.Tensor[], tf.Tensor[]];
}

/** Runs a model's training: `fit` and similar methods, one call at a time, in tfjs's own loop. */
export class Fitting {
  private readonly steps = new AwaitedSteps((batch) => this.takeCountedStep(batch));
  /** Whether a call of `fit` or `fitDataset` has not ended; tfjs sets `isTraining` later. */
  private isInFit = false;
  /** The training that is running; undefined if none is. */
  course: Course | undefined;
  /** The measuring of its epochs. */
  measuring: EpochMeasuring | undefined;

  /**
   * @param turns keeps steps, and reads of weights and moments together, from overlapping
   * @param loop tfjs's own `fitDataset`
   */
  constructor(
    private readonly model: TrainedModel,
    private readonly turns: Turns,
    private readonly evaluating: Evaluating,
    private readonly faults: Faults,
    private readonly loop: Loop,
  ) {}

  /** Trains on tensors. */
  fit(
    where: string,
    x: BaseData,
    y: BaseData,
    args: SAEFitArgs,
    share: (batches: RowDataset) => RowDataset,
  ): Promise<History> {
    const { batchSize, shuffle = true, validationSplit = 0, seed, ...rest } = args;
    const train = async (data: [tf.Tensor, tf.Tensor]) => {
      const rows = data[0].shape[0] as number;
      const examples = (only(x) as tf.Tensor).shape[0] as number; // each of one or several rows
      const trained = Math.floor(examples * (1 - validationSplit)) * (rows / examples);
      if (trained === 0) {
        throw emptyData(where, `${rows} rows, all of them for validation by validationSplit`);
      }
      const { training, held, dispose } = splitForValidation(data, trained);
      const order = {
        ...UNKNOWN_ORDER,
        rows: trained,
        batchSize: batchSize as number,
        shuffle,
        seed: shuffle ? (seed ?? rest.resumeAt?.order.seed ?? drawnSeed()) : null,
      };
      const batches = tensorDataset(training, order.batchSize, order.seed ?? undefined);
      const dataset = share(batches);
      try {
        await this.learnScaleFrom(where, training[0]);
        const more = {
          validationData: rest.validationData ?? held,
          validationBatchSize: batchSize,
        };
        const all = { ...rest, ...more } as SAEFitDatasetArgs;
        return await this.trainOn(where, dataset, order, all);
      } finally {
        dispose();
      }
    };
    return this.alone(() => this.withTensors(x, y, train));
  }

  /** Learns the scale from all rows, before the first step. */
  private async learnScaleFrom(where: string, rows: tf.Tensor): Promise<void> {
    const { sae } = this.model;
    if (!(await isScaleKnown(sae)))
      await learnScaleFrom(where, sae, rows, STREAM_RULES.batchSize.fallback as number);
  }

  /** Trains on a dataset. */
  fitDataset(where: string, dataset: RowDataset, args: SAEFitDatasetArgs): Promise<History> {
    const { batchesPerEpoch = null } = args;
    const batches = batchesPerEpoch === null ? (dataset?.size ?? null) : null;
    const order = { ...UNKNOWN_ORDER, batches, batchesPerEpoch };
    return this.alone(() => this.trainOn(where, dataset, order, args));
  }

  /** Takes one step and returns its logs as numbers. */
  trainOnBatch(x: BaseData, y: BaseData): Promise<number[]> {
    return this.faults.until(() =>
      this.withTensors(x, y, async ([xs, ys]) => {
        const logs = await this.takeStep({ xs: xs as tf.Tensor2D, ys: ys as tf.Tensor2D });
        const numbers = await Promise.all(logs.map(async (log) => (await log.data())[0] as number));
        tf.dispose(logs);
        return numbers;
      }),
    );
  }

  /**
   * Returns the function that tfjs's loop calls for a batch: it returns the logs of the step that
   * was already taken.
   */
  trainFunction(): () => tf.Scalar[] {
    return () => this.steps.taken();
  }

  /** Trains, and rejects other calls meanwhile, from the first line on. */
  private async alone<T>(train: () => Promise<T>): Promise<T> {
    if (this.isInFit) throw alreadyTraining(this.model.where);
    this.isInFit = true;
    try {
      return await train();
    } finally {
      this.isInFit = false;
    }
  }

  private async trainOn(
    where: string,
    dataset: RowDataset,
    data: DataOrder,
    args: SAEFitDatasetArgs,
  ): Promise<History> {
    const { callbacks, yieldEvery, validationData, validationBatchSize, ...others } = args;
    if (validationData && !isDataset(validationData)) {
      const [x, y] = inputAndTarget(validationData as ValidationTensors);
      return this.withTensors(x, y, (rows) => {
        const held = tensorDataset(rows, validationBatchSize as number);
        return this.trainOn(where, dataset, data, { ...args, validationData: held });
      });
    }
    const { batchesPerEpoch, initialEpoch = 0, resumeAt, ...rest } = others;
    const { model, faults } = this;
    const order = { ...data, initialEpoch };
    const steps = () => model.optimizer.iterations;
    if (resumeAt) checkPlace(where, resumeAt, order, model);
    const measuring = new EpochMeasuring(
      model.sae.encodingDim,
      () => ({ ...model.steering?.logs, ...model.stepOptions.logs }),
      resumeAt?.measures ?? undefined,
    );
    const course = new Course(order, steps, () => measuring.training.state, resumeAt);
    const batches = this.steps.remember(
      new Passes(batchesOf(model, where, dataset), course, batchesPerEpoch),
    );
    const given = instancesOf(callbacks, yieldEvery);
    const surroundings = {
      course,
      sync: () => {
        if (faults.current) course.fail();
        model.sync();
      },
      stopWith: (error: unknown) => faults.stopWith(error),
      last: this.steps,
    };
    this.course = course;
    this.measuring = measuring;
    try {
      const history = await faults.until(() =>
        this.loop(
          batches as unknown as BaseDataset,
          {
            ...rest,
            initialEpoch: course.epoch,
            ...(validationData && { validationData: batchesOf(model, where, validationData) }),
            callbacks: [measuring, ...surrounded(given, surroundings)],
          } as BaseFitDatasetArgs,
        ),
      );
      // After the last checkpoint, from which training continues with the weights themselves.
      swapInAverages(model)?.dispose();
      return history;
    } catch (error) {
      // If an error ends its loop, tfjs leaves the logs of earlier epochs as tensors.
      tf.dispose(model.history?.history);
      for (const callback of given) await (callback as Partial<FaultListener>).onTrainFault?.();
      throw error;
    } finally {
      course.dispose();
      this.course = undefined;
      this.measuring = undefined;
    }
  }

  /** Takes one step of `fit` or `fitDataset`. */
  private async takeCountedStep(batch: Batch): Promise<tf.Scalar[]> {
    const { faults, model } = this;
    const before = model.optimizer.iterations;
    // No step if a callback has thrown at the beginning of this batch.
    const logs = faults.current
      ? this.stopWith(faults.current)
      : await this.takeStep(batch, this.measuring?.training);
    if (faults.current) this.course?.fail();
    this.course?.stepTaken(model.optimizer.iterations - before);
    return logs;
  }

  private stopWith(fault: unknown): tf.Scalar[] {
    this.faults.stopWith(fault);
    return nanLogs(stepNames(this.model.metricsNames));
  }

  /** Takes one step of training and returns its logs, NaN if it has ended training. */
  private takeStep(batch: Batch, tally?: EpochTally): Promise<tf.Scalar[]> {
    return this.turns.take(() => this.takeStepNow(batch, tally));
  }

  private async takeStepNow(
    { xs: x, ys: target }: Batch,
    tally: EpochTally | undefined,
  ): Promise<tf.Scalar[]> {
    const { steering, stepOptions, optimizer, trainStep } = this.model;
    const before = optimizer.iterations;
    try {
      await learnScale(this.model.sae, x);
      const reconstruct = this.model.metricsTensors.length > 0;
      const counting = steering?.counting(tally) ?? tally;
      const batch = { x, target, reconstruct, ...(counting && { tally: counting }) };
      const step = () => (trainStep as TrainStep).run(batch);
      const penaltyOf = () => this.evaluating.penaltyOf(x, target);
      const factor = await stepOptions.factorAfter(before, penaltyOf);
      const { logs, reconstruction } = await stepOptions.during(before, step);
      stepOptions.rescale(factor);
      await steering?.afterStep(logs);
      await resample(this.model, { xs: x, ys: target });
      try {
        const extra = reconstruction ? this.evaluating.extraMetrics(target, reconstruction) : [];
        logs.splice(-1, 0, ...extra); // the norm stays last
        return logs;
      } catch (error) {
        tf.dispose(logs);
        throw error;
      } finally {
        reconstruction?.dispose();
      }
    } catch (error) {
      if (this.model.optimizer.iterations < before) {
        steering?.takeBack();
        stepOptions.takeBack();
      }
      return this.stopWith(error);
    }
  }

  /**
   * Returns input and target, checked; tensors that had to be converted are disposed after `use`.
   */
  private async withTensors<T>(
    x: BaseData,
    y: BaseData,
    use: (data: [tf.Tensor, tf.Tensor]) => Promise<T>,
  ): Promise<T> {
    if (isInTidy()) await null;
    const checked = this.model.standardizeUserDataXY(x, y);
    const [[xs], [ys]] = checked as [[tf.Tensor], [tf.Tensor]];
    try {
      return await use([xs, ys]);
    } finally {
      tf.dispose([xs, ys].filter((tensor) => tensor !== only(x) && tensor !== only(y)));
    }
  }
}
