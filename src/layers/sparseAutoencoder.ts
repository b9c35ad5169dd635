import * as tf from '@tensorflow/tfjs-core';
import {
  InputSpec,
  type LayerVariable,
  layers,
  type Shape,
  SymbolicTensor,
} from '@tensorflow/tfjs-layers';
import { brand } from '../brand';
import { disposedModel, lossNotTaken, noTarget, wrongInputs, wrongOption } from '../errors';
import { assertRows, inLeadingDims } from '../math/leadingDims';
import { acrossRows, unitRows } from '../math/norms';
import {
  checkOptions,
  flag,
  integer,
  oneOf,
  optional,
  positiveInteger,
  type Rules,
  tensorName,
  withOption,
} from '../options';
import { afterOptimizerUpdate } from './afterOptimizerUpdate';
import type {
  Activation,
  ActivationGradient,
  EncoderSpec,
  Encoding,
  Gradients,
  KernelSpec,
  Pass,
  ProductGradient,
  Saved,
  Seen,
  StateSpec,
  Term,
  Upstream,
} from './contract';
import { checkProjection, DECODER_RULES, type DecoderOptions } from './decoderRows';
import { checkStart, START_RULES, type StartOptions, startFromDecoder } from './encoderStart';
import { freshName } from './freshName';
import { tellOfKerasLayers } from './kerasLayers';
import { initializerOf, NamedWeights, weightSpecs } from './namedWeights';
import {
  frameOf,
  into,
  type Normalization,
  normalizeRule,
  outOf,
  SCALE,
  SCALE_STATE,
  scaleAfter,
  scaleFrame,
} from './normalization';
import { OwnLosses, recordingTape } from './ownLosses';
import { backward, decoding, encoding, forward, skipping } from './pass';
import {
  deadOf,
  REVIVAL_RULES,
  REVIVAL_STATE,
  type Revival,
  revivalConfig,
  revivalTerms,
  SINCE_FIRED,
} from './revival';
import { seenIn } from './seen';
import { checkBackend, checkSizes, rowsShape } from './shapes';
import { handOverAllSteps } from './timeDistributed';
import { trainingCall } from './trainingCall';

/** What tfjs's own layers take: `name`, `inputShape`, `trainable`, `weights` and the like. */
export type LayerArgs = NonNullable<ConstructorParameters<typeof layers.Layer>[0]>;
/** What tfjs hands a layer's `call` besides its input: whether a training is going on. */
export type Kwargs = Parameters<layers.Layer['call']>[1];

/** Tensors, or what stands for them in a model that is being made: what a layer takes and gives. */
type Applied = ReturnType<layers.Layer['apply']>;

/** What every sparse-autoencoder layer takes beside tfjs's own layer arguments. */
export interface SAELayerOptions extends Partial<Revival>, DecoderOptions, StartOptions {
  /** Number of features in the dictionary, usually several times the width of the input. */
  encodingDim: number;
  /**
   * Width of what the layer makes of its input; the input's by default. Where it is given, the layer is
   * a transcoder, also of the input's width: trained on targets, and without `b_dec` taken from its
   * input. Python: `output_dim`.
   */
  outputDim?: number;
  /**
   * Whether the output has `x · W_skip` in it too, of a matrix that starts at zero, so that features
   * are left what is not linear in the input; false by default. It makes a transcoder, of the input's
   * width where there is no `outputDim`.
   */
  skip?: boolean;
  /** What the layer hands on: `'reconstruction'` of its input, the default, or the `'codes'`. */
  returns?: 'reconstruction' | 'codes';
  /** How rows are normalised on the way in, and brought back on the way out; `'none'` by default. */
  normalize?: Normalization;
  /** An integer that makes the initial weights the same every time; at random by default. */
  seed?: number;
}

/** What every sparse-autoencoder layer takes, tfjs's own layer arguments among it. */
export type SAELayerArgs = LayerArgs & SAELayerOptions;

