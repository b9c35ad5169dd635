import * as tf from '@tensorflow/tfjs-core';
import {
  type History,
  input,
  LayersModel,
  type LayerVariable,
  type ModelEvaluateArgs,
  type ModelFitArgs,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers';
import {
  BatchDataset,
  inputAndTargetRows,
  isInTidy,
  type RowDataset,
  type Rows,
} from '../activations/rows';
import { brand } from '../brand';
import type { StepName } from '../engine/choice';
import { ChosenStep } from '../engine/chosenStep';
import { type CodedRows, Inference } from '../engine/inference';
import { KernelDictionary } from '../engine/kernelDictionary';
import type { StepTaken, TrainStep } from '../engine/trainStep';
import { Turns } from '../engine/turns';
import { disposedModel, notCompiled, nothingToTrain } from '../errors';
import type { SparseCodes } from '../kernels/sparseCodes';
import { freshName } from '../layers/freshName';
import { checkSizes } from '../layers/shapes';
import type { SAELayerArgs, SparseAutoencoderLayer } from '../layers/sparseAutoencoder';
import { type AnyRules, checkOptions } from '../options';
import {
  type BaseData,
  type DecoderBiasArgs,
  EVALUATE_DATASET_RULES,
  EVALUATE_RULES,
  type EvaluateDatasetArgs,
  FIT_DATASET_RULES,
  FIT_RULES,
  MODEL_RULES,
  type PassArgs,
  PREDICT_RULES,
  type SAECompileArgs,
  type SAEFitArgs,
  type SAEFitDatasetArgs,
  type SAEModelArgs,
  SAVE_RULES,
  type TrainingConfig,
} from './args';
import { checkCompileArgs, compileBase, compileFromFile } from './compiling';
import type { Course } from './course';
import { batchesOf, only, targetAndArgs } from './data';
import { initDecoderBias } from './decoderBias';
import { decodeSparse, encodeSparse, partsOfRows, reconstruct, withRows } from './encoding';
import { Evaluating, evaluateByOwnLosses } from './evaluating';
import { Faults } from './faults';
import { Fitting, stepNames } from './fitting';
import { foldedWeights, initNormalization } from './normalizing';
import { takeAbout } from './rowsAbout';
import { type Artifacts, artifactsOf, ownWeights, placeOf, withFoundMetrics } from './saving';
import { L0Steering, takeL0Options, withL0Rules } from './steering';
import { StepOptions } from './stepOptions';

/** Requests weights of zeros, when those of a file are about to replace them. */
const ZERO_WEIGHTS = Symbol('zero weights');

// A long file: it is everything that users see of a model, with its docstrings. The
// implementation is in the files beside it.

/**
 * The base of every sparse autoencoder as a model: a `tf.LayersModel` around one layer, which
 * trains with the architecture's own step.
 *
 * `compile`, `fit`, `fitDataset`, `evaluate`, `evaluateDataset`, `trainOnBatch`, `predict`, `save`
 * and `tf.loadLayersModel` work as in tfjs, but data needs no target: the rows are their own. With
 * `outputDim` or `skip` the model is a transcoder, whose rows need targets of width `outputDim`.
 *
 * @typeParam Layer the architecture's layer, which holds the weights
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { GatedSAE, SAEModel } from 'gated-sae-tfjs';
 * const model: tf.LayersModel = new GatedSAE({ inputDim: 8, encodingDim: 32 });
 * if (model instanceof SAEModel) console.log(model.encodingDim); // 32
 * model.dispose();
 * ```
 */
export abstract class SAEModel<
  Layer extends SparseAutoencoderLayer = SparseAutoencoderLayer,
> extends LayersModel {
  /** The layer that holds the weights and does the computation. */
  readonly sae: Layer;
  /** Width of the rows. */
  readonly inputDim: number;
  /**
   * Width of the reconstructions: the same as `inputDim`, unless the option `outputDim` says
   * otherwise.
   */
  readonly outputDim: number;
  /** Number of features in the dictionary. */
  readonly encodingDim: number;
  /** Largest norm of all gradients together in a step; null for no limit. */
  readonly clipNorm: number | null;
  private readonly seed: number | undefined;
  /** Whether its weights come from a file. */
  private isLoaded = false;
  /** The dictionary in WebAssembly, once something has used it. */
  private kernels: KernelDictionary | undefined;
  private readonly inference = new Inference(() => ({
    layer: this.sae,
    weights: this.kernels ?? this.useKernels(),
  }));
  private readonly faults = new Faults(this);
  private readonly evaluating = new Evaluating(this, this.inference, this.faults);
  /**
   * The options whose values change with the steps of a training.
   *
   * @internal
   */
  readonly stepOptions = new StepOptions(() => this.sae);
  /**
   * What adjusts λ, for an architecture that has a λ and no `targetL0` of its own.
   *
   * @internal
   */
  readonly steering: L0Steering | undefined;
  /** Keeps steps, and reads of weights and moments together, from overlapping. */
  private readonly turns = new Turns();
  private readonly fitting = new Fitting(
    this,
    this.turns,
    this.evaluating,
    this.faults,
    (dataset, args) => super.fitDataset(dataset, args),
  );
  /**
   * What takes a training step, once the model is compiled.
   *
   * @internal
   */
  trainStep: TrainStep | undefined;

  /**
   * Checks the options and makes the layer; the architecture's own class calls it.
   *
   * @param args the options of every model and the architecture's own
   * @param LayerClass the architecture's layer
   * @param rules the rules and defaults of the architecture's own options
   * @throws SAE_OPTION for an unknown option, a missing one, or a wrong value.
   */
  protected constructor(
    args: SAEModelArgs,
    LayerClass: new (args: SAELayerArgs) => Layer,
    rules: AnyRules,
  ) {
    const { className } = new.target as unknown as { className: string };
    const allRules = { ...MODEL_RULES, ...withL0Rules(rules) };
    const checked = checkOptions<SAEModelArgs>(className, allRules, args);
    const { options: allOptions, l0 } = takeL0Options(className, rules, checked);
    const { inputDim, encodingDim, outputDim = inputDim, clipNorm, seed, ...own } = allOptions;
    const { name = freshName(className), ...options } = own;
    checkSizes(className, inputDim, outputDim, checked);
    const given = { ...options, encodingDim, outputDim: checked.outputDim, seed, name };
    const layer = new LayerClass(given);
    layer.setFastWeightInitDuringBuild(
      (args as { [ZERO_WEIGHTS]?: boolean })[ZERO_WEIGHTS] === true,
    );
    const x = input({ shape: [inputDim] });
    super({ inputs: x, outputs: layer.apply(x) as SymbolicTensor, name });
    this.sae = layer;
    this.steering = l0 && new L0Steering(layer, l0.target, l0.recent);
    this.supportsMasking = true;
    this.inputDim = inputDim;
    this.outputDim = outputDim;
    this.encodingDim = encodingDim;
    this.clipNorm = clipNorm;
    this.seed = seed;
  }

  static {
    brand(SAEModel, 'SAEModel');
    evaluateByOwnLosses(SAEModel.prototype);
  }

  // ── the dictionary ─────────────────────────────────────────────────────────────────────────

  /**
   * Returns the sparse codes of rows. Python: `model.encode(x)`.
   *
   * @typeParam T the rank of the rows
   * @param x `[..., inputDim]`: `[batch, inputDim]`, or activations `[batch, tokens, inputDim]`
   * @returns `[..., encodingDim]`, none below 0 and most of them 0; the caller disposes it.
   * @throws SAE_SHAPE, SAE_DATA or SAE_NOT_FINITE for invalid rows.
   * @example
   * ```ts
   * import * as tf from '@tensorflow/tfjs';
   * import { GatedSAE } from 'gated-sae-tfjs';
   * const sae = new GatedSAE({ inputDim: 8, encodingDim: 32 });
   * const codes = sae.encode(tf.randomUniform([3, 5, 8]));
   * console.log(codes.shape); // [3, 5, 32]
   * codes.dispose();
   * ```
   */
  encode<T extends tf.Tensor>(x: T): T {
    return withRows(this.alive('encode'), x, this.inputDim, (rows) => this.sae.encode(rows));
  }

  /**
   * Returns the sparse codes of rows and the encoder's intermediate values.
   *
   * @typeParam T the rank of the rows
   * @param x `[..., inputDim]`
   * @returns tensors `[..., encodingDim]` by name, including `codes`; the caller disposes them.
   * @throws SAE_SHAPE, SAE_DATA or SAE_NOT_FINITE for invalid rows.
   */
  encodeDetailed<T extends tf.Tensor>(
    x: T,
  ): { [Name in keyof ReturnType<Layer['encodeDetailed']>]: T } {
    const encode = (rows: tf.Tensor2D) => this.sae.encodeDetailed(rows);
    return partsOfRows(this.alive('encodeDetailed'), x, this.inputDim, encode) as {
      [Name in keyof ReturnType<Layer['encodeDetailed']>]: T;
    };
  }

  /**
   * Reconstructs rows from codes: `codes · W_dec + b_dec`. Python: `model.decode(codes)`. The skip
   * connection depends on the rows and is not included. Neither is scaling back if each row is
   * normalized by itself. {@link reconstruct} includes both.
   *
   * @typeParam T the rank of the codes
   * @param codes `[..., encodingDim]`
   * @returns `[..., outputDim]`; the caller disposes it.
   * @throws SAE_SHAPE, SAE_DATA or SAE_NOT_FINITE for invalid codes.
   */
  decode<T extends tf.Tensor>(codes: T): T {
    return withRows(this.alive('decode'), codes, this.encodingDim, (rows) => this.sae.decode(rows));
  }

  /**
   * Sets one of the architecture's own options (λ, `k`, `bandwidth` and the like) from the next
   * step on. A saved model keeps the new value.
   *
   * @param name the option's name
   * @param value the new value
   * @throws SAE_OPTION for an unknown option, one that cannot be changed, or a wrong value; the
   *   options then stay as they were.
   * @example
   * ```ts
   * import { TopKSAE } from 'gated-sae-tfjs';
   * const sae = new TopKSAE({ inputDim: 16, encodingDim: 64, k: 32 });
   * sae.setOption('k', 8);
   * console.log(sae.sae.options.k); // 8
   * ```
   */
  setOption(name: string, value: unknown): void {
    this.sae.setOption(name, value);
  }

  /**
   * Sets λ, the weight of the sparsity penalty, from the next step on.
   *
   * @param lambdaSparse a finite number ≥ 0
   * @throws SAE_OPTION if the architecture has no such penalty, or for a wrong value.
   */
  setLambda(lambdaSparse: number): void {
    this.sae.setLambda(lambdaSparse);
  }

  /**
   * Sets `b_dec` to the mean of the targets, the best value to start training from. Python:
   * `init_decoder_bias`.
   *
   * @param x the targets `[..., outputDim]` (for an autoencoder, the rows), or a dataset of them or
   *   of `{xs, ys}`, which is read once, one batch at a time
   * @param args how many rows of a tensor are summed at a time; whether the b_dec of a trained
   *   model may be replaced
   * @throws SAE_SHAPE, SAE_DATA or SAE_NOT_FINITE for invalid rows; b_dec then stays as it was.
   *   SAE_STATE for a trained model, without `force`; SAE_OPTION for an unknown option or a wrong
   *   value.
   * @example
   * ```ts
   * import * as tf from '@tensorflow/tfjs';
   * import { GatedSAE } from 'gated-sae-tfjs';
   * const sae = new GatedSAE({ inputDim: 2, encodingDim: 4 });
   * await sae.initDecoderBias(tf.tensor2d([[0, 1], [2, 3]]));
   * sae.sae.bDec.read().print(); // [1, 2]
   * ```
   */
  initDecoderBias(x: Rows, args: DecoderBiasArgs = {}): Promise<void> {
    const where = `${this.getClassName()}.initDecoderBias`;
    const before = { steps: this.optimizer_?.iterations ?? 0, isLoaded: this.isLoaded };
    return initDecoderBias(where, this.sae, before, x, args);
  }

  /**
   * Sets the scale of a model with `normalize: 'mean-norm'`, which brings the mean L2 norm of rows
   * to √inputDim. If it is not set, training learns it before its first step: from all rows of
   * `fit`, or from the first batch of a dataset.
   *
   * @param x rows to learn the scale from, `[..., inputDim]`, or a dataset of them, which is read
   *   once; or the scale itself, a number > 0
   * @param args how many rows of a tensor are measured at a time; whether the scale of a trained
   *   model may be replaced
   * @throws SAE_SHAPE, SAE_DATA or SAE_NOT_FINITE for invalid rows. SAE_STATE for a trained model,
   *   without `force`; SAE_OPTION without `'mean-norm'`, for an unknown option or a wrong value.
   * @example
   * ```ts
   * import * as tf from '@tensorflow/tfjs';
   * import { ReluSAE } from 'gated-sae-tfjs';
   * const sae = new ReluSAE({ inputDim: 4, encodingDim: 8, normalize: 'mean-norm' });
   * await sae.initNormalization(tf.tensor2d([[3, 0, 0, 4], [0, 3, 4, 0]]));
   * sae.weights.at(-1)?.read().print(); // 0.4: rows of norm 5 become rows of norm 2
   * ```
   */
  async initNormalization(x: Rows | number, args: DecoderBiasArgs = {}): Promise<void> {
    const where = this.alive('initNormalization');
    return initNormalization(where, this.sae, this.optimizer_?.iterations ?? 0, x, args);
  }

  /**
   * Returns the same dictionary without the scale of `normalize: 'mean-norm'`: a new model, not
   * compiled, with the same codes and reconstructions of unscaled rows. It is frozen: its decoder
   * rows have the norm 1 / scale, which a training step would set to 1.
   *
   * @returns the caller disposes it.
   * @throws SAE_OPTION for any other `normalize`, where each row has its own scale; SAE_STATE if
   *   the scale has not been learnt.
   * @example
   * ```ts
   * import * as tf from '@tensorflow/tfjs';
   * import { ReluSAE } from 'gated-sae-tfjs';
   * const sae = new ReluSAE({ inputDim: 8, encodingDim: 16, normalize: 'mean-norm' });
   * await sae.initNormalization(tf.randomUniform([64, 8]));
   * const folded = await sae.foldNormalization();
   * console.log(folded.weights.length, sae.weights.length); // 4, and 5 with the scale
   * ```
   */
  async foldNormalization(): Promise<this> {
    const weights = await foldedWeights(this.alive('foldNormalization'), this.sae);
    const { name: _, normalize: __, ...config } = this.getConfig();
    const Model = this.constructor as unknown as new (args: object) => SAEModel;
    const folded = new Model({ ...config, trainable: false }) as this;
    folded.setWeights(weights);
    tf.dispose(weights);
    return folded;
  }

  /**
   * Returns the codes above 0 of rows, without building dense codes on the CPU.
   *
   * @param x `[..., inputDim]`
   * @param args how many rows are encoded at a time
   * @returns the codes above 0 as compressed sparse rows: typed arrays, so there is nothing to
   *   dispose. Rows keep their order: for `x [documents, tokens, inputDim]`, row d · tokens + t is
   *   token t of document d.
   * @throws SAE_SHAPE, SAE_DATA or SAE_NOT_FINITE for invalid rows; SAE_OPTION for an unknown
   *   option or a wrong value.
   * @example
   * ```ts
   * import * as tf from '@tensorflow/tfjs';
   * import { GatedSAE } from 'gated-sae-tfjs';
   * const sae = new GatedSAE({ inputDim: 8, encodingDim: 32 });
   * const { indices, values, rowOffsets } = await sae.encodeSparse(tf.randomUniform([3, 8]));
   * // The features of row 1, ascending, and their codes:
   * console.log(indices.subarray(rowOffsets[1], rowOffsets[2]));
   * console.log(values.subarray(rowOffsets[1], rowOffsets[2]));
   * ```
   */
  encodeSparse(x: tf.Tensor, args: PassArgs = {}): Promise<SparseCodes> {
    return encodeSparse(this.inference, `${this.where}.encodeSparse`, x, this.inputDim, args);
  }

  /**
   * Reconstructs rows from sparse codes: `codes · W_dec + b_dec`, without a skip connection.
   *
   * @param codes sparse codes in the form that {@link encodeSparse} returns, from any source
   * @param args how many rows are decoded at a time
   * @returns `[rows, outputDim]`, whatever the shape of the encoded rows was; the caller disposes
   *   it.
   * @throws SAE_DATA for codes that do not fit this dictionary; SAE_OPTION for an unknown option or
   *   a wrong value.
   */
  decodeSparse(codes: SparseCodes, args: PassArgs = {}): Promise<tf.Tensor2D> {
    const shape = [this.encodingDim, this.outputDim] as const;
    return decodeSparse(this.inference, `${this.where}.decodeSparse`, codes, shape, args);
  }

  /**
   * Returns the reconstructions of rows: `decode(encode(x))`, plus the skip connection if there is
   * one, without dense codes on the CPU.
   *
   * @typeParam T the rank of the rows
   * @param x `[..., inputDim]`
   * @returns `[..., outputDim]`; the caller disposes it.
   * @throws SAE_SHAPE, SAE_DATA or SAE_NOT_FINITE for invalid rows.
   */
  async reconstruct<T extends tf.Tensor>(x: T): Promise<T> {
    if (isInTidy()) await null;
    return reconstruct(this.inference, this.alive('reconstruct'), x, this.inputDim);
  }

  /**
   * Returns codes and reconstruction of rows `[batch, inputDim]` that are known to be finite, in
   * one pass.
   *
   * @internal
   */
  encodeAndReconstruct(rows: tf.Tensor2D): Promise<CodedRows> {
    this.alive('encodeAndReconstruct');
    return this.inference.encodeAndReconstruct(rows);
  }

  /** Whether its target differs from its input, as set by `outputDim` or `skip`. */
  get isTranscoder(): boolean {
    return this.sae.isTranscoder;
  }

  /** Every weight, up to date, in the order of files: the encoder's, `W_dec`, `b_dec`. */
  override get weights(): LayerVariable[] {
    this.assertNotDisposed();
    this.sync();
    return super.weights;
  }

  /**
   * Returns the reconstructions of rows like tfjs's `predict`, using dense codes.
   * {@link reconstruct} is faster on the CPU.
   *
   * @typeParam T the rank of the rows
   * @param x `[..., inputDim]`
   * @param args how many rows are computed at a time, 32 by default
   * @returns `[..., outputDim]`; the caller disposes it.
   * @throws SAE_SHAPE, SAE_DATA or SAE_NOT_FINITE for invalid rows; SAE_OPTION for an unknown
   *   option or a wrong value.
   */
  override predict<T extends tf.Tensor>(x: T | T[], args?: PassArgs): T {
    return withRows(this.alive('predict'), only(x) as T, this.inputDim, (rows) => {
      const where = `${this.getClassName()}.predict`;
      const { batchSize } = checkOptions<PassArgs>(where, PREDICT_RULES, args ?? {});
      return super.predict(rows, { batchSize }) as tf.Tensor2D;
    });
  }

  /**
   * Returns the reconstructions of rows, all computed at once.
   *
   * @typeParam T the rank of the rows
   * @param x `[..., inputDim]`
   * @returns `[..., outputDim]`; the caller disposes it.
   * @throws SAE_SHAPE, SAE_DATA or SAE_NOT_FINITE for invalid rows.
   */
  override predictOnBatch<T extends tf.Tensor>(x: T | T[]): T {
    const predict = (rows: tf.Tensor2D) => super.predictOnBatch(rows) as tf.Tensor2D;
    return withRows(this.alive('predictOnBatch'), only(x) as T, this.inputDim, predict);
  }

  // ── as a layer in another model ────────────────────────────────────────────────────────────

  /** The losses of the layer, where `tf.layers.timeDistributed` looks for them. */
  override get losses(): SAEModel['sae']['losses'] {
    return this.sae.losses;
  }

  /**
   * Returns the mask of the output, which is the mask of the input.
   *
   * @param inputs the input
   * @param mask true for the places that count, `[batch]` or `[batch, steps]`; or none
   */
  override computeMask(
    inputs: tf.Tensor | tf.Tensor[],
    mask?: tf.Tensor | tf.Tensor[],
  ): tf.Tensor | tf.Tensor[] {
    return this.sae.computeMask(inputs, mask);
  }

  // ── training ───────────────────────────────────────────────────────────────────────────────

  /**
   * Configures the model for training: sets the optimizer, and what computes a step.
   *
   * @param args every option has a default: `new KerasAdam()`, and the faster step here
   * @throws SAE_OPTION for an unknown option or a wrong value, and for a loss, since the loss is
   *   the architecture's own.
   * @example
   * ```ts
   * import { GatedSAE, KerasAdam } from 'gated-sae-tfjs';
   * const sae = new GatedSAE({ inputDim: 8, encodingDim: 32 });
   * sae.compile({ optimizer: new KerasAdam({ learningRate: 1e-3, beta1: 0 }), step: 'auto' });
   * console.log(sae.metricsNames); // loss, L_reconstruct, L_sparsity, L_aux
   * ```
   */
  override compile(args: SAECompileArgs = {}): void {
    const where = `${this.getClassName()}.compile`;
    this.assertNotDisposed();
    const { base, step, threads, isOptimizerMade } = checkCompileArgs(where, args);
    // Before the optimizer is disposed, since it takes its state back.
    this.trainStep?.dispose();
    const before = this.isOptimizerOwned ? this.optimizer_ : undefined;
    compileBase(where, () => super.compile(base));
    if (before !== this.optimizer_) before?.dispose();
    this.isOptimizerOwned = isOptimizerMade || base.optimizer === before;
    const more = this.metricsNames.slice(1);
    this.metricsNames = ['loss', ...this.sae.termNames, ...more];
    this.computeBy(step, threads);
  }

  /**
   * Switches what computes the steps from now on.
   *
   * @internal
   */
  computeBy(step: StepName, threads: number | undefined): void {
    this.trainStep?.dispose();
    this.trainStep = new ChosenStep(this, step, this.useKernels(threads));
  }

  /**
   * Determines the random numbers in a step, together with the step's number.
   *
   * @internal
   */
  get stepSeed(): number {
    return this.seed ?? 0;
  }

  /** What took the last training step, and with how many threads; undefined before the first. */
  get stepTaken(): StepTaken | undefined {
    return this.trainStep?.taken;
  }

  /**
   * Trains on rows, which are their own target. If `x` has more than two axes, each place before
   * the last axis is a row: rows are shuffled one by one, `batchSize` counts rows, and
   * `validationSplit` sets aside the last examples of the first axis as a whole.
   *
   * @param x `[..., inputDim]`; it remains the caller's
   * @param args tfjs's arguments: `epochs` (1 by default), `batchSize` (32 by default),
   *   `validationSplit`, `validationData`, `callbacks` and the like; `seed` for the order of the
   *   rows, and `resumeAt` to continue from a checkpoint
   * @returns the logs of each epoch: `loss`, the terms of the loss and `grad_norm`, the norm of all
   *   gradients before clipping; also `l0`, `explained_variance` and `dead`, the number of features
   *   that fired on no row, which are logged for epochs only, not batches. Logs of the validation
   *   data have the prefix `val_`. With `resumeAt`, the first epoch is the interrupted one, with
   *   its logs over all of its batches.
   * @throws SAE_STATE before `compile`, while another training is running, or if every weight is
   *   frozen; SAE_SHAPE or SAE_DATA for invalid rows; SAE_OPTION for an unknown option or a wrong
   *   value; SAE_NOT_FINITE if a step gave NaN: the weights are then those of the last good step.
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
   * Trains on rows with separate targets, as a transcoder needs.
   *
   * @param x `[..., inputDim]`; it remains the caller's
   * @param y what the reconstructions should be, `[..., outputDim]`
   * @param args tfjs's arguments, as without a target
   * @returns the logs of each epoch, as without a target
   * @throws the same as without a target, SAE_OPTION and the like; also SAE_SHAPE if the target has
   *   the wrong shape.
   */
  override fit(x: BaseData, y: BaseData, args?: SAEFitArgs | ModelFitArgs): Promise<History>;
  override async fit(
    x: BaseData,
    yOrArgs?: BaseData | SAEFitArgs,
    lastArgs?: SAEFitArgs,
  ): Promise<History> {
    const [y, args] = targetAndArgs(x, yOrArgs, lastArgs);
    return this.fitSharing(x, y, args, (rows) => rows);
  }

  /**
   * Trains on rows that other models may train on at the same time.
   *
   * @param share wraps the source so that the batches it reads are shared
   * @internal
   */
  async fitSharing(
    x: BaseData,
    y: BaseData,
    args: SAEFitArgs,
    share: (batches: RowDataset) => RowDataset,
  ): Promise<History> {
    const where = `${this.getClassName()}.fit`;
    const checked = checkOptions<SAEFitArgs>(where, FIT_RULES, args);
    this.assertTrainable();
    return this.fitting.fit(where, x, y, checked, share);
  }

  /**
   * Trains on a `tf.data` dataset, or any object that yields batches: for data that does not fit in
   * memory.
   *
   * @param dataset batches `[..., inputDim]`, bare or as `{xs}` or `{xs, ys}`; each is disposed
   *   after it was used
   * @param args tfjs's arguments: `epochs` (1 by default), `batchesPerEpoch`, `validationData`,
   *   `callbacks` and the like
   * @returns the logs of each epoch, like those of {@link fit}
   * @throws the same as {@link fit}: SAE_STATE, SAE_SHAPE, SAE_DATA, SAE_OPTION or SAE_NOT_FINITE.
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
    const { force, ...checked } = checkOptions<SAEFitDatasetArgs>(where, FIT_DATASET_RULES, args);
    this.assertTrainable();
    takeAbout(where, this, dataset?.about, force);
    return this.fitting.fitDataset(where, dataset, checked);
  }

  /**
   * Takes one training step.
   *
   * @param x `[..., inputDim]`; it remains the caller's
   * @param y what the reconstructions should be, `[..., outputDim]`: `x` itself by default, which a
   *   transcoder rejects
   * @returns the step's logs: those of `metricsNames` in their order, then `grad_norm`
   * @throws the same as {@link fit}: SAE_STATE, SAE_SHAPE, SAE_DATA or SAE_NOT_FINITE.
   */
  override async trainOnBatch(x: BaseData, y: BaseData = x): Promise<number | number[]> {
    this.assertTrainable();
    return this.fitting.trainOnBatch(x, y);
  }

  /**
   * The training that is running; undefined if none is.
   *
   * @internal
   */
  get course(): Course | undefined {
    return this.fitting.course;
  }

  /** The logs that tfjs keeps for batches; `metricsNames` lists those of validation. */
  protected override getDedupedMetricsNames(): string[] {
    return stepNames(super.getDedupedMetricsNames());
  }

  /** @internal */
  protected override makeTrainFunction(): (data: tf.Tensor[]) => tf.Scalar[] {
    return this.fitting.trainFunction();
  }

  // ── evaluation ─────────────────────────────────────────────────────────────────────────────

  /**
   * Returns the losses of rows, without a training step.
   *
   * @param x `[..., inputDim]`
   * @param args `batchSize`: rows computed at a time, 32 by default
   * @returns one scalar for each of `metricsNames`; the caller disposes them.
   * @throws SAE_STATE before `compile`; SAE_SHAPE, SAE_DATA or SAE_NOT_FINITE for invalid rows;
   *   SAE_NOT_FINITE also if the loss is not finite; SAE_OPTION for an unknown option or a wrong
   *   value.
   */
  override evaluate(x: tf.Tensor, args?: ModelEvaluateArgs): tf.Scalar[];
  /**
   * Returns the losses of rows against separate targets, as a transcoder needs.
   *
   * @param x `[..., inputDim]`
   * @param y what the reconstructions should be, `[..., outputDim]`
   * @param args `batchSize`: rows computed at a time, 32 by default
   * @returns one scalar for each of `metricsNames`; the caller disposes them.
   * @throws the same as without a target: SAE_STATE, SAE_SHAPE, SAE_DATA, SAE_NOT_FINITE,
   *   SAE_OPTION.
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
    const outer = this.faults.setAside();
    try {
      return this.evaluating.orFault(super.evaluate(x, y, checked) as tf.Scalar[]);
    } finally {
      outer.restore();
    }
  }

  /**
   * Returns the losses of a dataset's rows, each row with the same weight, without dense codes on
   * the CPU.
   *
   * @param dataset batches `[..., inputDim]`, bare or as `{xs}` or `{xs, ys}`; each is disposed
   * @param args `batches`: the number of batches to read; all of them by default
   * @returns one scalar for each of `metricsNames`; the caller disposes them.
   * @throws the same as {@link evaluate}: SAE_STATE, SAE_SHAPE, SAE_DATA, SAE_NOT_FINITE,
   *   SAE_OPTION.
   */
  override async evaluateDataset(
    dataset: RowDataset,
    args: EvaluateDatasetArgs = {},
  ): Promise<tf.Scalar[]> {
    const where = `${this.getClassName()}.evaluateDataset`;
    const { batches } = checkOptions<EvaluateDatasetArgs>(where, EVALUATE_DATASET_RULES, args);
    this.assertCompiled();
    const rows = batchesOf(this, where, dataset);
    // When called from fitDataset, which stops at the fault by itself.
    return dataset instanceof BatchDataset
      ? this.evaluating.validation(rows, batches, this.fitting.measuring?.validation)
      : this.evaluating.dataset(rows, batches);
  }

  // ── saving and loading ─────────────────────────────────────────────────────────────────────

  /**
   * Saves the model like any tfjs model; by default with the optimizer's state, if there is one.
   * The saved state is that after a whole step. Saving works during training too, even if nothing
   * waits for it.
   *
   * @param handlerOrURL where to save: `kerasArchive(…)`, `fileSystem(…)`, `'indexeddb://…'`,
   *   `'downloads://…'` or anything else that tfjs accepts
   * @param config tfjs's configuration; `includeOptimizer` is true by default if there is an
   *   optimizer
   * @throws whatever the handler throws: SAE_FILE or SAE_UNSUPPORTED for this library's own;
   *   SAE_OPTION for an unknown destination, SAE_STATE after `dispose`.
   */
  override async save(
    handlerOrURL: tf.io.IOHandler | string,
    config: tf.io.SaveConfig = {},
  ): Promise<tf.io.SaveResult> {
    const where = `${this.getClassName()}.save`;
    this.assertNotDisposed();
    const options = checkOptions<tf.io.SaveConfig>(where, SAVE_RULES, config);
    const { includeOptimizer = this.optimizer_ != null } = options;
    const place = placeOf(where, handlerOrURL);
    const { weightData, ...rest } = await this.artifacts({ ...options, includeOptimizer });
    // Not every handler accepts several buffers.
    return place.save({ ...rest, weightData: tf.io.concatenateArrayBuffers(weightData) });
  }

  /**
   * Returns the artifacts that tfjs passes to a save handler: the model after a whole step. The
   * optimizer's state is in a buffer of its own, after that of the weights: joining the two would
   * take as long as reading them.
   *
   * @internal
   */
  artifacts({ includeOptimizer = false, ...config }: tf.io.SaveConfig): Promise<Artifacts> {
    return this.turns.take(() => {
      const withTraining = includeOptimizer && this.optimizer_ != null;
      const save = (handler: tf.io.IOHandler) => super.save(handler, config);
      return artifactsOf(this, save, withTraining ? () => this.getTrainingConfig() : undefined);
    });
  }

  /**
   * Returns the options by name, without the weights: what `fromConfig` rebuilds the model from.
   */
  override getConfig(): tf.serialization.ConfigDict {
    return {
      name: this.name,
      inputDim: this.inputDim,
      encodingDim: this.encodingDim,
      ...this.sae.ownConfig,
      ...this.steering?.config,
      clipNorm: this.clipNorm,
      ...(this.seed === undefined ? {} : { seed: this.seed }),
      ...(this.trainable && this.sae.trainable ? {} : { trainable: false }),
    };
  }

  /**
   * Makes a model from the result of `getConfig`; tfjs calls it when it loads one.
   *
   * @typeParam T the model's class
   * @param cls the model's class
   * @param config its options
   * @param _customObjects not used
   * @param fastWeightInit whether the initial weights may be zeros, because those of a file are
   *   about to replace them; false by default
   * @throws SAE_OPTION for invalid options, like the constructor.
   */
  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
    _customObjects?: tf.serialization.ConfigDict,
    fastWeightInit = false,
  ): T {
    const { customObjects: _, ...args } = config;
    return new cls({ ...args, [ZERO_WEIGHTS]: fastWeightInit });
  }

  /** @internal */
  protected override getTrainingConfig(): TrainingConfig {
    return withFoundMetrics(super.getTrainingConfig());
  }

  /**
   * Compiles the model as its file says; tfjs calls it when it loads a model.
   *
   * @param config the optimizer, its options and the metrics
   * @throws SAE_FILE for an unknown optimizer, schedule or metric.
   */
  override loadTrainingConfig(config: TrainingConfig): void {
    compileFromFile(this.where, () => super.loadTrainingConfig(config));
    this.isOptimizerOwned = true; // nothing else refers to it
  }

  /**
   * Sets weights by name, regardless of the name of the layer that they were saved from.
   *
   * @param weights tensors by name, like `W_dec` or `sae/W_dec`; they are copied
   * @param strict whether every weight must be given, and no others; true by default
   * @throws SAE_SHAPE or SAE_FILE for weights that do not fit this dictionary.
   */
  override loadWeights(weights: tf.NamedTensorMap, strict = true): void {
    const names = this.weights.map(({ originalName }) => originalName);
    const own = ownWeights(this.where, names, weights, strict);
    for (const { name, tensor } of own) this.sae.checkWeight(name, tensor);
    const named = own.map(({ ownName, tensor }) => [ownName, tensor]);
    super.loadWeights(Object.fromEntries(named) as tf.NamedTensorMap, strict);
    this.takeAsLoaded();
  }

  /**
   * Records that its weights come from a file.
   *
   * @internal
   */
  takeAsLoaded(): void {
    this.isLoaded = true;
  }

  /**
   * Replaces the model's weights; the new ones are copied.
   *
   * @param weights in the order of `weights`; they remain the caller's
   * @throws SAE_SHAPE for a wrong number of weights, or a weight of a wrong shape.
   */
  override setWeights(weights: tf.Tensor[]): void {
    this.sae.setWeights(weights);
  }

  // ── weights and checks ─────────────────────────────────────────────────────────────────────

  /** Makes the dictionary compute in WebAssembly from now on, if that applies. */
  private useKernels(threads?: number): KernelDictionary {
    this.assertNotDisposed();
    this.kernels?.dispose();
    this.kernels = new KernelDictionary(this.where, this.sae, threads);
    this.kernels.belongTo(this);
    return this.kernels;
  }

  /**
   * Writes the results of training into the weights' variables. Every method of this library does
   * so by itself, and so do `layer.wDec`, `weights`, `getWeights` and `save`. Call it in the middle
   * of an epoch before reading a variable that you took earlier.
   */
  sync(): void {
    this.kernels?.sync();
  }

  /** @internal */
  override standardizeUserDataXY(
    x: BaseData,
    y: BaseData,
    ...rest: [boolean?, number?]
  ): [tf.Tensor[], tf.Tensor[]] {
    this.assertCompiled();
    const { xs, ys } = inputAndTargetRows(this.where, [only(x), only(y)], this);
    return super.standardizeUserDataXY(xs, ys, ...rest);
  }

  /**
   * @throws SAE_STATE after `dispose`.
   * @internal
   */
  override assertNotDisposed(cause?: unknown): void {
    if (this._refCount === 0) throw disposedModel(this.where, cause);
  }

  /**
   * Disposes the weights, an optimizer that `compile` made, and the threads. Disposing twice is
   * harmless.
   */
  override dispose(): ReturnType<LayersModel['dispose']> {
    this.trainStep?.dispose();
    this.kernels?.dispose();
    this.kernels = undefined;
    if (this._refCount === 0) return { refCountAfterDispose: 0, numDisposedVariables: 0 };
    return super.dispose();
  }

  /** @throws SAE_STATE before `compile`. */
  private assertCompiled(): void {
    this.assertNotDisposed();
    if (this.trainStep === undefined) throw notCompiled(this.where);
  }

  private assertTrainable(): void {
    this.assertCompiled();
    if (this.trainableWeights.length === 0) throw nothingToTrain(this.where);
  }

  /** Returns how errors name a method of this model, which must not be disposed. */
  private alive(method: string): string {
    this.assertNotDisposed();
    return `${this.where}.${method}`;
  }

  /** The name of this model in errors: its class, and its name in quotes. */
  get where(): string {
    return `${this.getClassName()} "${this.name}"`;
  }
}
