import * as tf from '@tensorflow/tfjs-core';
import { brand } from '../brand';
import { twoCopies, twoOfUs } from '../errors';
import type { SAELayerArgs, SparseAutoencoderLayer } from '../layers/sparseAutoencoder';
import type { AnyRules } from '../options';
import type { SAEModelArgs } from './args';
import type { SAEModel } from './saeModel';

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
}

/** Every architecture there is, by the short name that the command line uses: `gated`, `relu`. */
export const ARCHITECTURES: Readonly<Record<string, Architecture>> = {};

/**
 * Makes an architecture known: to tfjs, which loads models by class name, and to all that works
 * on every architecture.
 *
 * @param name its short name, for the command line
 * @param layer its layer
 * @param model its model
 * @param rules of the options that are its own
 * @param recipe how it is trained well; the defaults of its options if it does not say
 */
export function registerArchitecture(
  name: string,
  layer: Architecture['layer'],
  model: Architecture['model'],
  rules: AnyRules,
  recipe: Recipe = {},
): void {
  warnOfCopies();
  const optionNames = Object.keys(rules);
  (ARCHITECTURES as Record<string, Architecture>)[name] = { layer, model, optionNames, recipe };
  for (const cls of [layer, model]) brand(cls, cls.className);
  tf.serialization.registerClass(layer as unknown as RegisteredClass);
  tf.serialization.registerClass(model as unknown as RegisteredClass);
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
