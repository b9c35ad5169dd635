import * as tf from '@tensorflow/tfjs-core';
import { fileSystem } from './fileSystem';

type Router = Parameters<typeof tf.io.registerLoadRouter>[0];

const SCHEME = 'file://';
/** The copies of tfjs that know the router already, from this build of the library or its other. */
const REGISTERED = Symbol.for('gated-sae-tfjs.fileRouter');

/** tfjs refuses a URL that two routers take, and tfjs-node brings its own. */
const tfjsNodeIsHere = () => tf.findBackendFactory('tensorflow') != null;

/** As in tfjs-node, all after `file://` is the path as it stands, with nothing decoded in it. */
const router = (url: string | string[]) =>
  typeof url === 'string' && url.startsWith(SCHEME) && !tfjsNodeIsHere()
    ? fileSystem(url.slice(SCHEME.length))
    : null;

/**
 * Makes `model.save` and `tf.loadLayersModel` know `file://`, once for each copy of tfjs.
 *
 * A function rather than what an import does: bundlers leave out imports that nothing is taken
 * from.
 */
export function registerFileRouter(): void {
  const registry = globalThis as { [REGISTERED]?: WeakSet<object> };
  registry[REGISTERED] ??= new WeakSet();
  const known = registry[REGISTERED];
  if (known.has(tf.io.registerLoadRouter)) return;
  known.add(tf.io.registerLoadRouter);
  // tfjs's types leave out that a router answers null to what it does not take.
  tf.io.registerLoadRouter(router as Router);
  tf.io.registerSaveRouter(router as Router);
}
