import * as tf from '@tensorflow/tfjs-core';
import { fileSystem } from './fileSystem';

type Router = Parameters<typeof tf.io.registerLoadRouter>[0];

const SCHEME = 'file://';
/**
 * The copies of tfjs where the router is already registered, by this build of the library or its
 * other one.
 */
const REGISTERED = Symbol.for('gated-sae-tfjs.fileRouter');

/** tfjs rejects a URL that two routers accept, and tfjs-node has its own router. */
const tfjsNodeIsHere = () => tf.findBackendFactory('tensorflow') != null;

/** As in tfjs-node, everything after `file://` is the path as it is, without decoding. */
const router = (url: string | string[]) =>
  typeof url === 'string' && url.startsWith(SCHEME) && !tfjsNodeIsHere()
    ? fileSystem(url.slice(SCHEME.length))
    : null;

/**
 * Makes `model.save` and `tf.loadLayersModel` accept `file://`, once for each copy of tfjs.
 *
 * This is a function rather than a side effect of an import, because bundlers drop imports from
 * which nothing is used.
 */
export function registerFileRouter(): void {
  const registry = globalThis as { [REGISTERED]?: WeakSet<object> };
  registry[REGISTERED] ??= new WeakSet();
  const known = registry[REGISTERED];
  if (known.has(tf.io.registerLoadRouter)) return;
  known.add(tf.io.registerLoadRouter);
  // tfjs's types omit that a router returns null for what it does not handle.
  tf.io.registerLoadRouter(router as Router);
  tf.io.registerSaveRouter(router as Router);
}