const OWN_RULES: Rules<SAELayerOptions & Pick<LayerArgs, 'name'>> = {
  name: optional(tensorName),
  encodingDim: positiveInteger(),
  outputDim: optional(positiveInteger()),
  skip: flag(false),
  returns: oneOf<'reconstruction' | 'codes'>(['reconstruction', 'codes'], 'reconstruction'),
  normalize: normalizeRule,
  seed: optional(integer),
  ...REVIVAL_RULES,
  ...DECODER_RULES,
  ...START_RULES,
};
const TFJS_OPTIONS = [
  ...['trainable', 'inputShape', 'batchInputShape', 'batchSize'],
  ...['dtype', 'inputDType', 'weights', 'updatable'],
];

/**
 * What every architecture is: a tfjs layer with an encoder, a linear decoder with unit rows, a
 * loss of its own, and that loss's gradient written out. With `outputDim` or `skip` it is a transcoder,
 * whose target is not its input.
 *
 * An architecture names its encoder's weights and the terms of its loss, and gives `activate` and
 * `differentiate`: what a pair of a row and a feature is. All else is here. In somebody's model it works as any layer does: under `model.fit`
 * it adds its loss, hands the gradient on to its input, and keeps its decoder rows at norm 1.
 * With `trainable = false` it is a fixed dictionary that adds nothing.
 *
 * @typeParam Options the options that are the architecture's own: λ and the like
 * @typeParam Own what its `activate` keeps for its `differentiate`, by name
 * @typeParam Details what its `encodeDetailed` shows beside the codes, by name
 * @example
 * ```ts
 * import { GatedSAE, ReluSAE, type SparseAutoencoderLayer } from 'gated-sae-tfjs';
 * const sizes = { inputDim: 8, encodingDim: 32 };
 * const layers: SparseAutoencoderLayer[] = [new GatedSAE(sizes).sae, new ReluSAE(sizes).sae];
 * for (const layer of layers) console.log(layer.getClassName(), layer.termNames, layer.wDec.shape);
 * // GatedSAELayer, three terms, [32, 8]; ReluSAELayer, two terms, [32, 8]
 * ```
 */
export abstract class SparseAutoencoderLayer<
  Options extends object = object,
  Own extends tf.NamedTensorMap = tf.NamedTensorMap,
  Details extends tf.NamedTensorMap = tf.NamedTensorMap,
