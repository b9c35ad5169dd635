import * as tf from '@tensorflow/tfjs-core';
import { twoCopies } from '../errors';

let told = false;

/**
 * Warns, once, where the program has loaded another copy of tfjs-core before ours. Copies share
 * their engine and its environment, which is of a class of whichever came first; the registry of
 * classes, by which tfjs loads models, each has for itself.
 */
export function warnOfTwoCopies(): void {
  if (told || tf.env() instanceof tf.Environment) return;
  told = true;
  console.warn(twoCopies(tf.version_core));
}
