import { resolve } from 'node:path';
import type * as tf from '@tensorflow/tfjs-core';
import { wrongOption } from '../../errors';
import { readModel } from './readModel';
import { saveModel } from './saveModel';

/**
 * Returns a handler that saves and loads models in tfjs's folder format, in Node with or without
 * tfjs-node.
 *
 * A folder holds `model.json` and the weights that it names; tfjs-node, browsers over HTTP and
 * tensorflowjs_converter can read it. Saving over a model replaces it atomically: if the process is
 * killed or the power fails, the folder holds either the old model or the new one, complete. Files
 * that this library did not write are left alone. model.json contains a checksum of the weights,
 * which is compared when they are loaded; if there is none, a warning is printed once per process.
 * Links that lead out of the folder are not followed; the folder itself may be one.
 *
 * `model.save('file://…')` and `tf.loadLayersModel('file://…')` do the same.
 *
 * @param path the folder, or the model.json in it; relative to the working directory at the time of
 *   this call
 * @returns a value that `model.save` and `tf.loadLayersModel` take in place of a URL. Its `load`
 *   and `save` throw SAE_FILE for files that are missing, damaged, of another kind, or not
 *   writable.
 * @throws SAE_OPTION if `path` is not a path.
 * @example
 * ```ts
 * import { tmpdir } from 'node:os';
 * import * as tf from '@tensorflow/tfjs';
 * import { GatedSAE } from 'gated-sae-tfjs';
 * import { fileSystem } from 'gated-sae-tfjs/node';
 * const sae = new GatedSAE({ inputDim: 8, encodingDim: 32 });
 * await sae.save(fileSystem(`${tmpdir()}/sae`));
 * const same = await tf.loadLayersModel(fileSystem(`${tmpdir()}/sae`));
 * ```
 */
export function fileSystem(path: string): Required<tf.io.IOHandler> {
  if (typeof path !== 'string' || path === '') {
    throw wrongOption('fileSystem.path', 'the path of a folder', path, 'Give it as a text.');
  }
  const absolute = resolve(path);
  return {
    save: (artifacts) => saveModel(absolute, artifacts),
    load: () => readModel(absolute, warnOnce),
  };
}

let warned = false;

/** Warns once per process, whatever the folder: other programs never write a checksum. */
function warnOnce(sentence: string): void {
  if (!warned) console.warn(`gated-sae-tfjs: ${sentence}`);
  warned = true;
}
