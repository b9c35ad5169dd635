import type * as tf from '@tensorflow/tfjs-core';
import { badModelJson } from '../../errors';
import { isCount, isObject } from '../../plainData';

type Entry = tf.io.WeightsManifestEntry;

/** Weights that are stored one after another in one or several files. */
export interface WeightGroup {
  /** The paths of the files, relative to the folder of model.json. */
  readonly paths: readonly string[];
  /** Their weights, in this order. */
  readonly weights: readonly Entry[];
  /** The total length of the files. */
  readonly bytes: number;
}

/** Bytes per value. Layers have no string weights, whose length is not in the manifest. */
const DTYPE_BYTES: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  complex64: 8,
};
const QUANTIZED_BYTES: Readonly<Record<string, number>> = { uint8: 1, uint16: 2, float16: 2 };

const words = (table: object) => Object.keys(table).join(', ');

/**
 * Returns the groups of a `weightsManifest`, each with its length in bytes.
 *
 * @throws SAE_FILE for an invalid manifest, or one that names files elsewhere.
 */
export function weightGroups(manifest: unknown): WeightGroup[] {
  const field = 'weightsManifest';
  if (!Array.isArray(manifest)) throw badModelJson(field, 'a list of groups', manifest);
  const paths = new Set<string>();
  const names = new Set<string>();
  return manifest.map((group: unknown, g) => {
    const at = `${field}[${g}]`;
    if (!isObject(group)) throw badModelJson(at, 'an object', group);
    if (!Array.isArray(group.paths)) {
      throw badModelJson(`${at}.paths`, 'a list of file names', group.paths);
    }
    if (!Array.isArray(group.weights)) {
      throw badModelJson(`${at}.weights`, 'a list of weights', group.weights);
    }
    group.paths.forEach((p: unknown, i) => {
      checkPath(`${at}.paths[${i}]`, p, paths);
    });
    const bytes = group.weights.reduce((sum: number, weight: unknown, i) => {
      const total = sum + weightBytes(`${at}.weights[${i}]`, weight, names);
      if (Number.isSafeInteger(total)) return total;
      throw badModelJson(`${at}.weights`, 'a size that a file can have', total);
    }, 0);
    return { paths: group.paths as string[], weights: group.weights as Entry[], bytes };
  });
}

/** Checks that a path is inside the folder on every system, and occurs once. */
function checkPath(field: string, value: unknown, seen: Set<string>): void {
  const inside =
    typeof value === 'string' &&
    value !== '' &&
    !value.includes('\0') &&
    !/^(?:[\\/]|[a-z]:)/i.test(value) && // '/x', '\\x', 'C:x' and 'C:\\x' are absolute
    !value.split(/[\\/]/).includes('..');
  if (!inside) throw badModelJson(field, 'a path inside the folder', value);
  const parts = value.split(/[\\/]/).filter((part) => part !== '' && part !== '.');
  const normal = parts.join('/');
  if (seen.has(normal)) throw badModelJson(field, 'another path than those before', value);
  seen.add(normal);
}

/** Returns how many bytes of a file a checked weight takes. */
export const bytesOfWeight = (weight: Entry): number => weightBytes('weights', weight, new Set());

/** Returns how many bytes of a file one weight takes. */
function weightBytes(at: string, weight: unknown, seen: Set<string>): number {
  if (!isObject(weight)) throw badModelJson(at, 'an object', weight);
  const { name, shape, dtype, group } = weight;
  // tfjs stores weights in plain objects, where this name would set the prototype.
  if (typeof name !== 'string' || name === '' || name === '__proto__') {
    throw badModelJson(`${at}.name`, 'a name', name);
  }
  if (seen.has(name)) {
    throw badModelJson(`${at}.name`, 'another name than those before', name);
  }
  seen.add(name);
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    throw badModelJson(`${at}.shape`, 'a list of integers ≥ 0', shape);
  }
  if (typeof dtype !== 'string' || !Object.hasOwn(DTYPE_BYTES, dtype)) {
    throw badModelJson(`${at}.dtype`, `one of ${words(DTYPE_BYTES)}`, dtype);
  }
  if (group !== undefined && group !== 'model' && group !== 'optimizer') {
    throw badModelJson(`${at}.group`, '"model" or "optimizer"', group);
  }
  const bytesPerValue =
    'quantization' in weight
      ? quantizedBytes(`${at}.quantization`, weight.quantization, dtype)
      : (DTYPE_BYTES[dtype] as number);
  const bytes = (shape as number[]).reduce((size, dim) => size * dim, bytesPerValue);
  if (!Number.isSafeInteger(bytes)) {
    throw badModelJson(`${at}.shape`, 'a size that a file can have', shape);
  }
  return bytes;
}

/** Returns the bytes per value that is stored in fewer bits, like tfjs's `decodeWeights`. */
function quantizedBytes(at: string, quantization: unknown, dtype: string): number {
  if (!isObject(quantization)) throw badModelJson(at, 'an object', quantization);
  const { dtype: stored, scale, min } = quantization;
  if (typeof stored !== 'string' || !Object.hasOwn(QUANTIZED_BYTES, stored)) {
    throw badModelJson(`${at}.dtype`, `one of ${words(QUANTIZED_BYTES)}`, stored);
  }
  const into = stored === 'float16' ? ['float32'] : ['float32', 'int32'];
  if (!into.includes(dtype)) {
    throw badModelJson(at, `left out for weights of ${dtype}`, quantization);
  }
  if (stored !== 'float16') {
    if (!Number.isFinite(scale)) throw badModelJson(`${at}.scale`, 'a finite number', scale);
    if (!Number.isFinite(min)) throw badModelJson(`${at}.min`, 'a finite number', min);
  }
  return QUANTIZED_BYTES[stored] as number;
}
