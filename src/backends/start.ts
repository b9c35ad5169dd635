import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { isTensorFlowOnGPU } from '../gpu';
import { findModule } from './findModule';
import { restoreOldUtil } from './olderNode';
import type { BackendPackage } from './packages';

/** How a package's start went. */
export type Start =
  /** It computes: on a GPU or not. */
  | { readonly gpu: boolean }
  /** It does not, for this reason. */
  | { readonly problem: string };

/** The reason that needs no telling where another backend does. */
export const NOT_INSTALLED = 'it is not installed';

/**
 * Loads a package, sets its backend, and has it compute something whose result is known.
 *
 * @param folders from where the package is looked for, the nearest first
 */
export async function start(
  { backend, name }: BackendPackage,
  folders: readonly string[],
): Promise<Start> {
  const file = findModule(name, folders);
  if (file === undefined) return { problem: NOT_INSTALLED };
  // By require, not import: in Node tfjs is CommonJS, and what is loaded can be asked for.
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
  // Else TensorFlow tells on stderr how it was compiled. Whoever sets it themselves has the say.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
}

/** [[1, 2, 3], [4, 5, 6]] times its own transpose: what is wrong with it, undefined where nothing is. */
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

/** The copy of tfjs-core that modules in a folder use, directly or through `@tensorflow/tfjs`. */
export function coreOf(folder: string): string | undefined {
  const bundle = findModule('@tensorflow/tfjs', [folder]);
  return findModule('@tensorflow/tfjs-core', [folder, ...(bundle ? [dirname(bundle)] : [])]);
}
