import * as tf from '@tensorflow/tfjs-core';
import { chooseBackend } from '../backends/choose';
import type { Backend } from '../backends/packages';

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
