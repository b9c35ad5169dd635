import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { isTensorFlowOnGPU } from '../gpu';
import { findModule } from './findModule';
import { restoreOldUtil } from './olderNode';
import type { BackendPackage } from './packages';

/** The result of starting a package. */
export type Start =
  /** It computes: on a GPU or not. */
  | { readonly gpu: boolean }
  /** It does not work, for this reason. */
  | { readonly problem: string };

/** The reason that need not be reported if another backend works. */
export const NOT_INSTALLED = 'it is not installed';

/**
 * Loads a package, sets its backend, and makes it compute something with a known result.
 *
 * @param folders the folders to look for the package from, nearest first
 */
export async function start(
  { backend, name }: BackendPackage,
  folders: readonly string[],
): Promise<Start> {
  const file = findModule(name, folders);
  if (file === undefined) return { problem: NOT_INSTALLED };
  // By require, not import: in Node tfjs is CommonJS, and loaded modules can be inspected.
  const load = createRequire(file);
  const core = coreOf(dirname(file));
  if (core !== undefined && !(core in load.cache)) {
    return {
      problem:
        'it has its own copy of @tensorflow/tfjs-core. Install it beside gated-sae-tfjs, in the same version.',
    };
  }
  try {
    if (backend === 'tensorflow') prepareTensorFlow();
    load(file);
    if (!(await tf.setBackend(backend))) return { problem: 'tfjs could not set it.' };
    const problem = await wrongProduct();
    return problem === undefined ? { gpu: isTensorFlowOnGPU() } : { problem };
  } catch (error) {
    return { problem: (error as Error).message.trim().split('\n')[0] as string };
  }
}

function prepareTensorFlow(): void {
  restoreOldUtil();
  // Otherwise TensorFlow prints on stderr how it was compiled. A value set by the user takes
  // precedence.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
}

/**
 * Multiplies [[1, 2, 3], [4, 5, 6]] by its own transpose: returns what is wrong with the result, or
 * undefined.
 */
async function wrongProduct(): Promise<string | undefined> {
  const rows = [
    [1, 2, 3],
    [4, 5, 6],
  ];
  const expected = rows.flatMap((a) =>
    rows.map((b) => a.reduce((sum, v, i) => sum + v * (b[i] as number), 0)),
  );
  const product = tf.tidy(() => {
    const x = tf.tensor2d(rows);
    return tf.matMul(x, x, false, true);
  });
  const values = [...(await product.data())];
  product.dispose();
  return values.every((value, i) => value === expected[i])
    ? undefined
    : `it computes wrongly: a product of small matrices comes to ${values.join(', ')}, not ${expected.join(', ')}.`;
}

/**
 * Returns the copy of tfjs-core that modules in a folder use, directly or through
 * `@tensorflow/tfjs`.
 */
export function coreOf(folder: string): string | undefined {
  const bundle = findModule('@tensorflow/tfjs', [folder]);
  return findModule('@tensorflow/tfjs-core', [folder, ...(bundle ? [dirname(bundle)] : [])]);
}
