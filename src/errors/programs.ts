import { SAEError } from './saeError';
import { show } from './words';

/** A missing package or class. */
export function missing(where: string, expected: string, advice: string): SAEError {
  return new SAEError('SAE_MISSING', where, `expected ${expected}; it is not here. ${advice}`);
}

/** A system that something does not run on. */
export function wrongMachine(
  where: string,
  expected: string,
  received: string,
  advice: string,
): SAEError {
  const text = `expected ${expected}; received ${received}. ${advice}`;
  return new SAEError('SAE_UNSUPPORTED', where, text);
}

/** Another program that failed. */
export function toolFailed(
  where: string,
  expected: string,
  received: string,
  advice: string,
): SAEError {
  const text = `expected ${expected}; received ${show(received)}. ${advice}`;
  return new SAEError('SAE_STATE', where, text);
}

/** A binding that was built but does not load, or computes wrong results. */
export function bindingFails(where: string, problem: string, folder: string): SAEError {
  return toolFailed(
    where,
    'a binding that loads and computes rightly',
    problem,
    `Remove ${folder} and try again, or take another TensorFlow by --python.`,
  );
}

/** A package that would bring a second copy of tfjs-core, whose tensors the first cannot use. */
export function differentCopies(
  where: string,
  expected: string,
  received: string,
  name: string,
  version: string,
): SAEError {
  const what = `expected ${name} to use the copy of @tensorflow/tfjs-core in ${expected}`;
  const text = `${what}; received ${received}. Install ${name}@${version}, the version of the other parts of tfjs.`;
  return new SAEError('SAE_STATE', where, text);
}

/** The text for two copies of tfjs, with which some things work, so it need not be an error. */
export const twoCopies = (ours: string): string =>
  `gated-sae-tfjs: expected one copy of @tensorflow/tfjs-core; there are two, and ours is ${ours}. ` +
  "tf.loadLayersModel of the other one does not know this library's classes. Run " +
  '`npm ls @tensorflow/tfjs-core`, and install all of @tensorflow in one version; with script ' +
  'tags, load tfjs once.';

/**
 * The text for two copies of this library: everything works, but each has its own threads and
 * memory.
 */
export const twoOfUs = (): string =>
  'gated-sae-tfjs: expected one copy of itself; there are two, as an import and a require, two ' +
  "versions or two script tags. They know each other's classes, and what both load is twice in " +
  'memory. Use import everywhere or require everywhere (`npm ls gated-sae-tfjs` lists versions); ' +
  'in a page, load it once.';
