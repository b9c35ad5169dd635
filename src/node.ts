/**
 * Everything that works only in Node: models in files, and the choice of a backend.
 *
 * Importing it makes `model.save('file://…')` and `tf.loadLayersModel('file://…')` work, unless
 * tfjs-node is loaded, which has the same ability.
 *
 * @module gated-sae-tfjs/node
 */
import { registerFileRouter } from './io/files/register';

export type { ChosenBackend, PassedOver } from './backends/choose';
export type { Backend } from './backends/packages';
export { type UseBackendArgs, useBackend } from './backends/useBackend';
export { fileSystem } from './io/files/fileSystem';

registerFileRouter();
