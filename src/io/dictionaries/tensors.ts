import {
  badContent,
  noMatrix,
  unknownTensors,
  unsupportedDictionary,
  wrongTensorShape,
} from '../../errors';
import type { StoredTensor } from '../bytes/storedTensor';

/** The tensors of a file, by name. */
export type Tensors = ReadonlyMap<string, StoredTensor>;

/**
 * Returns the tensors of a file under the names of a format, checking that none is missing and none
 * left over.
 *
 * @param wanted by name, the possible names in the file; one that ends in `?` may be missing
 * @param ignored names of tensors that may exist and are not used
 * @throws SAE_FILE if one is missing, or there is another one.
 */
export function takeTensors(
  tensors: Tensors,
  wanted: Readonly<Record<string, readonly string[]>>,
  ignored: readonly string[] = [],
): Readonly<Record<string, StoredTensor>> {
  const left = new Set(tensors.keys());
  for (const name of ignored) left.delete(name);
  const taken: Record<string, StoredTensor> = {};
  const missing: string[] = [];
  for (const [name, names] of Object.entries(wanted)) {
    const isOptional = name.endsWith('?');
    const there = names.find((candidate) => left.has(candidate));
    if (there === undefined) {
      if (!isOptional) missing.push(names.join(' or '));
      continue;
    }
    left.delete(there);
    taken[isOptional ? name.slice(0, -1) : name] = tensors.get(there) as StoredTensor;
  }
  if (missing.length > 0) {
    const received = `${[...tensors.keys()].slice(0, 12).join(', ') || 'none'}`;
    throw badContent(`tensors ${missing.join(', ')}`, received, 'Give the file of a dictionary.');
  }
  if (left.size > 0) throw unknownTensors([...left], Object.values(wanted).flat());
  return taken;
}

/**
 * Returns the lengths of a matrix's two axes.
 *
 * @param names its possible names
 * @throws SAE_SHAPE for a tensor that is not a matrix, or is empty.
 */
export function sizesIn(
  tensors: Tensors,
  names: readonly string[],
): readonly [number, number] | undefined {
  const name = names.find((each) => tensors.has(each));
  const shape = name === undefined ? undefined : tensors.get(name)?.shape;
  if (name === undefined || shape === undefined) return undefined;
  const [rows = 0, columns = 0] = shape;
  if (shape.length !== 2 || rows === 0 || columns === 0) throw noMatrix(name, shape);
  return [rows, columns];
}

/** @throws SAE_SHAPE if a tensor has another shape. */
export function checkTensorShape(
  name: string,
  { shape }: StoredTensor,
  expected: readonly number[],
): void {
  const isSame = shape.length === expected.length && shape.every((n, i) => n === expected[i]);
  if (!isSame) throw wrongTensorShape(name, expected, shape);
}

/** @throws SAE_UNSUPPORTED if factors left over from finetuning are not all 1. */
export async function checkOnes(name: string, tensor: StoredTensor): Promise<void> {
  if ((await tensor.floats()).every((factor) => factor === 1)) return;
  const advice = 'Open it with the SAELens that has made it, and save it with folded weights.';
  throw unsupportedDictionary(`a ${name} of ones`, 'another one', advice);
}
