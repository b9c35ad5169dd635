import * as tf from '@tensorflow/tfjs-core';
import { brand } from '../brand';
import { twoCopies, twoOfUs, wrongOption } from '../errors';
import { type SAELayerArgs, SparseAutoencoderLayer } from '../layers/sparseAutoencoder';
import type { AnyRules } from '../options';
import type { SAEModelArgs } from './args';
import { SAEModel } from './saeModel';

/**
 * A class that constructs layers or models.
 *
 * @typeParam Args what its constructor takes
 * @typeParam Instance what it constructs
 */
export type ClassOf<Args, Instance> = {
  /**
   * Constructs an instance.
   *
   * @param args its options
   * @throws SAE_OPTION for an unknown option, a missing one, or a wrong value.
   */
  new (args: Args): Instance;
  /** The name under which tfjs saves and loads it. */
  readonly className: string;
};

/** A kind of sparse autoencoder: as a layer for other models, and as a model by itself. */
export interface Architecture {
  /** The layer, for models of your own. */
  readonly layer: ClassOf<SAELayerArgs, SparseAutoencoderLayer>;
  /** The model. */
  readonly model: ClassOf<SAEModelArgs, SAEModel>;
  /**
   * The names of the architecture's own options, which layer and model take besides the common
   * ones.
   */
  readonly optionNames: readonly string[];
  /** Good training settings. */
  readonly recipe: Recipe;
}

/** Good training settings of an architecture: `gated-sae quickstart` uses them. */
export interface Recipe {
  /**
   * The name of the option that makes codes sparser, which `--lambda` sets; undefined if there is
   * none.
   */
  readonly sparsityWeight?: string;
  /**
   * Values for the architecture's own options that work better than the defaults; none by default.
   */
  readonly options?: Readonly<Record<string, number>>;
  /** Values that work better if a target L0 is given; none by default. */
  readonly optionsForL0?: Readonly<Record<string, number>>;
}

/** Every architecture, by the short name that the command line uses: `gated`, `relu`. */
export const ARCHITECTURES: Readonly<Record<string, Architecture>> = {};

/**
 * Registers an architecture with tfjs, which loads models by class name, and with every function
 * here that works on all architectures. An architecture of your own is a layer, a model of three
 * lines, and this call: docs/adding-an-architecture.md walks through one. Registering the same
 * classes again changes nothing.
 *
 * @param name the short name, for the command line: lower-case letters and digits
 * @param layer its layer, which extends {@link SparseAutoencoderLayer}
 * @param model its model, which extends {@link SAEModel}
 * @param rules the rules of the architecture's own options
 * @param recipe good training settings; the options' defaults if omitted
 * @throws SAE_OPTION for an invalid name or that of another architecture, for classes that extend
 *   something else, and for a class name that another class has.
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

/** @throws SAE_OPTION for an architecture that cannot be registered, or that would hide another. */
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

/** What the loaded copies of this library share. */
const COPIES = Symbol.for('gated-sae-tfjs.copies');
interface Copies {
  /** Identifies the copy that was loaded first. */
  readonly first: object;
  /** The warnings that were already given. */
  readonly told: Set<string>;
}

/** Identifies this copy. */
const own = {};

/**
 * Warns once if the program has loaded another copy of tfjs-core before ours, or another copy of
 * this library. Copies of tfjs share their engine and its environment, whose class comes from the
 * copy that loaded first; but each copy has its own registry of classes, by which tfjs loads
 * models.
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
