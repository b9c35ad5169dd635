import * as tf from '@tensorflow/tfjs-core';
import { chooseBackend, findBackend } from '../backends/choose';
import type { Backend } from '../backends/packages';
import { missing } from '../errors';

/**
 * Makes tfjs compute on a backend, for a command.
 *
 * @param wanted a backend's name, or `auto` for the fastest that works
 * @param folders the folders to look for packages from, nearest first
 * @param warn called with a sentence on anything that could be better
 * @returns the backend that is now set.
 * @throws SAE_MISSING, with what to do, if the wanted backend is missing or does not work.
 */
export async function useBackend(
  wanted: Backend | 'auto',
  folders: readonly string[],
  warn: (sentence: string) => void,
): Promise<Backend> {
  // Silences tfjs's advertisement of tfjs-node.
  tf.enableProdMode();
  const { backend, passedOver } = await chooseBackend(`--backend ${wanted}`, wanted, folders);
  for (const { package: name, problem } of passedOver) warn(`${name} does not work: ${problem}`);
  return backend;
}

/** Backends for when almost nothing is computed: the one that starts soonest comes first. */
const BACKENDS = ['cpu', 'wasm', 'tensorflow'] as const;

/**
 * Makes tfjs use any backend, since it cannot build a model without one.
 *
 * @param folders the folders to look for packages from, nearest first
 * @param warn called with a sentence on what does not work, if no other backend works
 * @throws SAE_MISSING if none is installed
 */
export async function useAnyBackend(
  folders: readonly string[],
  warn: (sentence: string) => void,
): Promise<void> {
  // Silences tfjs's advertisement of tfjs-node.
  tf.enableProdMode();
  const problems: string[] = [];
  for (const backend of BACKENDS) {
    const { chosen, passedOver } = await findBackend(backend, folders);
    if (chosen) return;
    for (const { package: name, problem } of passedOver) {
      problems.push(`${name} does not work: ${problem}`);
    }
  }
  problems.forEach(warn);
  throw missing('gated-sae', 'a backend of tfjs', 'Run npm install @tensorflow/tfjs.');
}
