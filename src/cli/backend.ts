import * as tf from '@tensorflow/tfjs-core';
import { chooseBackend, findBackend } from '../backends/choose';
import type { Backend } from '../backends/packages';
import { missing } from '../errors';

/**
 * Makes tfjs compute on a backend, for a command.
 *
 * @param wanted one of them, or `auto` for the fastest that works
 * @param folders from where packages are looked for, the nearest first
 * @param warn takes a sentence on what is not as good as it could be
 * @returns the backend that is set now.
 * @throws SAE_MISSING, with what to do, where the wanted one is not there or does not work.
 */
export async function useBackend(
  wanted: Backend | 'auto',
  folders: readonly string[],
  warn: (sentence: string) => void,
): Promise<Backend> {
  // Silences tfjs's own advertisement of tfjs-node.
  tf.enableProdMode();
  const { backend, passedOver } = await chooseBackend(`--backend ${wanted}`, wanted, folders);
  for (const { package: name, problem } of passedOver) warn(`${name} does not work: ${problem}`);
  return backend;
}

/** Where next to nothing is computed, the one that starts soonest comes first. */
const BACKENDS = ['cpu', 'wasm', 'tensorflow'] as const;

/**
 * Makes tfjs use any backend: it builds no model without one.
 *
 * @param folders from where packages are looked for, the nearest first
 * @param warn takes a sentence on what does not work, where nothing else does
 * @throws SAE_MISSING where none is installed
 */
export async function useAnyBackend(
  folders: readonly string[],
  warn: (sentence: string) => void,
): Promise<void> {
  // Silences tfjs's own advertisement of tfjs-node.
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
