import { wrongOption } from '../../errors';
import { DTYPE_BYTES, type Dtype } from '../bytes/dtypes';
import { isName, NAME_BYTES } from './names';

/** A dataset to write. */
export interface NewDataset {
  readonly path: string;
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  /** Its values row by row, little-endian, in any number of pieces. */
  readonly data: readonly Uint8Array[];
}

/** The contents of a group, by name. */
export interface Contents {
  readonly entries: Map<string, Contents | NewDataset>;
}

export const isGroup = (entry: Contents | NewDataset): entry is Contents => 'entries' in entry;

/**
 * Sorts datasets into groups, which are created as needed.
 *
 * @throws SAE_OPTION for two objects with one name, invalid names, and data whose length differs
 *   from its shape.
 */
export function contentsOf(
  datasets: readonly NewDataset[],
  groups: readonly string[] = [],
): Contents {
  const root: Contents = { entries: new Map() };
  for (const group of groups) groupAt(root, group.split('/'), group);
  for (const dataset of datasets) {
    const { path, shape, dtype } = dataset;
    const bytes = shape.reduce((size, dim) => size * dim, DTYPE_BYTES[dtype]);
    const given = byteLength(dataset);
    if (given !== bytes) {
      const advice = 'Give all of its values, and no more.';
      throw wrongOption(`hdf5 ${path}`, `${bytes} bytes of data`, given, advice);
    }
    const names = path.split('/');
    const name = checkedName(names.pop() as string, path);
    const { entries } = groupAt(root, names, path);
    if (entries.has(name)) throw takenPath(path);
    entries.set(name, dataset);
  }
  return root;
}

/** Returns the total length of its pieces. */
export const byteLength = ({ data }: NewDataset): number =>
  data.reduce((sum, piece) => sum + piece.length, 0);

function groupAt(root: Contents, names: readonly string[], path: string): Contents {
  let group = root;
  for (const given of names) {
    const name = checkedName(given, path);
    const next = group.entries.get(name) ?? { entries: new Map() };
    if (!isGroup(next)) throw takenPath(path);
    group.entries.set(name, next);
    group = next;
  }
  return group;
}

function checkedName(name: string, path: string): string {
  if (isName(name) && new TextEncoder().encode(name).length <= NAME_BYTES) return name;
  const advice = 'Name layers and weights without . and .., and shorter than that.';
  throw wrongOption('hdf5', 'names that a group can have', path, advice);
}

const takenPath = (path: string) =>
  wrongOption('hdf5', 'one thing of each path', path, 'Give each layer and weight another name.');
