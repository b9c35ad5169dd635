import * as tf from '@tensorflow/tfjs-core';
import { brand } from '../brand';
import { twoCopies, twoOfUs, wrongOption } from '../errors';
import { type SAELayerArgs, SparseAutoencoderLayer } from '../layers/sparseAutoencoder';
import type { AnyRules } from '../options';
import type { SAEModelArgs } from './args';
import { SAEModel } from './saeModel';

/**
 * A class that makes layers or models.
 *
 * @typeParam Args what its constructor takes
 * @typeParam Instance what it makes
 */
export type ClassOf<Args, Instance> = {
  /**
   * Makes one.
   *
   * @param args its options
   * @throws SAE_OPTION for an unknown option, a missing one, or a wrong value.
   */
  new (args: Args): Instance;
  /** The name that tfjs saves and loads it by. */
  readonly className: string;
};

/** One kind of sparse autoencoder: as a layer for other models, and as a model of its own. */
export interface Architecture {
  /** The layer, for models of your own. */
  readonly layer: ClassOf<SAELayerArgs, SparseAutoencoderLayer>;
  /** The model. */
  readonly model: ClassOf<SAEModelArgs, SAEModel>;
  /** The options that are its own, which both take beside those of every architecture. */
  readonly optionNames: readonly string[];
  /** How it is trained well. */
  readonly recipe: Recipe;
}

/** How an architecture is trained well: what `gated-sae quickstart` gives it. */
export interface Recipe {
  /** The name of its option that makes codes sparser, which `--lambda` sets; none if it has none. */
  readonly sparsityWeight?: string;
  /** Options of its own with a better value than their defaults; none by default. */
  readonly options?: Readonly<Record<string, number>>;
  /** Options that are better so where an L0 is asked for; none by default. */
  readonly optionsForL0?: Readonly<Record<string, number>>;
}

/** Every architecture there is, by the short name that the command line uses: `gated`, `relu`. */
export const ARCHITECTURES: Readonly<Record<string, Architecture>> = {};

/**
 * Makes an architecture known: to tfjs, which loads models by class name, and to all that works
 * on every architecture. One of your own is a layer, a model of three lines, and this call:
 * docs/adding-an-architecture.md goes through one. To register the same classes again changes nothing.
 *
 * @param name its short name, for the command line: lower-case letters and digits
 * @param layer its layer, which extends {@link SparseAutoencoderLayer}
 * @param model its model, which extends {@link SAEModel}
 * @param rules of the options that are its own
 * @param recipe how it is trained well; the defaults of its options if it does not say
 * @throws SAE_OPTION for a name that is none or is another architecture's, for classes that extend
 * something else, and for a class name that is another class's.
 * @example
 * ```ts
 * import { ARCHITECTURES, registerArchitecture, ReluSAELayer, SAEModel } from 'gated-sae-tfjs';
 * import type { SAEModelArgs } from 'gated-sae-tfjs';
 * class MySAELayer extends ReluSAELayer {
 *   static override readonly className = 'MySAELayer';
 *   // … what it does otherwise: terms, activate, differentiate
 * }
 * class MySAE extends SAEModel<MySAELayer> {
 *   static override readonly className = 'MySAE';
 *   constructor(args: SAEModelArgs) {
 *     super(args, MySAELayer, {});
 *   }
 * }
 * registerArchitecture('mine', MySAELayer, MySAE, {});
 * console.log(Object.keys(ARCHITECTURES)); // gated, relu, …, mine
 * ```
 */
export function registerArchitecture(
  name: string,
  layer: Architecture['layer'],
  model: Architecture['model'],
  rules: AnyRules,
  recipe: Recipe = {},
): void {
  warnOfCopies();
  checkRegistration(name, layer, model);
  const known = ARCHITECTURES[name];
  if (known?.layer === layer && known.model === model) return;
  const optionNames = Object.keys(rules);
  (ARCHITECTURES as Record<string, Architecture>)[name] = { layer, model, optionNames, recipe };
  for (const cls of [layer, model]) brand(cls, cls.className);
  tf.serialization.registerClass(layer as unknown as RegisteredClass);
  tf.serialization.registerClass(model as unknown as RegisteredClass);
}

/** @throws SAE_OPTION for what cannot be registered, or would hide what is. */
function checkRegistration(
  name: string,
  layer: Architecture['layer'],
  model: Architecture['model'],
): void {
  const where = 'registerArchitecture';
  if (typeof name !== 'string' || !/^[a-z][a-z0-9]*$/.test(name)) {
    const expected = 'lower-case letters and digits, a letter first';
    throw wrongOption(`${where}.name`, expected, name, 'Give a short name, as "relu".');
  }
  const extended = { layer: SparseAutoencoderLayer, model: SAEModel };
  for (const [of, cls] of Object.entries({ layer, model })) {
    const base = extended[of as keyof typeof extended];
    if (typeof cls !== 'function' || !(cls.prototype instanceof base)) {
      const expected = `a class that extends ${base.name}`;
      throw wrongOption(`${where}.${of}`, expected, cls, 'Give the class itself.');
    }
    if (!Object.hasOwn(cls, 'className')) {
      const advice = `Give it one of its own: static readonly className = '${cls.name}'.`;
      throw wrongOption(`${where}.${of}`, 'a class with a className', cls.name, advice);
    }
  }
  for (const [other, taken] of Object.entries(ARCHITECTURES)) {
    if (taken.layer === layer && taken.model === model && other === name) continue;
    const advice = `Architecture "${other}" has it: give another.`;
    if (other === name) throw wrongOption(`${where}.name`, 'a name of its own', name, advice);
    for (const of of ['layer', 'model'] as const) {
      const { className } = { layer, model }[of];
      if (className !== taken[of].className) continue;
      throw wrongOption(`${where}.${of}`, 'a className of its own', className, advice);
    }
  }
}

type RegisteredClass = tf.serialization.SerializableConstructor<tf.serialization.Serializable>;

/** What the copies of this library that are loaded here know of each other. */
const COPIES = Symbol.for('gated-sae-tfjs.copies');
interface Copies {
  /** Stands for the copy that was loaded first. */
  readonly first: object;
  /** What was said already. */
  readonly told: Set<string>;
}

/** Stands for this copy. */
const own = {};

/**
 * Warns, once, where the program has loaded another copy of tfjs-core before ours, or another copy
 * of this library. Copies of tfjs share their engine and its environment, which is of a class of
 * whichever came first; the registry of classes, by which tfjs loads models, each has for itself.
 */
function warnOfCopies(): void {
  const here = globalThis as { [COPIES]?: Copies };
  here[COPIES] ??= { first: own, told: new Set() };
  const { first, told } = here[COPIES];
  const tell = (what: string, message: string) => {
    if (told.has(what)) return;
    told.add(what);
    console.warn(message);
  };
  if (first !== own) tell('library', twoOfUs());
  if (!(tf.env() instanceof tf.Environment)) tell('tfjs', twoCopies(tf.version_core));
}
