import * as tf from '@tensorflow/tfjs-core';
import { input, type LayerVariable, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { floatRows, isInTidy, type Rows, rowBatches } from '../activations/rows';
import { brand } from '../brand';
import { alreadyTrained, badFile, dataNotFinite, SAEError, wrongFileWeights } from '../errors';
import { checkCodes, joinCodes, type SparseCodes, sliceCodes } from '../kernels/sparseCodes';
import {
  checkSize,
  type SAELayerArgs,
  type SparseAutoencoderLayer,
} from '../layers/sparseAutoencoder';
import { addTo } from '../math/doubleSums';
import { allFinite, allFiniteAsync } from '../math/finite';
import { inDimsOf } from '../math/leadingDims';
import { type AnyRules, checkOptions } from '../options';
import {
  BIAS_RULES,
  MODEL_RULES,
  PREDICT_RULES,
  type SAEModelArgs,
  STREAM_RULES,
  type TrainingConfig,
} from './args';
import { only } from './data';
import { TrainableModel } from './trainableModel';

/** Asks for weights of zeros, where a file's are about to replace them. */
const ZERO_WEIGHTS = Symbol('zero weights');

/** The metrics that tfjs finds under a shorter name only, when it loads them. */
const METRIC_NAMES: Readonly<Record<string, string>> = {
  mean_absolute_error: 'mae',
  mean_squared_error: 'mse',
  mean_absolute_percentage_error: 'mape',
  cosine_proximity: 'cosine',
};

/** A weight's own name: `W_dec` of `sae/W_dec`. */
const bare = (name: string) => name.slice(name.lastIndexOf('/') + 1);

/** How many models of a class have been named here. */
const named = new Map<string, number>();

function freshName(className: string): string {
  const count = (named.get(className) ?? 0) + 1;
  named.set(className, count);
  return `${className.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toLowerCase()}_${count}`;
}

/**
 * What every sparse autoencoder is as a model: a `tf.LayersModel` around one layer, whose
 * training hooks take the architecture's own step.
 *
 * `compile`, `fit`, `fitDataset`, `evaluate`, `evaluateDataset`, `trainOnBatch`, `predict`,
 * `save` and `tf.loadLayersModel` are tfjs's own, but data needs no target: it is its own.
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
> extends TrainableModel<Layer> {
  /** The layer that holds the weights and the mathematics. */
  override readonly sae: Layer;
  /** Width of the rows. */
  override readonly inputDim: number;
  /** Number of features in the dictionary. */
  readonly encodingDim: number;
  /** Largest norm of all gradients together in a step; null for no limit. */
  override readonly clipNorm: number | null;
  private readonly seed: number | undefined;
  /** Whether its weights are a file's. */
  private isLoaded = false;

  /**
   * Checks the options and makes the layer; the architecture's own class calls it.
   *
   * @param args every model's options and the architecture's own
   * @param LayerClass the architecture's layer
   * @param rules what the architecture's own options take, and their defaults
   * @throws SAE_OPTION for an unknown option, a missing one, or a wrong value.
   */
  protected constructor(
    args: SAEModelArgs,
    LayerClass: new (args: SAELayerArgs) => Layer,
    rules: AnyRules,
  ) {
    const { className } = new.target as unknown as { className: string };
    const checked = checkOptions<SAEModelArgs>(className, { ...MODEL_RULES, ...rules }, args);
    const { inputDim, encodingDim, clipNorm, seed, trainable, ...own } = checked;
    const { name = freshName(className), ...options } = own;
    checkSize(className, inputDim, encodingDim);
    const layer = new LayerClass({ ...options, encodingDim, seed, name, trainable });
    layer.setFastWeightInitDuringBuild(
      (args as { [ZERO_WEIGHTS]?: boolean })[ZERO_WEIGHTS] === true,
    );
    const x = input({ shape: [inputDim] });
    super({ inputs: x, outputs: layer.apply(x) as SymbolicTensor, name });
    this.sae = layer;
    this.supportsMasking = true;
    this.inputDim = inputDim;
    this.encodingDim = encodingDim;
    this.clipNorm = clipNorm;
    this.seed = seed;
  }

  static {
    brand(SAEModel, 'SAEModel');
  }

  // ── the dictionary ─────────────────────────────────────────────────────────────────────────

  /**
   * The sparse codes of rows. Python: `model.encode(x)`.
   *
   * @typeParam T the rank of the rows
   * @param x `[..., inputDim]`: `[batch, inputDim]`, or activations `[batch, tokens, inputDim]`
   * @returns `[..., encodingDim]`, none below 0 and most 0; the caller disposes it.
   * @throws SAE_SHAPE, SAE_DATA or SAE_NOT_FINITE for rows of another form.
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
    return this.withRows('encode', x, this.inputDim, (rows) => this.sae.encode(rows));
  }

  /**
   * The sparse codes of rows, and how the encoder came to them.
   *
   * @typeParam T the rank of the rows
   * @param x `[..., inputDim]`
   * @returns tensors `[..., encodingDim]` by name, `codes` among them; the caller disposes them.
   * @throws SAE_SHAPE, SAE_DATA or SAE_NOT_FINITE for rows of another form.
   */
  encodeDetailed<T extends tf.Tensor>(
    x: T,
  ): { [Name in keyof ReturnType<Layer['encodeDetailed']>]: T } {
    const where = `${this.where}.encodeDetailed`;
    return this.withFiniteRows(where, x, this.inputDim, (rows) => {
      const parts = Object.entries(this.sae.encodeDetailed(rows));
      return Object.fromEntries(parts.map(([name, part]) => [name, backInDims(x, part)])) as {
        [Name in keyof ReturnType<Layer['encodeDetailed']>]: T;
      };
    });
  }

  /**
   * Rows from codes: `codes · W_dec + b_dec`. Python: `model.decode(codes)`.
   *
   * @typeParam T the rank of the codes
   * @param codes `[..., encodingDim]`
   * @returns `[..., inputDim]`; the caller disposes it.
   * @throws SAE_SHAPE, SAE_DATA or SAE_NOT_FINITE for codes of another form.
   */
  decode<T extends tf.Tensor>(codes: T): T {
    return this.withRows('decode', codes, this.encodingDim, (rows) => this.sae.decode(rows));
  }

  /**
   * Changes λ, the weight of the sparsity penalty, from the very next step on.
   *
   * @param lambdaSparse a finite number ≥ 0
   * @throws SAE_OPTION where the architecture has no such penalty, or for a wrong value.
   */
  setLambda(lambdaSparse: number): void {
    this.sae.setLambda(lambdaSparse);
  }

  /**
   * Sets `b_dec` to the mean of the data, which is where training starts best. Python:
   * `init_decoder_bias`.
   *
   * @param x rows `[..., inputDim]`, or a dataset of them, which is read once, a batch at a time
   * @param args `batchSize`: rows of a tensor that are summed at a time, 512 by default; `force`:
   * whether to replace the b_dec of a model that is trained or was loaded, false by default
   * @throws SAE_SHAPE, SAE_DATA or SAE_NOT_FINITE for rows of another form; b_dec is then as before.
   * SAE_STATE for a model that is trained, without `force`; SAE_OPTION for an unknown option or a wrong
   * value.
   * @example
   * ```ts
   * import * as tf from '@tensorflow/tfjs';
   * import { GatedSAE } from 'gated-sae-tfjs';
   * const sae = new GatedSAE({ inputDim: 2, encodingDim: 4 });
   * await sae.initDecoderBias(tf.tensor2d([[0, 1], [2, 3]]));
   * sae.sae.bDec.read().print(); // [1, 2]
   * ```
   */
  async initDecoderBias(
    x: Rows,
    args: { batchSize?: number; force?: boolean } = {},
  ): Promise<void> {
    const where = `${this.getClassName()}.initDecoderBias`;
    const { batchSize, force } = checkOptions<{ batchSize?: number; force: boolean }>(
      where,
      BIAS_RULES,
      args,
    );
    const steps = this.optimizer_?.iterations ?? 0;
    if (!force && steps > 0) throw alreadyTrained(where, `one after ${steps} steps`);
    if (!force && this.isLoaded) {
      const bias = this.sae.bDec.read().dataSync();
      if (bias.some((value) => value !== 0)) throw alreadyTrained(where, 'one from a file');
    }
    const sums = new Float64Array(this.inputDim);
    let rows = 0;
    for await (const batch of rowBatches(where, x, this.inputDim, batchSize)) {
      const batchSums = tf.sum<tf.Tensor1D>(batch, 0);
      await addTo(sums, batchSums);
      batchSums.dispose();
      rows += batch.shape[0];
    }
    tf.tidy(() => {
      this.sae.bDec.write(tf.tensor1d(Array.from(sums, (sum) => sum / rows))); // the mean
    });
  }

  /**
   * The codes of rows, the few that are above 0 only: on CPU what is dense is never built.
   *
   * @param x `[..., inputDim]`
   * @param args `batchSize`: rows that are encoded at a time, 512 by default
   * @returns The codes above 0 in compressed rows: typed arrays, of which nothing is to be disposed.
   * Rows stand in their order: of `x [documents, tokens, inputDim]`, row d · tokens + t is token t
   * of document d.
   * @throws SAE_SHAPE, SAE_DATA or SAE_NOT_FINITE for rows of another form; SAE_OPTION for an unknown
   * option or a wrong value.
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
  async encodeSparse(x: tf.Tensor, args: { batchSize?: number } = {}): Promise<SparseCodes> {
    const where = `${this.where}.encodeSparse`;
    const { batchSize } = checkOptions<{ batchSize?: number }>(where, STREAM_RULES, args);
    const parts: SparseCodes[] = [];
    for await (const batch of rowBatches(where, x, this.inputDim, batchSize)) {
      parts.push(await this.inference.encode(batch));
    }
    return joinCodes(parts);
  }

  /**
   * Rows from sparse codes: `codes · W_dec + b_dec`.
   *
   * @param codes as {@link encodeSparse} gives them, of any origin
   * @param args `batchSize`: rows that are decoded at a time, 512 by default
   * @returns `[rows, inputDim]`, whatever shape the rows of the codes had; the caller disposes it.
   * @throws SAE_DATA for codes that are none of this dictionary's; SAE_OPTION for an unknown option or
   * a wrong value.
   */
  async decodeSparse(codes: SparseCodes, args: { batchSize?: number } = {}): Promise<tf.Tensor2D> {
    const where = `${this.where}.decodeSparse`;
    const { batchSize } = checkOptions<{ batchSize?: number }>(where, STREAM_RULES, args);
    checkCodes(where, codes, this.encodingDim);
    const rows = codes.rowOffsets.length - 1;
    const values = new Float32Array(rows * this.inputDim);
    for (let row = 0; row < rows; row += batchSize) {
      const batch = sliceCodes(codes, row, Math.min(row + batchSize, rows));
      values.set(await this.inference.decode(batch), row * this.inputDim);
    }
    return tf.tensor2d(values, [rows, this.inputDim]);
  }

  /**
   * What the dictionary makes of rows: `decode(encode(x))`, without dense codes on CPU.
   *
   * @typeParam T the rank of the rows
   * @param x `[..., inputDim]`
   * @returns the same shape; the caller disposes it.
   * @throws SAE_SHAPE, SAE_DATA or SAE_NOT_FINITE for rows of another form.
   */
  async reconstruct<T extends tf.Tensor>(x: T): Promise<T> {
    const where = `${this.where}.reconstruct`;
    if (isInTidy()) await null;
    this.assertNotDisposed();
    const rows = floatRows(where, x, this.inputDim);
    try {
      if (!(await allFiniteAsync(rows))) throw dataNotFinite(where);
      return backInDims(x, await this.inference.reconstruct(rows));
    } finally {
      if (rows !== x) rows.dispose();
    }
  }

  /** Every weight, brought up to date, in the order of files: the encoder's, `W_dec`, `b_dec`. */
  override get weights(): LayerVariable[] {
    this.assertNotDisposed();
    this.sync();
    return super.weights;
  }

  /**
   * What the dictionary makes of rows, as tfjs's `predict`: by way of dense codes. {@link reconstruct}
   * is faster on CPU.
   *
   * @typeParam T the rank of the rows
   * @param x `[..., inputDim]`
   * @param args `batchSize`: rows that are computed at a time, 32 by default
   * @returns the same shape; the caller disposes it.
   * @throws SAE_SHAPE, SAE_DATA or SAE_NOT_FINITE for rows of another form; SAE_OPTION for an unknown
   * option or a wrong value.
   */
  override predict<T extends tf.Tensor>(x: T | T[], args?: { batchSize?: number }): T {
    return this.withRows('predict', only(x) as T, this.inputDim, (rows) => {
      const { batchSize } = checkOptions<{ batchSize?: number }>(
        `${this.getClassName()}.predict`,
        PREDICT_RULES,
        args ?? {},
      );
      return super.predict(rows, { batchSize }) as tf.Tensor2D;
    });
  }

  /**
   * What the dictionary makes of rows, all of them at once.
   *
   * @typeParam T the rank of the rows
   * @param x `[..., inputDim]`
   * @returns the same shape; the caller disposes it.
   * @throws SAE_SHAPE, SAE_DATA or SAE_NOT_FINITE for rows of another form.
   */
  override predictOnBatch<T extends tf.Tensor>(x: T | T[]): T {
    return this.withRows(
      'predictOnBatch',
      only(x) as T,
      this.inputDim,
      (rows) => super.predictOnBatch(rows) as tf.Tensor2D,
    );
  }

  // ── saving and loading ─────────────────────────────────────────────────────────────────────

  /** What `fromConfig` makes the model anew with, without its weights: its options by their names. */
  override getConfig(): tf.serialization.ConfigDict {
    return {
      name: this.name,
      inputDim: this.inputDim,
      encodingDim: this.encodingDim,
      ...(this.sae.options as tf.serialization.ConfigDict),
      clipNorm: this.clipNorm,
      ...(this.seed === undefined ? {} : { seed: this.seed }),
      ...(this.trainable && this.sae.trainable ? {} : { trainable: false }),
    };
  }

  /**
   * A model from what `getConfig` gave; tfjs calls it when it loads one.
   *
   * @typeParam T the model's class
   * @param cls the model's class
   * @param config its options
   * @param _customObjects of no use here
   * @param fastWeightInit whether the first weights may be zeros, for a file's are about to replace
   * them; false by default
   * @throws SAE_OPTION for options that are none, as its constructor does.
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
    const config = super.getTrainingConfig();
    const short = (name: unknown) => METRIC_NAMES[String(name)] ?? name;
    const metrics = Array.isArray(config.metrics) ? config.metrics.map(short) : config.metrics;
    return { ...config, metrics } as TrainingConfig;
  }

  /**
   * Compiles as a file says; tfjs calls it when it loads a model.
   *
   * @param config the optimizer, its options and the metrics
   * @throws SAE_FILE for an optimizer, schedule or metric that is not known here.
   */
  override loadTrainingConfig(config: TrainingConfig): void {
    try {
      super.loadTrainingConfig(config);
    } catch (error) {
      if (error instanceof SAEError) throw error;
      const advice = 'Register its class with tf.serialization.registerClass, or compile anew.';
      throw badFile(this.where, 'a training configuration', String(error), advice, error);
    }
    this.isOptimizerOwned = true; // nobody else knows of it
  }

  /**
   * Takes weights by their names, whatever the layer was called that had them.
   *
   * @param weights tensors by name, as `W_dec` or `sae/W_dec`; they are copied
   * @param strict whether all weights must be there, and no others; true by default
   * @throws SAE_SHAPE or SAE_FILE for weights that are not this dictionary's.
   */
  override loadWeights(weights: tf.NamedTensorMap, strict = true): void {
    const own = new Map(this.weights.map(({ originalName }) => [bare(originalName), originalName]));
    const given = Object.entries(weights ?? {}).map(
      ([name, tensor]) => [bare(name), tensor] as const,
    );
    const names = new Set(given.map(([name]) => name));
    const same = names.size === given.length && given.every(([name]) => own.has(name));
    if (strict && !(same && names.size === own.size)) {
      throw wrongFileWeights(this.where, [...own.keys()], [...names]);
    }
    const known = given.filter(([name]) => own.has(name));
    for (const [name, tensor] of known) this.sae.checkWeight(name, tensor);
    const named = known.map(([name, tensor]) => [own.get(name) as string, tensor]);
    super.loadWeights(Object.fromEntries(named) as tf.NamedTensorMap, strict);
    this.isLoaded = true;
  }

  /**
   * Gives the model other weights, which are copied.
   *
   * @param weights in the order of `weights`; they stay the caller's
   * @throws SAE_SHAPE for another number of weights, or one of another shape.
   */
  override setWeights(weights: tf.Tensor[]): void {
    this.sae.setWeights(weights);
  }

  /** What `use` makes of the rows of `x`, in the leading dimensions of `x`. */
  private withRows<T extends tf.Tensor>(
    method: string,
    x: T,
    width: number,
    use: (rows: tf.Tensor2D) => tf.Tensor2D,
  ): T {
    const where = `${this.where}.${method}`;
    return this.withFiniteRows(where, x, width, (rows) => backInDims(x, use(rows)));
  }

  private withFiniteRows<T>(
    where: string,
    x: tf.Tensor,
    width: number,
    use: (rows: tf.Tensor2D) => T,
  ): T {
    this.assertNotDisposed();
    const rows = floatRows(where, x, width);
    try {
      if (!allFinite(rows)) throw dataNotFinite(where);
      return use(rows);
    } finally {
      if (rows !== x) rows.dispose();
    }
  }
}

/** Rows in the leading dimensions of `x`; takes the rows over. */
function backInDims<T extends tf.Tensor>(x: T, rows: tf.Tensor2D): T {
  const shaped = inDimsOf(x, rows);
  if (shaped !== (rows as tf.Tensor)) rows.dispose();
  return shaped;
}
