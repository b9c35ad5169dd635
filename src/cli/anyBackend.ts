import * as tf from '@tensorflow/tfjs-core';
import { findBackend } from '../backends/choose';
import { missing } from '../errors';

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
