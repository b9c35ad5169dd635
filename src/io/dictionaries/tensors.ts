import { badContent, unknownTensors, wrongTensorShape } from '../../errors';
import type { StoredTensor } from '../bytes/storedTensor';

/** The tensors of a file, by name. */
export type Tensors = ReadonlyMap<string, StoredTensor>;

/**
 * The tensors of a file under the names that a format has for them, none missing and none left.
 *
 * @param wanted by name the names that it may have in the file; one that ends in `?` may be missing
 * @param ignored names of what may be there and is of no use
 * @throws SAE_FILE where one is missing, or there is another.
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

/** @throws SAE_SHAPE where a tensor has another shape. */
export function checkTensorShape(
  name: string,
  { shape }: StoredTensor,
  expected: readonly number[],
): void {
  const isSame = shape.length === expected.length && shape.every((n, i) => n === expected[i]);
  if (!isSame) throw wrongTensorShape(name, expected, shape);
}
