import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { missing } from '../errors';
import { findModule } from './findPackage';

/**
 * What brings each backend, the best first. A GPU is the fastest; on CPU it is the sparse step, which
 * any backend but tfjs-node's leaves the work to.
 */
const PACKAGES = [
  ['tensorflow', '@tensorflow/tfjs-node-gpu'],
  ['wasm', '@tensorflow/tfjs-backend-wasm'],
  ['cpu', '@tensorflow/tfjs-backend-cpu'],
  ['cpu', '@tensorflow/tfjs'],
  ['tensorflow', '@tensorflow/tfjs-node'],
] as const;

/** A backend of tfjs that runs in Node. */
export type Backend = (typeof PACKAGES)[number][0];

/** What brings each, in the form that suits the most machines. */
const INSTALL: Readonly<Record<Backend, string>> = {
  tensorflow: 'npm install @tensorflow/tfjs-node',
  wasm: 'npm install @tensorflow/tfjs-backend-wasm',
  cpu: 'npm install @tensorflow/tfjs',
};
/** Every one of them. */
export const BACKENDS = Object.keys(INSTALL) as Backend[];

/**
 * Makes tfjs compute on a backend.
 *
 * @param wanted one of them, or `auto` for the fastest that is installed
 * @param folders from where packages are looked for, the nearest first
 * @param warn takes a sentence on what is not as good as it could be
 * @returns the backend that is set now.
 * @throws SAE_MISSING, with what to install, where the wanted one is not there or does not start.
 */
export async function useBackend(
  wanted: Backend | 'auto',
  folders: readonly string[],
  warn: (sentence: string) => void,
): Promise<Backend> {
  // Silences tfjs's own advertisement of tfjs-node.
  tf.enableProdMode();
  for (const [backend, name] of PACKAGES) {
    if (wanted !== 'auto' && wanted !== backend) continue;
    const problem = await startProblem(backend, name, folders);
    if (problem === undefined) return backend;
    if (problem !== NOT_INSTALLED) warn(`${name} does not start: ${problem}`);
  }
  const install = INSTALL[wanted === 'auto' ? 'wasm' : wanted];
  throw missing(`--backend ${wanted}`, 'a package that brings it', `Run ${install}.`);
}

const NOT_INSTALLED = 'it is not installed';

/** Why a package does not bring its backend; undefined where it has. */
async function startProblem(
  backend: Backend,
  name: string,
  folders: readonly string[],
): Promise<string | undefined> {
  const file = findModule(name, folders);
  if (file === undefined) return NOT_INSTALLED;
  // By require, not import: in Node tfjs is CommonJS, and what is loaded can be asked for.
  const load = createRequire(file);
  const core = coreOf(dirname(file));
  if (core !== undefined && !(core in load.cache)) {
    return 'it has its own copy of @tensorflow/tfjs-core. Install it beside gated-sae-tfjs.';
  }
  try {
    load(file);
    return (await tf.setBackend(backend)) ? undefined : 'tfjs could not set it.';
  } catch (error) {
    return (error as Error).message.split('\n')[0];
  }
}

/** The copy of tfjs-core that modules in a folder use, directly or through `@tensorflow/tfjs`. */
function coreOf(folder: string): string | undefined {
  const bundle = findModule('@tensorflow/tfjs', [folder]);
  return findModule('@tensorflow/tfjs-core', [folder, ...(bundle ? [dirname(bundle)] : [])]);
}
