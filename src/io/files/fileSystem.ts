import { resolve } from 'node:path';
import type * as tf from '@tensorflow/tfjs-core';
import { wrongOption } from '../../errors';
import { readModel } from './readModel';
import { saveModel } from './saveModel';

/**
 * Saves and loads models in tfjs's own folder format, on Node with or without tfjs-node.
 *
 * A folder holds `model.json` and the weights that it names; tfjs-node, browsers over HTTP and
 * tensorflowjs_converter read it. Saving over a model replaces it at one stroke: when the process
 * is killed or the power fails, the folder holds the old model or the new one, whole. Files that
 * this library did not write are left alone. A checksum of the weights is in model.json, and is
 * compared when they are loaded; where there is none, a warning says so, once in a process. Links
 * that lead out of the folder are not followed; the folder itself may be one.
 *
 * `model.save('file://…')` and `tf.loadLayersModel('file://…')` do the same.
 *
 * @param path The folder, or the model.json in it; relative to the working directory at this call.
 * @returns What `model.save` and `tf.loadLayersModel` take in place of a URL. Its `load` and
 * `save` throw SAE_FILE for files that are missing, damaged, of another kind, or not writable.
 * @throws SAE_OPTION for anything but a path.
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

/** Tells once in a process, whatever the folder: those of other programs are all alike. */
function warnOnce(sentence: string): void {
  if (!warned) console.warn(`gated-sae-tfjs: ${sentence}`);
  warned = true;
}
