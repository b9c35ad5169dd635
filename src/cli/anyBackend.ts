import { missing, SAEError } from '../errors';
import { useBackend } from './backend';

/** Where next to nothing is computed, the one that starts soonest comes first. */
const BACKENDS = ['cpu', 'wasm', 'tensorflow'] as const;

/**
 * Makes tfjs use any backend: it builds no model without one.
 *
 * @param folders from where packages are looked for, the nearest first
 * @param warn takes a sentence on what does not start, where nothing else does
 * @throws SAE_MISSING where none is installed
 */
export async function useAnyBackend(
  folders: readonly string[],
  warn: (sentence: string) => void,
): Promise<void> {
  const problems: string[] = [];
  for (const backend of BACKENDS) {
    try {
      await useBackend(backend, folders, (sentence) => problems.push(sentence));
      return;
    } catch (error) {
      if (!(error instanceof SAEError)) throw error;
    }
  }
  problems.forEach(warn);
  throw missing('gated-sae', 'a backend of tfjs', 'Run npm install @tensorflow/tfjs.');
}
