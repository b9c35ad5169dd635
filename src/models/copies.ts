import * as tf from '@tensorflow/tfjs-core';
import { twoCopies, twoOfUs } from '../errors';

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
export function warnOfCopies(): void {
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
