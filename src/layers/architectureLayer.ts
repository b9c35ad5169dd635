import * as tf from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import { unitRows } from '../math/norms';
import { checkOptions, oneOf, optional, type Rules, tensorName, withOption } from '../options';
import type {
  Activation,
  ActivationGradient,
  KernelSpec,
  ProductGradient,
  Saved,
  Seen,
  StateSpec,
  Term,
} from './contract';
import {
  checkProjection,
  checkTranscoder,
  type DecoderOptions,
  DICTIONARY_RULES,
  type DictionaryOptions,
} from './dictionaryOptions';
import { freshName } from './freshName';
import { type Normalization, SCALE_STATE } from './normalization';
import {
  deadOf,
  REVIVAL_STATE,
  type Revival,
  revivalConfig,
  revivalTerms,
  SINCE_FIRED,
} from './revival';
import { WeightedLayer } from './weightedLayer';

/** What tfjs's own layers take: `name`, `inputShape`, `trainable`, `weights` and the like. */
export type LayerArgs = NonNullable<ConstructorParameters<typeof layers.Layer>[0]>;

/** What every sparse-autoencoder layer takes beside tfjs's own layer arguments. */
export interface SAELayerOptions extends DictionaryOptions {
  /** What the layer hands on: `'reconstruction'` of its input, the default, or the `'codes'`. */
  returns?: 'reconstruction' | 'codes';
}

/** What every sparse-autoencoder layer takes, tfjs's own layer arguments among it. */
export type SAELayerArgs = LayerArgs & SAELayerOptions;

type CheckedHere = SAELayerOptions & Pick<LayerArgs, 'name'>;
const OWN_RULES: Rules<CheckedHere> = {
  name: optional(tensorName),
  ...DICTIONARY_RULES,
  returns: oneOf<'reconstruction' | 'codes'>(['reconstruction', 'codes'], 'reconstruction'),
};
/** What tfjs takes of every layer, and checks. */
export const TFJS_OPTIONS = [
  ...['trainable', 'inputShape', 'batchInputShape', 'batchSize'],
  ...['dtype', 'inputDType', 'weights', 'updatable'],
];

/**
 * A layer as its architecture describes it: its options, its weights, the parts of its loss, what a pair of
 * a row and a feature is, and what it learns without a gradient.
 */
export abstract class ArchitectureLayer<
  Options extends object,
  Own extends tf.NamedTensorMap,
  Details extends tf.NamedTensorMap,
> extends WeightedLayer {
  /** Number of features in the dictionary. */
  readonly encodingDim: number;
  /** Whether its target is something else than its input, as `outputDim` or `skip` say. */
  readonly isTranscoder: boolean;
  /** Whether it takes `b_dec` from rows before it encodes them. */
  readonly centred: boolean;
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
  /**
   * What the initial weights follow from.
   *
   * @internal
   */
  protected readonly seed: number | undefined;
  /**
   * The width of what it makes of rows, where it is given.
   *
   * @internal
   */
  protected readonly outputWidth: number | undefined;
  private readonly rules: Rules<Options>;

  /** @throws SAE_OPTION for an unknown option, a missing one, or a wrong value. */
  constructor(args: SAELayerArgs & Options, rules: Rules<Options>) {
    const { className } = new.target as unknown as { className: string };
    const allRules = { ...OWN_RULES, ...rules };
    const checked = checkOptions<CheckedHere>(className, allRules, args, TFJS_OPTIONS);
    super({ ...args, name: checked.name ?? freshName(className) });
    const { name: _, encodingDim, outputDim, skip, returns, normalize, ...more } = checked;
    const { centred, seed, ...given } = more;
    const { auxK, auxKWeight, deadAfter, resampleEvery, ...others } = given;
    const { decoderRows, projectGradient, encoderStart, ...options } = others;
    this.revival = { auxK, auxKWeight, deadAfter, resampleEvery };
    this.decoderOptions = { decoderRows, projectGradient };
    this.encodingDim = encodingDim;
    this.outputWidth = outputDim;
    this.skip = skip;
    this.isTranscoder = skip || outputDim !== undefined;
    this.centred = centred && !this.isTranscoder;
    this.returns = returns;
    this.normalize = normalize;
    this.encoderStart = encoderStart;
    if (this.isTranscoder) checkTranscoder(className, checked);
    this.seed = seed;
    this.rules = rules;
    this.options = this.checkTogether(options as Required<Options>);
    checkProjection(className, this.decoderOptions, this.decoderRows);
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
   * @param p the encoder's products, `(x − b_dec) · W`, or `x · W` where rows are not centred, `[batch, features]`
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
      ...(this.centred || this.isTranscoder ? {} : { centred: false }),
      ...(this.encoderStart === 'decoder' ? { encoderStart: 'decoder' } : {}),
    };
  }
}

/** What codes `[batch, features]` show of their batch; the caller disposes it. */
export function seenIn(codes: tf.Tensor2D): Seen {
  const fires = tf.step(codes); // [batch, features]
  const nothing = tf.sub(1, fires);
  // Where a feature does not fire the largest code stands in, which is not less than the least one.
  const least = tf.min(tf.add(codes, tf.mul(nothing, tf.max(codes)))) as tf.Scalar;
  return { rows: codes.shape[0], firing: tf.sum<tf.Tensor1D>(fires, 0), least };
}
