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

/** Options of every tfjs layer: `name`, `inputShape`, `trainable`, `weights` and the like. */
export type LayerArgs = NonNullable<ConstructorParameters<typeof layers.Layer>[0]>;

/** Options of every sparse-autoencoder layer besides those of tfjs's layers. */
export interface SAELayerOptions extends DictionaryOptions {
  /** What the layer outputs: the `'reconstruction'` of its input, the default, or the `'codes'`. */
  returns?: 'reconstruction' | 'codes';
}

/** Options of every sparse-autoencoder layer, including those of tfjs's layers. */
export type SAELayerArgs = LayerArgs & SAELayerOptions;

type CheckedHere = SAELayerOptions & Pick<LayerArgs, 'name'>;
const OWN_RULES: Rules<CheckedHere> = {
  name: optional(tensorName),
  ...DICTIONARY_RULES,
  returns: oneOf<'reconstruction' | 'codes'>(['reconstruction', 'codes'], 'reconstruction'),
};
/** The options that tfjs accepts for every layer, and checks. */
export const TFJS_OPTIONS = [
  ...['trainable', 'inputShape', 'batchInputShape', 'batchSize'],
  ...['dtype', 'inputDType', 'weights', 'updatable'],
];

/**
 * A layer as its architecture defines it: its options, its weights, the terms of its loss, the
 * computation for each pair of a row and a feature, and what it learns without a gradient.
 */
export abstract class ArchitectureLayer<
  Options extends object,
  Own extends tf.NamedTensorMap,
  Details extends tf.NamedTensorMap,
