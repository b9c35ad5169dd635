import * as tf from '@tensorflow/tfjs-core';
import {
  type History,
  LayersModel,
  type ModelFitArgs,
  type ModelFitDatasetArgs,
} from '@tensorflow/tfjs-layers';
import { type Batch, isDataset, type RowDataset } from '../activations/rows';
import { brand } from '../brand';
import type { StepName } from '../engine/choice';
import { ChosenStep } from '../engine/chosenStep';
import type { EpochTally } from '../engine/epochTally';
import type { StepTaken, TrainStep } from '../engine/trainStep';
import { Turns } from '../engine/turns';
import { alreadyTraining, emptyData, notCompiled, nothingToTrain, wrongOption } from '../errors';
import type { SparseAutoencoderLayer } from '../layers/sparseAutoencoder';
import { KerasAdam } from '../optimizers/kerasAdam';
import { checkOptions } from '../options';
import {
  type BaseData,
  type BaseDataset,
  COMPILE_RULES,
  FIT_DATASET_RULES,
  FIT_RULES,
  type SAECompileArgs,
  type SAEFitArgs,
  type SAEFitDatasetArgs,
  SAVE_RULES,
} from './args';
import { AwaitedSteps } from './awaitedSteps';
import { type FaultListener, instancesOf, surrounded } from './callbacks';
import { Course } from './course';
import {
  inputAndTarget,
  only,
  splitForValidation,
  targetAndArgs,
  tensorDataset,
  trainingDataset,
  type ValidationTensors,
} from './data';
import { EpochMeasuring } from './epochMeasuring';
import { EvaluableModel } from './evaluableModel';
import { Passes } from './passes';
import { checkPlace, type DataOrder, drawnSeed, UNKNOWN_ORDER } from './trainingPlace';

type BaseFitDatasetArgs = ModelFitDatasetArgs<unknown>;

/** The log that training has and evaluation has not: the last one. */
const GRAD_NORM = 'grad_norm';
const ADVICE_ON_PLACE =
  "Of addresses give indexeddb://…, downloads://… and the like; file://… where 'gated-sae-tfjs/node' is imported.";
/** The base class insists on a loss that it can name in files; it is never computed. */
const NOMINAL_LOSS = 'meanSquaredError';

/** The same with training: tfjs's hooks take the architecture's own step. */
export abstract class TrainableModel<
  Layer extends SparseAutoencoderLayer = SparseAutoencoderLayer,
