import * as tf from '@tensorflow/tfjs-core';
import { input, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { floatRows, type Rows, rowBatches } from '../activations/rows';
import { dataNotFinite, wrongFileWeights } from '../errors';
import type { SAELayerArgs, SparseAutoencoderLayer } from '../layers/sparseAutoencoder';
import { addTo } from '../math/doubleSums';
import { allFinite } from '../math/finite';
import { type AnyRules, checkOptions } from '../options';
import {
  BIAS_RULES,
  EVALUATE_RULES,
  MODEL_RULES,
  type SAEModelArgs,
  type TrainingConfig,
} from './args';
import { only, TrainableModel } from './trainableModel';

/** Asks for weights of zeros, where a file's are about to replace them. */
const ZERO_WEIGHTS = Symbol('zero weights');

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
  /** Largest norm of all gradients together; null for no limit. */
  override readonly clipNorm: number | null;
  private readonly seed: number | undefined;

  protected constructor(
    args: SAEModelArgs,
    LayerClass: new (args: SAELayerArgs) => Layer,
    rules: AnyRules,
  ) {
    const { className } = new.target as unknown as { className: string };
    const checked = checkOptions<SAEModelArgs>(className, { ...MODEL_RULES, ...rules }, args);
    const { inputDim, encodingDim, clipNorm, seed, name = freshName(className), ...own } = checked;
    const layer = new LayerClass({ ...own, encodingDim, seed, name });
    layer.setFastWeightInitDuringBuild(
      (args as { [ZERO_WEIGHTS]?: boolean })[ZERO_WEIGHTS] === true,
    );
    const x = input({ shape: [inputDim] });
    super({ inputs: x, outputs: layer.apply(x) as SymbolicTensor, name });
    this.sae = layer;
    this.inputDim = inputDim;
    this.encodingDim = encodingDim;
    this.clipNorm = clipNorm;
    this.seed = seed;
  }

  // ── the dictionary ─────────────────────────────────────────────────────────────────────────

  /**
   * The sparse codes of rows.
   *
   * @param x `[batch, inputDim]`
   * @returns `[batch, encodingDim]`; the caller disposes it.
   * @throws SAE_SHAPE, SAE_DATA or SAE_NOT_FINITE for rows of another form.
   */
  encode(x: tf.Tensor): tf.Tensor2D {
    return this.withRows('encode', x, this.inputDim, (rows) => this.sae.encode(rows));
  }

  /**
   * The sparse codes of rows, and how the encoder came to them.
   *
   * @param x `[batch, inputDim]`
   * @returns tensors `[batch, encodingDim]` by name, `codes` among them; the caller disposes them.
   * @throws SAE_SHAPE, SAE_DATA or SAE_NOT_FINITE for rows of another form.
   */
  encodeDetailed(x: tf.Tensor): ReturnType<Layer['encodeDetailed']> {
    return this.withRows(
      'encodeDetailed',
      x,
      this.inputDim,
      (rows) => this.sae.encodeDetailed(rows) as ReturnType<Layer['encodeDetailed']>,
    );
  }

  /**
   * Rows from codes: `codes · W_dec + b_dec`.
   *
   * @param codes `[batch, encodingDim]`
   * @returns `[batch, inputDim]`; the caller disposes it.
   * @throws SAE_SHAPE, SAE_DATA or SAE_NOT_FINITE for codes of another form.
   */
  decode(codes: tf.Tensor): tf.Tensor2D {
    return this.withRows('decode', codes, this.encodingDim, (rows) => this.sae.decode(rows));
  }

  /**
   * Changes λ, the weight of the sparsity penalty, from the very next step on.
   *
   * @throws SAE_OPTION where the architecture has no such penalty, or for a wrong value.
   */
  setLambda(lambdaSparse: number): void {
    this.sae.setLambda(lambdaSparse);
  }

  /**
   * Sets `b_dec` to the mean of the data, which is where training starts best.
   *
   * @param x rows `[rows, inputDim]`, or a dataset of them, which is read once, a batch at a time
   * @throws SAE_SHAPE, SAE_DATA or SAE_NOT_FINITE for rows of another form; b_dec is then as before.
   */
  async initDecoderBias(x: Rows, args: { batchSize?: number } = {}): Promise<void> {
    const where = `${this.getClassName()}.initDecoderBias`;
    const { batchSize } = checkOptions(where, BIAS_RULES, args);
    const sums = new Float64Array(this.inputDim);
    let rows = 0;
    for await (const batch of rowBatches(where, x, this.inputDim, batchSize)) {
      const batchSums = tf.sum<tf.Tensor1D>(batch, 0);
      await addTo(sums, batchSums);
      batchSums.dispose();
      rows += batch.shape[0];
    }
    const bias = tf.tensor1d(Array.from(sums, (sum) => sum / rows)); // the mean
    this.sae.bDec.write(bias);
    bias.dispose();
  }

  override predict(x: tf.Tensor | tf.Tensor[], args?: { batchSize?: number }): tf.Tensor2D {
    return this.withRows('predict', only(x), this.inputDim, (rows) => {
      const { batchSize } = checkOptions(
        `${this.getClassName()}.predict`,
        EVALUATE_RULES,
        args ?? {},
        ['verbose'],
      );
      return super.predict(rows, { batchSize }) as tf.Tensor2D;
    });
  }

  override predictOnBatch(x: tf.Tensor | tf.Tensor[]): tf.Tensor2D {
    return this.withRows('predictOnBatch', only(x), this.inputDim, (rows) =>
      super.predictOnBatch(rows),
    ) as tf.Tensor2D;
  }

  // ── saving and loading ─────────────────────────────────────────────────────────────────────

  /** Saves as any tfjs model does; with the optimizer's state, where there is one, by default. */
  override save(
    handlerOrURL: tf.io.IOHandler | string,
    config: tf.io.SaveConfig = {},
  ): Promise<tf.io.SaveResult> {
    const includeOptimizer = this.optimizer_ != null;
    return super.save(handlerOrURL, { includeOptimizer, ...config });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return {
      name: this.name,
      inputDim: this.inputDim,
      encodingDim: this.encodingDim,
      ...(this.sae.options as tf.serialization.ConfigDict),
      clipNorm: this.clipNorm,
      ...(this.seed === undefined ? {} : { seed: this.seed }),
    };
  }

  /** What tfjs makes it anew with, from `getConfig`. */
  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
    _customObjects?: tf.serialization.ConfigDict,
    fastWeightInit = false,
  ): T {
    const { customObjects: _, ...args } = config;
    return new cls({ ...args, [ZERO_WEIGHTS]: fastWeightInit });
  }

  override loadTrainingConfig(config: TrainingConfig): void {
    super.loadTrainingConfig(config);
    this.isOptimizerOwned = true; // nobody else knows of it
  }

  /** @throws SAE_SHAPE or SAE_FILE for weights that are not this dictionary's. */
  override loadWeights(weights: tf.NamedTensorMap, strict = true): void {
    const own = new Map(this.weights.map((w) => [w.originalName, w]));
    const unknown = Object.keys(weights).filter((name) => !own.has(name));
    const absent = [...own.keys()].filter((name) => !(name in weights));
    if (strict && unknown.length + absent.length > 0) {
      throw wrongFileWeights(this.where, [...own.keys()], Object.keys(weights));
    }
    for (const [name, { originalName }] of own) {
      const shape = weights[name]?.shape;
      if (shape) this.sae.checkWeightShape(originalName.split('/').pop() as string, shape);
    }
    super.loadWeights(weights, strict);
  }

  /** @throws SAE_SHAPE for another number of weights, or one of another shape. */
  override setWeights(weights: tf.Tensor[]): void {
    this.sae.setWeights(weights);
  }

  private withRows<T>(method: string, x: unknown, width: number, use: (x: tf.Tensor2D) => T): T {
    const where = `${this.where}.${method}`;
    const rows = floatRows(where, x, width);
    try {
      if (!allFinite(rows)) throw dataNotFinite(where);
      return use(rows);
    } finally {
      if (rows !== x) rows.dispose();
    }
  }
}
