/**
 * What only Node has: models in files.
 *
 * Importing it makes `model.save('file://…')` and `tf.loadLayersModel('file://…')` work, unless
 * tfjs-node is loaded, which brings the same.
 *
 * @module gated-sae-tfjs/node
 */
import { registerFileRouter } from './io/files/register';

export { fileSystem } from './io/files/fileSystem';

registerFileRouter();