> extends EvaluableModel<Layer> {
  /** Largest norm of all gradients together; null for no limit. */
  abstract readonly clipNorm: number | null;
  private trainStep: TrainStep | undefined;
  /** Of steps, and of what reads weights and moments together: neither begins within the other. */
  private readonly turns = new Turns();
  private readonly steps = new AwaitedSteps((batch) => this.takeCountedStep(batch));
  /** Whether a call of `fit` or `fitDataset` has not ended; tfjs's `isTraining` is set later. */
  private isInFit = false;
  /**
   * The training that is going on; undefined between two.
   *
   * @internal
   */
  course: Course | undefined;

  static {
    brand(TrainableModel, 'TrainableModel');
  }

  /**
   * Says how to train: by which optimizer, and what computes a step.
   *
   * @param args all of it has a default: `new KerasAdam()`, and the step that is faster here
   * @throws SAE_OPTION for an unknown option or a wrong value, and for a loss, which is the
   * architecture's own.
   * @example
   * ```ts
   * import { GatedSAE, KerasAdam } from 'gated-sae-tfjs';
   * const sae = new GatedSAE({ inputDim: 8, encodingDim: 32 });
   * sae.compile({ optimizer: new KerasAdam({ learningRate: 1e-3, beta1: 0 }), step: 'auto' });
   * console.log(sae.metricsNames); // loss, L_reconstruct, L_sparsity, L_aux, grad_norm
   * ```
   */
  override compile(args: SAECompileArgs = {}): void {
    const where = `${this.getClassName()}.compile`;
    this.assertNotDisposed();
    const { step, threads } = checkOptions<{ step: StepName; threads: number | undefined }>(
      where,
      COMPILE_RULES,
      args,
    );
    const { optimizer = new KerasAdam(), metrics, loss = NOMINAL_LOSS } = args;
    if (loss !== NOMINAL_LOSS) {
      const advice = 'Leave loss out; for one more number in the logs, give metrics.';
      throw wrongOption(`${where}.loss`, "no loss, for it is the architecture's own", loss, advice);
    }
    // tf.Optimizer's own instanceof fails of null.
    if (!optimizer || !(typeof optimizer === 'string' || optimizer instanceof tf.Optimizer)) {
      const advice = 'Give new KerasAdam({learningRate: 1e-3}), or tf.train.adam().';
      throw wrongOption(
        `${where}.optimizer`,
        'a tf.Optimizer or the name of one',
        optimizer,
        advice,
      );
    }
    // Before the optimizer goes, to which it gives back what it keeps.
    this.trainStep?.dispose();
    const before = this.isOptimizerOwned ? this.optimizer_ : undefined;
    try {
      super.compile({ optimizer, loss, ...(metrics === undefined ? {} : { metrics }) });
    } catch (error) {
      const advice =
        'Give an optimizer and metrics as objects or functions, or by names as "adam".';
      throw wrongOption(where, 'an optimizer and metrics that tfjs knows', String(error), advice);
    }
    if (before !== this.optimizer_) before?.dispose();
    const made = optimizer !== args.optimizer || typeof optimizer === 'string';
    this.isOptimizerOwned = made || optimizer === before;
    const more = this.metricsNames.slice(1);
    this.metricsNames = ['loss', ...this.sae.termNames, ...more, GRAD_NORM];
    this.computeBy(step, threads);
  }

  /**
   * Has something else compute the steps from now on.
   *
   * @internal
   */
  computeBy(step: StepName, threads: number | undefined): void {
    this.trainStep?.dispose();
    this.trainStep = new ChosenStep(this, step, this.useKernels(threads));
  }

  /** What has taken the last training step, and with how many threads; undefined before the first. */
  get stepTaken(): StepTaken | undefined {
    return this.trainStep?.taken;
  }

  /**
   * Trains on rows, which are their own target. Of `x` with more than two axes each place before the
   * last axis is a row: rows are shuffled one by one, `batchSize` counts rows, and `validationSplit`
   * keeps the last examples of the first axis whole.
   *
   * @param x `[..., inputDim]`; they stay the caller's
   * @param args tfjs's own: `epochs` (1 by default), `batchSize` (32 by default), `validationSplit`,
   * `validationData`, `callbacks` and the like; `seed` for the order of the rows, and `resumeAt` to
   * go on at a checkpoint
   * @returns the logs of each epoch: `loss`, the loss's parts and `grad_norm`, the norm of all
   * gradients before clipping; `l0`, `explained_variance` and `dead`, the features that fired on no
   * row, which batches have no logs of; with `val_` before them those of the validation data. With
   * `resumeAt`
   * the first epoch is the one that was cut off, with its logs over all of its batches.
   * @throws SAE_STATE before `compile`, while another training goes on, or where all is frozen;
   * SAE_SHAPE or SAE_DATA for rows of another form; SAE_OPTION for an unknown option or
   * a wrong value; SAE_NOT_FINITE where a step gave NaN: the weights are then the last good ones.
   * @example
   * ```ts
   * import * as tf from '@tensorflow/tfjs';
   * import { GatedSAE } from 'gated-sae-tfjs';
   * const sae = new GatedSAE({ inputDim: 8, encodingDim: 32 });
   * sae.compile();
   * const { history } = await sae.fit(tf.randomUniform([64, 8]), { epochs: 2, verbose: 0 });
   * console.log(history.loss.length); // 2
   * ```
   */
  override fit(x: tf.Tensor, args?: SAEFitArgs): Promise<History>;
  /**
   * Trains on rows with a target of their own, of the same width.
   *
   * @param x `[..., inputDim]`; they stay the caller's
   * @param y what the reconstructions are to be, `[..., inputDim]`
   * @param args tfjs's own, as without a target
   * @returns the logs of each epoch, as without a target
   * @throws what it throws without a target, SAE_OPTION and the like; SAE_SHAPE too where the target has
   * another shape.
   */
  override fit(x: BaseData, y: BaseData, args?: SAEFitArgs | ModelFitArgs): Promise<History>;
  override async fit(
    x: BaseData,
    yOrArgs?: BaseData | SAEFitArgs,
    lastArgs?: SAEFitArgs,
  ): Promise<History> {
    const [y, args] = targetAndArgs(x, yOrArgs, lastArgs);
    const where = `${this.getClassName()}.fit`;
    const checked = checkOptions<SAEFitArgs>(where, FIT_RULES, args);
    const { batchSize, shuffle = true, validationSplit = 0, seed, ...rest } = checked;
    const train = async (data: [tf.Tensor, tf.Tensor]) => {
      const rows = data[0].shape[0] as number;
      const examples = (only(x) as tf.Tensor).shape[0] as number; // of several rows, or one each
      const trained = Math.floor(examples * (1 - validationSplit)) * (rows / examples);
      if (trained === 0) {
        throw emptyData(where, `${rows} rows, all of them for validation by validationSplit`);
      }
      const { training, held, dispose } = splitForValidation(data, trained);
      const order = {
        ...UNKNOWN_ORDER,
        rows: trained,
        batchSize,
        shuffle,
        seed: shuffle ? (seed ?? rest.resumeAt?.order.seed ?? drawnSeed()) : null,
      };
      const dataset = trainingDataset(training, batchSize, order.seed ?? undefined);
      try {
        const more = {
          validationData: rest.validationData ?? held,
          validationBatchSize: batchSize,
        };
        return await this.trainOn(where, dataset, order, { ...rest, ...more } as SAEFitDatasetArgs);
      } finally {
        dispose();
      }
    };
    return this.alone(() => this.withTensors(x, y, train));
  }

  /**
   * Trains on a `tf.data` dataset, or on whatever hands out batches: what does not fit in memory.
   *
   * @param dataset batches `[..., inputDim]`, bare or as `{xs}` or `{xs, ys}`; each is disposed
   * once it has been trained on
   * @param args tfjs's own: `epochs` (1 by default), `batchesPerEpoch`, `validationData`,
   * `callbacks` and the like
   * @returns the logs of each epoch, as {@link fit} gives them
   * @throws what {@link fit} throws: SAE_STATE, SAE_SHAPE, SAE_DATA, SAE_OPTION or SAE_NOT_FINITE.
   * @example
   * ```ts
   * import * as tf from '@tensorflow/tfjs';
   * import { GatedSAE } from 'gated-sae-tfjs';
   * const sae = new GatedSAE({ inputDim: 8, encodingDim: 32 });
   * sae.compile();
   * const batches = tf.data.generator(function* () {
   *   for (let batch = 0; batch < 4; batch++) yield tf.randomUniform([16, 8]);
   * });
   * await sae.fitDataset(batches, { epochs: 2, verbose: 0 });
   * ```
   */
  override async fitDataset(dataset: RowDataset, args: SAEFitDatasetArgs = {}): Promise<History> {
    const where = `${this.getClassName()}.fitDataset`;
    const checked = checkOptions<SAEFitDatasetArgs>(where, FIT_DATASET_RULES, args);
    const { batchesPerEpoch = null } = checked;
    const batches = batchesPerEpoch === null ? (dataset?.size ?? null) : null;
    const order = { ...UNKNOWN_ORDER, batches, batchesPerEpoch };
    return this.alone(() => this.trainOn(where, dataset, order, checked as SAEFitDatasetArgs));
  }

  /** Trains, and has no other call train meanwhile, from the first line on. */
  private async alone<T>(train: () => Promise<T>): Promise<T> {
    this.assertTrainable();
    if (this.isInFit) throw alreadyTraining(this.where);
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
        const held = tensorDataset(rows, validationBatchSize);
        return this.trainOn(where, dataset, data, { ...args, validationData: held });
      });
    }
    const { batchesPerEpoch, initialEpoch = 0, resumeAt, ...rest } = others;
    const order = { ...data, initialEpoch };
    const steps = () => this.optimizer.iterations;
    if (resumeAt) checkPlace(where, resumeAt, order, this);
    const measuring = new EpochMeasuring(this.sae.encodingDim, resumeAt?.measures ?? undefined);
    const course = new Course(order, steps, () => measuring.training.state, resumeAt);
    const batches = this.steps.remember(
      new Passes(this.batches(where, dataset), course, batchesPerEpoch),
    );
    const given = instancesOf(callbacks, yieldEvery);
    const surroundings = {
      course,
      trainingOnly: [GRAD_NORM],
      sync: () => {
        if (this.fault) course.fail();
        this.sync();
      },
      stopWith: (error: unknown) => {
        tf.dispose(this.stopWith(error));
      },
      last: this.steps.callback(),
    };
    this.course = course;
    this.measuring = measuring;
    try {
      return await this.untilFault(() =>
        super.fitDataset(
          batches as unknown as BaseDataset,
          {
            ...rest,
            initialEpoch: course.epoch,
            ...(validationData && { validationData: this.batches(where, validationData) }),
            callbacks: [measuring.callback(), ...surrounded(given, surroundings)],
          } as BaseFitDatasetArgs,
        ),
      );
    } catch (error) {
      // Where its loop is left by an error, tfjs leaves the logs of the epochs before it as tensors.
      tf.dispose(this.history?.history);
      for (const callback of given) await (callback as Partial<FaultListener>).onTrainFault?.();
      throw error;
    } finally {
      course.dispose();
      this.course = undefined;
      this.measuring = undefined;
    }
  }

  /**
   * Takes one step of training.
   *
   * @param x `[..., inputDim]`; they stay the caller's
   * @param y what the reconstructions are to be, `[..., inputDim]`: `x` itself by default
   * @returns the step's logs, in the order of `metricsNames`: `loss`, its parts, `grad_norm`
   * @throws what {@link fit} throws: SAE_STATE, SAE_SHAPE, SAE_DATA or SAE_NOT_FINITE.
   */
  override async trainOnBatch(x: BaseData, y: BaseData = x): Promise<number | number[]> {
    this.assertTrainable();
    return this.untilFault(() =>
      this.withTensors(x, y, async ([xs, ys]) => {
        const logs = await this.takeStep({ xs: xs as tf.Tensor2D, ys: ys as tf.Tensor2D });
        const numbers = await Promise.all(logs.map(async (log) => (await log.data())[0] as number));
        tf.dispose(logs);
        return numbers;
      }),
    );
  }

  /** @internal */
  protected override makeTrainFunction(): (data: tf.Tensor[]) => tf.Scalar[] {
    return () => this.steps.taken();
  }

  /** One step of `fit` or `fitDataset`. */
  private async takeCountedStep(batch: Batch): Promise<tf.Scalar[]> {
    const before = this.optimizer.iterations;
    // No step where a callback has thrown at the beginning of this batch.
    const logs = this.fault
      ? this.stopWith(this.fault)
      : await this.takeStep(batch, this.measuring?.training);
    if (this.fault) this.course?.fail();
    this.course?.stepTaken(this.optimizer.iterations - before);
    return logs;
  }

  /** One step of training: its logs, NaN where it has ended training. */
  private takeStep(batch: Batch, tally?: EpochTally): Promise<tf.Scalar[]> {
    return this.turns.take(() => this.takeStepNow(batch, tally));
  }

  private async takeStepNow(
    { xs: x, ys: target }: Batch,
    tally: EpochTally | undefined,
  ): Promise<tf.Scalar[]> {
    try {
      const reconstruct = this.metricsTensors.length > 0;
      const step = (this.trainStep as TrainStep).run({
        x,
        target,
        reconstruct,
        ...(tally && { tally }),
      });
      const { logs, reconstruction } = await step;
      try {
        const extra = reconstruction ? this.extraMetrics(target, reconstruction) : [];
        logs.splice(-1, 0, ...extra); // the norm comes last
        return logs;
      } catch (error) {
        tf.dispose(logs);
        throw error;
      } finally {
        reconstruction?.dispose();
      }
    } catch (error) {
      return this.stopWith(error);
    }
  }

  // ── saving ─────────────────────────────────────────────────────────────────────────────────

  /**
   * Saves as any tfjs model does; with the optimizer's state, where there is one, by default. What is
   * saved is the model after one step, also while training goes on and nothing waits for the save.
   *
   * @param handlerOrURL where to: `kerasArchive(…)`, `fileSystem(…)`, `'indexeddb://…'`,
   * `'downloads://…'` and all else that tfjs knows
   * @param config tfjs's own; `includeOptimizer` is true by default where there is an optimizer
   * @throws what the place to save to throws: SAE_FILE or SAE_UNSUPPORTED of this library's own;
   * SAE_OPTION for no such place, SAE_STATE after `dispose`.
   */
  override async save(
    handlerOrURL: tf.io.IOHandler | string,
    config: tf.io.SaveConfig = {},
  ): Promise<tf.io.SaveResult> {
    const where = `${this.getClassName()}.save`;
    this.assertNotDisposed();
    const options = checkOptions<tf.io.SaveConfig>(where, SAVE_RULES, config);
    const { includeOptimizer = this.optimizer_ != null } = options;
    const found = typeof handlerOrURL === 'string' && tf.io.getSaveHandlers(handlerOrURL);
    const [handler] = found || [handlerOrURL as tf.io.IOHandler];
    if (typeof handler?.save !== 'function' || handler instanceof LayersModel) {
      const expected = 'kerasArchive(path), fileSystem(path) or an address that tfjs saves to';
      throw wrongOption(where, expected, handlerOrURL, ADVICE_ON_PLACE);
    }
    const { weightData, ...rest } = await this.artifacts({ ...options, includeOptimizer });
    // Not every place takes several buffers.
    return handler.save({ ...rest, weightData: tf.io.concatenateArrayBuffers(weightData) });
  }

  /**
   * What tfjs hands to a place to save to: the model after one step. The optimizer's state is in a
   * buffer of its own, behind that of the weights: joining them takes as long as reading them.
   *
   * @internal
   */
  artifacts({
    includeOptimizer = false,
    ...config
  }: tf.io.SaveConfig): Promise<tf.io.ModelArtifacts & { weightData: ArrayBuffer[] }> {
    return this.turns.take(async () => {
      this.assertNotDisposed();
      let read: tf.io.ModelArtifacts = {};
      const handler = tf.io.withSaveHandler(async (artifacts) => {
        read = artifacts;
        return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
      });
      // The weights as they are at the call.
      const saved = super.save(handler, config);
      const training = includeOptimizer && this.optimizer_ != null && this.readTraining();
      const [state] = await Promise.all([training, saved]).catch((error: unknown) => {
        // Weights that went under it fail as tfjs has it, each backend in words of its own.
        this.assertNotDisposed(error);
        throw error;
      });
      const weightData = [read.weightData ?? []].flat();
      if (!state) return { ...read, weightData };
      return {
        ...{ ...read, trainingConfig: state.trainingConfig },
        weightSpecs: [...(read.weightSpecs ?? []), ...state.specs],
        weightData: [...weightData, state.data],
      };
    });
  }

  /** How the model is trained, and the optimizer's state. */
  private async readTraining() {
    const state = await this.optimizer.getWeights();
    this.assertNotDisposed(); // with the model an optimizer's state would be gone
    const trainingConfig = this.getTrainingConfig();
    return { trainingConfig, ...(await tf.io.encodeWeights(state, 'optimizer')) };
  }

  // ── checks ─────────────────────────────────────────────────────────────────────────────────

  /** Gives up the weights, an optimizer that `compile` has made, and the threads. */
  override dispose(): ReturnType<EvaluableModel<Layer>['dispose']> {
    this.trainStep?.dispose();
    this.kernels?.dispose();
    this.kernels = undefined;
    return super.dispose();
  }

  /** @internal */
  protected override assertCompiled(): void {
    this.assertNotDisposed();
    if (this.trainStep === undefined) throw notCompiled(this.where);
  }

  private assertTrainable(): void {
    this.assertCompiled();
    if (this.trainableWeights.length === 0) throw nothingToTrain(this.where);
  }

  private async untilFault<T>(run: () => Promise<T>): Promise<T> {
    this.fault = undefined;
    try {
      const result = await run();
      if (this.fault) throw this.fault;
      return result;
    } catch (error) {
      // Weights that went under it fail as tfjs has it, each use in words of its own.
      this.assertNotDisposed(error);
      throw this.told(error);
    }
  }
}