> extends layers.Layer {
  /** Number of features in the dictionary. */
  readonly encodingDim: number;
  /** Whether its target is something else than its input, as `outputDim` or `skip` say. */
  readonly isTranscoder: boolean;
  /** Whether `x · W_skip` is part of what it makes of rows. */
  readonly skip: boolean;
  /** What the layer hands on. */
  readonly returns: 'reconstruction' | 'codes';
  /** How rows are normalised before the dictionary sees them. */
  readonly normalize: Normalization;
  /** The architecture's own options, with the defaults filled in: `{lambdaSparse, auxWeight}`. */
  readonly options: Required<Options>;
  /**
   * How dead features are brought back.
   *
   * @internal
   */
  readonly revival: Revival;
  /**
   * How its decoder rows are to be kept, where somebody has said so.
   *
   * @internal
   */
  protected readonly decoderOptions: DecoderOptions;
  /**
   * What the encoder's matrix has started from.
   *
   * @internal
   */
  readonly encoderStart: 'glorot' | 'decoder';
  private readonly seed: number | undefined;
  private readonly outputWidth: number | undefined;
  private readonly rules: Rules<Options>;
  private readonly ownLosses = new OwnLosses(() => console.warn(lossNotTaken(this.where)));
  private readonly named = new NamedWeights(
    () => this.where,
    (name) => name in this.states,
  );
  private expectUpdate: () => void = () => {};

  /**
   * Checks the options; the weights are made when the layer first sees the width of its input.
   *
   * @param args every layer's options and the architecture's own
   * @param rules what the architecture's own options take, and their defaults
   * @throws SAE_OPTION for an unknown option, a missing one, or a wrong value.
   */
  constructor(args: SAELayerArgs & Options, rules: Rules<Options>) {
    const { className } = new.target as unknown as { className: string };
    const checked = checkOptions<SAELayerOptions & Pick<LayerArgs, 'name'>>(
      className,
      { ...OWN_RULES, ...rules },
      args,
      TFJS_OPTIONS,
    );
    super({ ...args, name: checked.name ?? freshName(className) });
    const { name: _, encodingDim, outputDim, skip, returns, normalize, seed, ...given } = checked;
    const { auxK, auxKWeight, deadAfter, resampleEvery, decoderRows, projectGradient, ...others } =
      given;
    const { encoderStart, ...options } = others;
    this.revival = { auxK, auxKWeight, deadAfter, resampleEvery };
    this.decoderOptions = { decoderRows, projectGradient };
    this.encodingDim = encodingDim;
    this.outputWidth = outputDim;
    this.skip = skip;
    this.isTranscoder = skip || outputDim !== undefined;
    this.returns = returns;
    this.normalize = normalize;
    if (this.isTranscoder && normalize !== 'none') {
      const advice = 'Normalise rows and targets before, or leave out what makes a transcoder.';
      throw wrongOption(`${className}.normalize`, '"none" of a transcoder', normalize, advice);
    }
    checkStart(className, { encoderStart }, this.isTranscoder);
    this.encoderStart = encoderStart;
    this.seed = seed;
    this.rules = rules;
    this.options = this.checkTogether(options as Required<Options>);
    checkProjection(className, this.decoderOptions, this.decoderRows);
    this.supportsMasking = true;
    this.addLoss(() => this.ownLosses.take());
  }

  static {
    brand(SparseAutoencoderLayer, 'SparseAutoencoderLayer');
  }

  // ── what an architecture says ──────────────────────────────────────────────────────────────

  /**
   * Checks what no rule of one option can say, and fills in defaults that depend on others. For the
   * options at the start, and after each `setOption`; nothing but `encodingDim` and `decoderOptions` is
   * there yet.
   *
   * @param options the architecture's own, each checked by its rule
   * @returns what the options are to be; the same by default
   * @throws SAE_OPTION for options that do not go together.
   */
  protected checkTogether(options: Required<Options>): Required<Options> {
    return options;
  }

  /** The encoder's weights; the decoder's W_dec and b_dec follow. */
  abstract readonly encoder: EncoderSpec;

  /** What it learns without a gradient, by name; nothing by default. Saved after `b_dec`. */
  get state(): Readonly<Record<string, StateSpec>> {
    return {};
  }

  /**
   * The numbers of features of nested dictionaries, rising up to all, each of which reconstructs the rows
   * for itself; undefined, the default, for one dictionary alone.
   */
  get prefixes(): readonly number[] | undefined {
    return undefined;
  }

  /** The same in the next step of training; the same numbers by default, and always as many. */
  get trainedPrefixes(): readonly number[] | undefined {
    return this.prefixes;
  }

  /**
   * Whether it counts the rows since each feature has fired, so that the loss knows those that are dead,
   * though it revives none; false by default. It is the same for the whole life of the layer.
   */
  protected get watchesDead(): boolean {
    return false;
  }

  /** The loss's parts, in the order of the logs: they and their weights are read anew at each step. */
  abstract get terms(): readonly Term[];

  /**
   * The codes, and what else the loss is of. In differentiable operations.
   *
   * @param p the encoder's products, `(x − b_dec) · W` or a transcoder's `x · W`, `[batch, features]`
   * @param training whether a step follows: where codes of a batch are chosen among one another
   * @returns tensors `[batch, features]`; the caller disposes them, best by calling from within `tf.tidy`.
   */
  abstract activate(p: tf.Tensor2D, training: boolean): Activation<Own, Details>;

  /**
   * The derivatives of the loss by the products and by the encoder's vectors.
   *
   * @param saved what `activate` has saved, and the codes
   * @param d the derivatives by what `activate` has given
   * @returns the caller disposes them, best by calling from within `tf.tidy`.
   */
  abstract differentiate(saved: Saved<Own>, d: ActivationGradient): ProductGradient;

  /**
   * What a step teaches `state`.
   *
   * @param _seen of the step's batch
   * @returns new values, by name; the caller disposes them, best by calling from within `tf.tidy`.
   */
  learn(_seen: Seen): Readonly<Record<string, tf.Tensor>> {
    return {};
  }

  /** Whether the decoder's rows keep norm 1, as they do by default, or are free, where nobody says which. */
  protected get usualRows(): 'unit' | 'free' {
    return 'unit';
  }

  /** What follows every optimizer step: the decoder's rows are brought back to norm 1, vectors into bounds. */
  afterStep(): void {
    tf.tidy(() => {
      if (this.wDec.trainable && this.decoderRows === 'unit')
        this.wDec.write(unitRows(this.read('W_dec')));
      for (const [name, { least }] of Object.entries(this.encoder.vectors)) {
        const vector = this.weight(name);
        if (least !== undefined && vector.trainable) vector.write(tf.maximum(vector.read(), least));
      }
    });
  }

  /**
   * How the kernels compute the same; undefined where there are none. Whoever extends an
   * architecture and changes its mathematics gives undefined here.
   */
  get kernels(): KernelSpec | undefined {
    return undefined;
  }

  // ── what follows from it ───────────────────────────────────────────────────────────────────

  /** Whether the decoder's rows are brought back to norm 1 after every step, or are free. */
  get decoderRows(): 'unit' | 'free' {
    return this.decoderOptions.decoderRows ?? this.usualRows;
  }

  /**
   * Whether the gradient of a decoder row loses its part along the row.
   *
   * @internal
   */
  get projectsGradient(): boolean {
    return this.decoderOptions.projectGradient === true;
  }

  /**
   * All parts of the loss, the revival of dead features among them.
   *
   * @internal
   */
  get lossTerms(): readonly Term[] {
    return this.revival.auxK > 0 ? [...this.terms, ...revivalTerms(this.revival)] : this.terms;
  }

  /**
   * All that is learnt without a gradient, in the order of files.
   *
   * @internal
   */
  get states(): Readonly<Record<string, StateSpec>> {
    return {
      ...this.state,
      ...(this.countsRows ? REVIVAL_STATE : {}),
      ...(this.normalize === 'mean-norm' ? SCALE_STATE : {}),
    };
  }

  private get countsRows(): boolean {
    return this.marksDead || this.revival.resampleEvery > 0;
  }

  /** Whether the loss asks which features are dead. */
  private get marksDead(): boolean {
    return this.watchesDead || this.revival.auxK > 0;
  }

  /** The names of the loss's parts, in the order of the logs. */
  get termNames(): string[] {
    return this.lossTerms.map(({ name }) => name);
  }

  /**
   * 1 for each feature that is dead, `[features]`; undefined where the loss does not ask.
   *
   * @returns the caller disposes it.
   * @internal
   */
  dead(): tf.Tensor1D | undefined {
    if (!this.marksDead) return undefined;
    return deadOf(this.read(SINCE_FIRED), this.revival);
  }

  /**
   * What follows a step for all that is learnt without a gradient.
   *
   * @returns new values, by name; the caller disposes them, best by calling from within `tf.tidy`.
   * @internal
   */
  nextStates(seen: Seen): Readonly<Record<string, tf.Tensor>> {
    if (!this.countsRows) return this.learn(seen);
    const since = tf.add(this.read(SINCE_FIRED), seen.rows);
    const next = tf.mul(since, tf.sub(1, tf.step(seen.firing)));
    return { ...this.learn(seen), [SINCE_FIRED]: next };
  }

  /**
   * The same from the codes `[batch, features]` of a step; nothing of a dictionary that learns nothing so.
   *
   * @returns new values, by name; the caller disposes them, best by calling from within `tf.tidy`.
   * @internal
   */
  statesAfter(codes: tf.Tensor2D): Readonly<Record<string, tf.Tensor>> {
    return Object.keys(this.states).length > 0 ? this.nextStates(seenIn(codes)) : {};
  }

  /**
   * The variables of what is learnt without a gradient, in the order of `states`.
   *
   * @internal
   */
  get stateVariables(): LayerVariable[] {
    return Object.keys(this.states).map((name) => this.weight(name));
  }

  /**
   * Writes what `nextStates` gave, which stays the caller's.
   *
   * @internal
   */
  writeStates(next: Readonly<Record<string, tf.Tensor>>): void {
    for (const [name, value] of Object.entries(next)) this.weight(name).write(value);
  }

  /**
   * The codes of rows, and how the encoder came to them. In differentiable operations.
   *
   * @param x `[batch, inputDim]`, float32
   * @returns tensors `[batch, features]` by name, `codes` among them; the caller disposes them.
   */
  encodeDetailed(x: tf.Tensor2D): Encoding<Details> {
    return tf.tidy(() => encoding(this, into(frameOf(this, x), x))) as Encoding<Details>;
  }

  /**
   * Codes, reconstruction and loss of rows, all of them normalised.
   *
   * @param x the rows, `[batch, inputDim]`
   * @param target what the reconstructions are to be, `[batch, outputDim]`: an autoencoder's rows themselves
   * @param training whether a step follows; false by default
   * @returns all of the pass; the caller disposes it, best by calling from within `tf.tidy`.
   * @internal
   */
  forward(x: tf.Tensor2D, target: tf.Tensor2D, training = false): Pass {
    return forward(this, x, target, training);
  }

  /**
   * The gradients of one pass, from what it saved.
   *
   * @param saved what `forward` has kept
   * @param upstream what comes back from behind the layer
   * @returns the gradients; the caller disposes them, best by calling from within `tf.tidy`.
   * @internal
   */
  backward(saved: Saved, upstream: Upstream): Gradients {
    return backward(this, saved, upstream);
  }

  /**
   * Width of the rows.
   *
   * @throws SAE_STATE before the layer is built, as it is when it first meets an input.
   */
  get inputDim(): number {
    return this.weight(this.encoder.matrix).shape[0] as number;
  }

  /**
   * Width of what it makes of them: the same, unless `outputDim` says otherwise.
   *
   * @throws SAE_STATE before the layer is built, as it is when it first meets an input.
   */
  get outputDim(): number {
    return this.wDec.shape[1] as number;
  }

  /** The dictionary: `[features, outputDim]`, a row a feature, each of norm 1 once trained unless they are free. */
  get wDec(): LayerVariable {
    return this.weight('W_dec');
  }

  /** What the reconstruction starts from: `[outputDim]`. */
  get bDec(): LayerVariable {
    return this.weight('b_dec');
  }

  /**
   * The sparse codes of rows. Unlike a model's own `encode` it lets NaN through.
   *
   * @typeParam T the rank of the rows
   * @param x `[..., inputDim]`, float32
   * @returns `[..., features]`; the caller disposes them.
   * @throws SAE_STATE before the layer is built; SAE_SHAPE or SAE_DATA for rows of another form.
   */
  encode<T extends tf.Tensor>(x: T): T {
    assertRows(this.where, x, this.inputDim);
    return tf.tidy(() => inLeadingDims(x, (rows) => this.encodeDetailed(rows).codes));
  }

  /**
   * Rows from codes: `codes · W_dec + b_dec`. The skip connection is not of codes and not in it, and
   * where each row is normalised by itself, neither is the way back, which is the row's.
   *
   * @typeParam T the rank of the codes
   * @param codes `[..., features]`, float32
   * @returns `[..., outputDim]`; the caller disposes them.
   * @throws SAE_STATE before the layer is built; SAE_SHAPE or SAE_DATA for codes of another form.
   */
  decode<T extends tf.Tensor>(codes: T): T {
    assertRows(this.where, codes, this.encodingDim);
    return tf.tidy(() =>
      inLeadingDims(codes, (rows) => outOf(scaleFrame(this), decoding(this, rows))),
    );
  }

  /**
   * Gives one of the architecture's own options another value, from the very next step on: λ, `k`,
   * `bandwidth` and the like, which its rules call `changeable`. A saved model keeps it.
   *
   * @param name the option
   * @param value what the option takes
   * @throws SAE_OPTION for an option that there is not or that does not change, or a wrong value; the
   * options are then as they were.
   */
  setOption(name: string, value: unknown): void {
    const changed = withOption(this.getClassName(), this.rules, this.options, name, value);
    Object.assign(this.options, this.checkTogether(changed));
  }

  /**
   * Changes λ, the weight of the sparsity penalty, from the very next step on.
   *
   * @param lambdaSparse a finite number ≥ 0
   * @throws SAE_OPTION where the architecture has no such penalty, or for a wrong value.
   */
  setLambda(lambdaSparse: number): void {
    this.setOption('lambdaSparse', lambdaSparse);
  }

  /**
   * Has `sync` called before the weights are read: for whoever keeps newer ones elsewhere.
   *
   * @internal
   */
  syncBeforeReading(sync: () => void): void {
    this.named.beforeReading = sync;
  }

  /**
   * The weights that have a gradient, in the order of files, as they were last written.
   *
   * @internal
   */
  get variables(): LayerVariable[] {
    return this.named.learntByGradient;
  }

  /**
   * The same with their own names.
   *
   * @internal
   */
  get namedWeights(): readonly (readonly [string, LayerVariable])[] {
    return this.named.entries;
  }

  /** Every weight, brought up to date, in the order of files: the encoder's, `W_dec`, `b_dec`. */
  override get weights(): LayerVariable[] {
    this.named.beforeReading();
    return super.weights;
  }

  /**
   * One gradient for each trainable weight, in the order of `trainableWeights`, as an optimizer is to have
   * it: that of the decoder's rows across them, where it is to be so.
   *
   * @returns the caller disposes them, best by calling from within `tf.tidy`.
   * @internal
   */
  gradientList({ weights }: Gradients): tf.Tensor[] {
    return this.named.trainable.map((name) => {
      const gradient = weights[name] as tf.Tensor;
      const isProjected = name === 'W_dec' && this.projectsGradient;
      return isProjected ? acrossRows(gradient as tf.Tensor2D, this.read(name)) : gradient;
    });
  }

  // ── what tfjs-layers asks for ──────────────────────────────────────────────────────────────

  /**
   * Makes the weights, once the width of the input is known, and gives them the values of the
   * option `weights`, if any; tfjs calls it.
   *
   * @param inputShape `[batch, ..., inputDim]`
   * @throws SAE_SHAPE for input without a width, or `weights` of other shapes; SAE_OPTION where a
   * matrix of that size cannot be.
   */
  override build(inputShape: Shape | Shape[]): void {
    const inputDim = this.checkedShape(inputShape).at(-1) as number;
    const outputDim = this.outputWidth ?? inputDim;
    checkSizes(this.getClassName(), inputDim, outputDim, this);
    checkBackend(this.getClassName());
    weightSpecs(this, inputDim, outputDim).forEach((spec, i) => {
      // Each weight its own seed: equal ones would give equal numbers.
      const initializer = initializerOf(spec, this.seed === undefined ? undefined : this.seed + i);
      const { name, shape, trainable } = spec;
      const weight = this.addWeight(name, shape, 'float32', initializer, undefined, trainable);
      this.named.add(name, weight);
    });
    if (this.encoderStart === 'decoder')
      startFromDecoder(this.wDec, this.weight(this.encoder.matrix));
    const last = this.bDec.read() as tf.Variable;
    this.expectUpdate = afterOptimizerUpdate(last, () => this.afterStep());
    this.inputSpec = [new InputSpec({ minNDim: 2, axes: { [-1]: inputDim } })];
    super.build(inputShape);
    // tfjs sets them after `build` only where it calls `apply`: a wrapper around the layer does not.
    const given = this as unknown as { initialWeights: tf.Tensor[] | null };
    if (given.initialWeights) this.setWeights(given.initialWeights);
    given.initialWeights = null;
  }

  /**
   * The shape of what the layer hands on.
   *
   * @param inputShape `[batch, ..., inputDim]`
   * @returns the same with `outputDim` for `inputDim`, or with `features` where the layer hands on codes
   * @throws SAE_SHAPE for input of another form.
   */
  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const shape = this.checkedShape(inputShape);
    const output = this.outputWidth ?? (shape.at(-1) as number);
    return [...shape.slice(0, -1), this.returns === 'codes' ? this.encodingDim : output];
  }

  /**
   * What the layer hands on; while a model trains it, it also adds its own loss.
   *
   * @param inputs the rows, `[batch, ..., inputDim]`
   * @param kwargs whether a training is going on, from tfjs
   * @returns `[batch, ..., outputDim]`, or codes `[batch, ..., features]`; the caller disposes it.
   * @throws SAE_SHAPE for input of another form; SAE_STATE for a transcoder that a model is to train,
   * whose target is not there.
   */
  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Kwargs): tf.Tensor {
    const x = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor;
    this.invokeCallHook(inputs, kwargs);
    this.checkedShape(x.shape);
    const training = kwargs?.['training'] && this.trainableWeights.length > 0;
    const tape = training ? recordingTape() : undefined;
    if (tape && this.isTranscoder) throw noTarget(this.where);
    return tf.tidy(() =>
      inLeadingDims(x, (rows) => {
        if (tape === undefined) {
          const codes = this.encode(rows);
          if (this.returns === 'codes') return codes;
          const decoded = outOf(frameOf(this, rows), decoding(this, codes));
          const skipped = skipping(this, rows);
          return skipped ? tf.add(decoded, skipped) : decoded;
        }
        if (this.normalize === 'mean-norm') this.writeStates({ [SCALE]: scaleAfter(this, rows) });
        const { output, loss } = this.trainingCall(rows, (codes) => this.learnFrom(codes));
        this.ownLosses.add(loss, x, tape);
        this.expectUpdate();
        return output;
      }),
    );
  }

  /**
   * Applies the layer to rows, or to what stands for them in a model that is being made.
   *
   * @param inputs the rows `[batch, ..., inputDim]`, as a tensor or a symbolic one
   * @param kwargs what `call` is to be told, from tfjs
   * @returns what `call` does of a tensor; of a symbolic one another
   * @throws SAE_SHAPE or SAE_DATA for input of another form, or several inputs.
   */
  override apply(inputs: Applied, kwargs?: Kwargs): Applied {
    this.assertNotDisposed();
    const given: unknown[] = Array.isArray(inputs) ? inputs : [inputs];
    if (given.length !== 1) throw wrongInputs(this.where, given.length);
    const [x] = given;
    if (!(x instanceof SymbolicTensor))
      assertRows(this.where, x, this.built ? this.inputDim : null);
    else this.checkedShape(x.shape);
    return super.apply(inputs, kwargs);
  }

  /**
   * The mask of what the layer hands on: that of its input. tfjs calls it after `call`; masked rows
   * are computed as all others are, but do not count in the layer's own loss.
   *
   * @param inputs what `call` was given
   * @param mask true for what counts, `[batch]` or `[batch, steps]`; or none
   */
  override computeMask(
    inputs: tf.Tensor | tf.Tensor[],
    mask?: tf.Tensor | tf.Tensor[],
  ): tf.Tensor | tf.Tensor[] {
    const [x, given] = [inputs, mask].map((t) => (Array.isArray(t) ? t[0] : t));
    if (x && given) {
      this.ownLosses.maskLast(x, given, (rows) => this.trainingCall(rows).loss);
    }
    return super.computeMask(inputs, mask);
  }

  private trainingCall(rows: tf.Tensor2D, onCodes?: (codes: tf.Tensor2D) => void) {
    const weights = this.trainableWeights.map((w) => w.read());
    const frame = frameOf(this, rows);
    const seen = into(frame, rows);
    const { output, loss } = trainingCall(this, seen, this.returns, weights, onCodes);
    return { output: this.returns === 'codes' ? output : outOf(frame, output), loss };
  }

  /** What follows in others' models, where nobody knows whether the step will be finite. */
  private learnFrom(codes: tf.Tensor2D): void {
    this.writeStates(this.statesAfter(codes));
  }

  /**
   * The options by which this dictionary differs from others of its size: of an autoencoder none that
   * makes a transcoder, none of a revival where there is none, and no rows that are as usual.
   *
   * @internal
   */
  get ownConfig(): tf.serialization.ConfigDict {
    return {
      ...(this.outputWidth === undefined ? {} : { outputDim: this.outputWidth }),
      ...(this.skip ? { skip: true } : {}),
      ...(this.options as tf.serialization.ConfigDict),
      ...revivalConfig(this.revival, this.countsRows),
      ...(this.decoderRows === this.usualRows ? {} : { decoderRows: this.decoderRows }),
      ...(this.projectsGradient ? { projectGradient: true } : {}),
      ...(this.normalize === 'none' ? {} : { normalize: this.normalize }),
      ...(this.encoderStart === 'decoder' ? { encoderStart: 'decoder' } : {}),
    };
  }

  /** What `fromConfig` makes the layer anew with, without its weights: its options by their names. */
  override getConfig(): tf.serialization.ConfigDict {
    return {
      ...super.getConfig(),
      encodingDim: this.encodingDim,
      returns: this.returns,
      ...this.ownConfig,
      ...(this.seed === undefined ? {} : { seed: this.seed }),
    };
  }

  /**
   * A layer from what `getConfig` gave; tfjs calls it when it loads a model.
   *
   * @typeParam T the layer's class
   * @param cls the layer's class
   * @param config its options
   * @throws SAE_OPTION for options that are none, as its constructor does.
   */
  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    const { customObjects: _, ...args } = config;
    return new cls(args);
  }

  /**
   * Gives the layer other weights, which are copied.
   *
   * @param weights in the order of `weights`; they stay the caller's
   * @throws SAE_SHAPE for another number of weights, or one of another shape.
   */
  override setWeights(weights: tf.Tensor[]): void {
    this.named.checkAll(this.weights, weights);
    super.setWeights(weights);
  }

  /**
   * Gives up the weights, and what it holds of a training that was broken off. What is disposed
   * already stays so.
   */
  override dispose(): ReturnType<layers.Layer['dispose']> {
    if (this._refCount === 0) return { refCountAfterDispose: 0, numDisposedVariables: 0 };
    this.ownLosses.dispose();
    const result = super.dispose();
    if (this._refCount === 0) this.named.beforeReading = () => this.assertNotDisposed();
    return result;
  }

  /**
   * @throws SAE_STATE after `dispose`.
   * @internal
   */
  protected override assertNotDisposed(): void {
    if (this._refCount === 0) throw disposedModel(this.where);
  }

  // ── checks ─────────────────────────────────────────────────────────────────────────────────

  /**
   * Whether a tensor can be the weight of this name.
   *
   * @throws SAE_SHAPE where it cannot.
   * @internal
   */
  checkWeight(name: string, given: tf.Tensor): void {
    this.named.check(name, given);
  }

  /**
   * The variable of a weight, brought up to date.
   *
   * @param name as `encoder` gives it, or `W_dec`, `b_dec`
   * @throws SAE_STATE before the layer is built.
   */
  protected weight(name: string): LayerVariable {
    return this.named.of(name);
  }

  /**
   * The value of a weight.
   *
   * @typeParam T its rank
   * @param name as `encoder` gives it, or `W_dec`, `b_dec`
   * @returns a tensor that stays the layer's: not to be disposed.
   * @throws SAE_STATE before the layer is built.
   */
  read<T extends tf.Tensor>(name: string): T {
    return this.weight(name).read() as T;
  }

  private get where(): string {
    return `${this.getClassName()} "${this.name}"`;
  }

  private checkedShape(inputShape: Shape | Shape[]): Shape {
    return rowsShape(this.where, inputShape, this.built ? this.inputDim : null);
  }
}

handOverAllSteps(
  (layer) =>
    layer instanceof SparseAutoencoderLayer ||
    (layer as { sae?: unknown }).sae instanceof SparseAutoencoderLayer,
);
tellOfKerasLayers();