> extends WeightedLayer {
  /** Number of features in the dictionary. */
  readonly encodingDim: number;
  /** Whether its target differs from its input, as set by `outputDim` or `skip`. */
  readonly isTranscoder: boolean;
  /** Whether it subtracts `b_dec` from rows before encoding them. */
  readonly centred: boolean;
  /** Whether `x · W_skip` is added to the reconstruction. */
  readonly skip: boolean;
  /** What the layer outputs. */
  readonly returns: 'reconstruction' | 'codes';
  /** How rows are normalized before they are encoded. */
  readonly normalize: Normalization;
  /** The architecture's own options, with the defaults filled in: `{lambdaSparse, auxWeight}`. */
  readonly options: Required<Options>;
  /**
   * How dead features are revived.
   *
   * @internal
   */
  readonly revival: Revival;
  /**
   * The user's options for decoder rows, if given.
   *
   * @internal
   */
  protected readonly decoderOptions: DecoderOptions;
  /**
   * The initial values of the encoder's matrix.
   *
   * @internal
   */
  readonly encoderStart: 'glorot' | 'decoder';
  /**
   * The seed of the initial weights.
   *
   * @internal
   */
  protected readonly seed: number | undefined;
  /**
   * The width of reconstructions, if given.
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

  // ── defined by an architecture ─────────────────────────────────────────────────────────────

  /**
   * Checks what the rule of a single option cannot check, and fills in defaults that depend on
   * other options. Called for the initial options and after each `setOption`; only `encodingDim`
   * and `decoderOptions` are available yet.
   *
   * @param options the architecture's own options, each checked by its rule
   * @returns the options to use; the same by default
   * @throws SAE_OPTION for options that exclude each other.
   */
  protected checkTogether(options: Required<Options>): Required<Options> {
    return options;
  }

  /** What it learns without a gradient, by name; nothing by default. Saved after `b_dec`. */
  get state(): Readonly<Record<string, StateSpec>> {
    return {};
  }

  /**
   * The numbers of features of nested dictionaries, ascending up to all, each of which reconstructs
   * the rows by itself; undefined, the default, for a single dictionary.
   */
  get prefixes(): readonly number[] | undefined {
    return undefined;
  }

  /** The numbers of features in the next training step; the same by default, and always as many. */
  get trainedPrefixes(): readonly number[] | undefined {
    return this.prefixes;
  }

  /**
   * Whether it counts the rows since each feature last fired, so that the loss knows the dead ones,
   * even if it revives none; false by default. It must be constant for the layer's lifetime.
   */
  protected get watchesDead(): boolean {
    return false;
  }

  /**
   * The terms of the loss, in the order of the logs; they and their weights are read again at each
   * step.
   */
  abstract get terms(): readonly Term[];

  /**
   * Returns the codes, and the other parts of the loss. Uses differentiable operations only.
   *
   * @param p the encoder's products, `(x − b_dec) · W`, or `x · W` if rows are not centred,
   *   `[batch, features]`
   * @param training whether a step follows: relevant if codes of a batch are chosen together
   * @returns tensors `[batch, features]`; the caller disposes them, best by calling from within `tf.tidy`.
   */
  abstract activate(p: tf.Tensor2D, training: boolean): Activation<Own, Details>;

  /**
   * Returns the derivatives of the loss with respect to the products and the encoder's vectors.
   *
   * @param saved what `activate` saved, and the codes
   * @param d the derivatives with respect to what `activate` returned
   * @returns the caller disposes them, best by calling from within `tf.tidy`.
   */
  abstract differentiate(saved: Saved<Own>, d: ActivationGradient): ProductGradient;

  /**
   * Returns new values for `state` after a step.
   *
   * @param _seen what the step has observed of its batch
   * @returns new values, by name; the caller disposes them, best by calling from within `tf.tidy`.
   */
  learn(_seen: Seen): Readonly<Record<string, tf.Tensor>> {
    return {};
  }

  /** The default of `decoderRows`: whether the decoder's rows keep norm 1 or are free. */
  protected get usualRows(): 'unit' | 'free' {
    return 'unit';
  }

  /**
   * Called after every optimizer step: rescales the decoder's rows to norm 1, and clips vectors to
   * their bounds.
   */
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
   * How the kernels compute the same; undefined if there are none. A class that extends an
   * architecture and changes its computation returns undefined here.
   */
  get kernels(): KernelSpec | undefined {
    return undefined;
  }

  // ── derived from it ────────────────────────────────────────────────────────────────────────

  /** Whether the decoder's rows are rescaled to norm 1 after every step, or are free. */
  get decoderRows(): 'unit' | 'free' {
    return this.decoderOptions.decoderRows ?? this.usualRows;
  }

  /**
   * Whether the gradient of a decoder row loses its component along the row.
   *
   * @internal
   */
  get projectsGradient(): boolean {
    return this.decoderOptions.projectGradient === true;
  }

  /**
   * All terms of the loss, including the revival of dead features.
   *
   * @internal
   */
  get lossTerms(): readonly Term[] {
    return this.revival.auxK > 0 ? [...this.terms, ...revivalTerms(this.revival)] : this.terms;
  }

  /**
   * Everything that is learnt without a gradient, in the order of files.
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

  /** Whether the loss needs to know which features are dead. */
  private get marksDead(): boolean {
    return this.watchesDead || this.revival.auxK > 0;
  }

  /** The names of the loss's terms, in the order of the logs. */
  get termNames(): string[] {
    return this.lossTerms.map(({ name }) => name);
  }

  /**
   * Returns 1 for each dead feature, `[features]`; undefined if the loss does not need it.
   *
   * @returns the caller disposes it.
   * @internal
   */
  dead(): tf.Tensor1D | undefined {
    if (!this.marksDead) return undefined;
    return deadOf(this.read(SINCE_FIRED), this.revival);
  }

  /**
   * Returns new values of everything that is learnt without a gradient, after a step.
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
   * Returns the same from the codes `[batch, features]` of a step; nothing for a dictionary without
   * such values.
   *
   * @returns new values, by name; the caller disposes them, best by calling from within `tf.tidy`.
   * @internal
   */
  statesAfter(codes: tf.Tensor2D): Readonly<Record<string, tf.Tensor>> {
    return Object.keys(this.states).length > 0 ? this.nextStates(seenIn(codes)) : {};
  }

  /**
   * Sets one of the architecture's own options (λ, `k`, `bandwidth` and the like, which its rules
   * call `changeable`) from the next step on. A saved model keeps the new value.
   *
   * @param name the option's name
   * @param value the new value
   * @throws SAE_OPTION for an unknown option, one that cannot be changed, or a wrong value; the
   *   options then stay as they were.
   */
  setOption(name: string, value: unknown): void {
    const changed = withOption(this.getClassName(), this.rules, this.options, name, value);
    Object.assign(this.options, this.checkTogether(changed));
  }

  /**
   * Sets λ, the weight of the sparsity penalty, from the next step on.
   *
   * @param lambdaSparse a finite number ≥ 0
   * @throws SAE_OPTION if the architecture has no such penalty, or for a wrong value.
   */
  setLambda(lambdaSparse: number): void {
    this.setOption('lambdaSparse', lambdaSparse);
  }

  /**
   * The options by which this dictionary differs from others of its size: without options of
   * transcoders for an autoencoder, of a revival if there is none, and of decoder rows if they have
   * the default.
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

/** Returns what codes `[batch, features]` show of their batch; the caller disposes it. */
export function seenIn(codes: tf.Tensor2D): Seen {
  const fires = tf.step(codes); // [batch, features]
  const nothing = tf.sub(1, fires);
  // If a feature does not fire, the largest code stands in, which is not below the smallest.
  const least = tf.min(tf.add(codes, tf.mul(nothing, tf.max(codes)))) as tf.Scalar;
  return { rows: codes.shape[0], firing: tf.sum<tf.Tensor1D>(fires, 0), least };
}
