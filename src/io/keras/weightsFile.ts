import { badContent, namingFile } from '../../errors';
import type { ByteSource } from '../bytes/source';
import { type Hdf5Dataset, type Hdf5File, readHdf5 } from '../hdf5/read';
import type { Sink } from '../zip/read';
import { isObject } from './carryClass';
import type { KerasSource } from './kerasSource';
import type { Json } from './layerTable';

/** Arrays that Keras saved: in one HDF5 file, or in several, treated as concatenated. */
export interface WeightsFile {
  /** Its bytes, for reading in any order. */
  readonly weights: ByteSource;
  /** Returns its structure. */
  readonly readTree: () => Promise<Hdf5File>;
  /** Streams the bytes from beginning to end, comparing a checksum if there is one. */
  readonly stream: (sink: Sink) => Promise<void>;
}

const CHUNK_BYTES = 2 ** 22;
/** The most shards: each is a file that is opened. */
const MOST_SHARDS = 1000;
const SAVE_AGAIN = 'Copy all files of the save, or save the weights again.';

/** Returns a single HDF5 file. */
export function oneFile(source: ByteSource): WeightsFile {
  return {
    weights: source,
    readTree: () => readHdf5(source),
    stream: async (sink) => {
      for (let at = 0; at < source.size; at += CHUNK_BYTES) {
        sink.take(await source.read(at, Math.min(CHUNK_BYTES, source.size - at)), at);
      }
    },
  };
}

/** Returns whether it is the map that Keras writes beside shards. */
export const isShardMap = (json: Json): boolean => isObject(json) && isObject(json['weight_map']);

/**
 * Opens weights in shards, as Keras saves them with `max_shard_size`: a map of groups to files, and
 * HDF5 files beside it. They are treated as one file in which they follow one another.
 *
 * @param json the map
 * @throws SAE_FILE for a missing shard, or a name that is not that of a shard beside it; `readTree`
 *   throws it for arrays that the map does not have, lacks, or has twice.
 */
export const openShards = (source: Besides, json: Json): Promise<WeightsFile> =>
  namingFile(source.name, () => shardsOf(source, json));

type Besides = Pick<KerasSource, 'name' | 'beside'>;

async function shardsOf({ name: of, beside }: Besides, json: Json): Promise<WeightsFile> {
  const map = groupsOf((json as { weight_map: Json }).weight_map);
  const names = [...new Set([...map.values()].flat())].sort();
  if (names.length === 0 || names.length > MOST_SHARDS) {
    throw badContent(`1 to ${MOST_SHARDS} shards`, `${names.length}`, SAVE_AGAIN);
  }
  if (beside === undefined) {
    const advice = 'Give its path or its address, or all the files together.';
    throw badContent(`${names[0]} beside it`, 'this file alone', advice);
  }
  const shards: Shard[] = [];
  for (const name of names) {
    const before = shards[shards.length - 1];
    const start = before === undefined ? 0 : before.start + before.source.size;
    shards.push({ name, start, source: await beside(name) });
  }
  const last = shards[shards.length - 1] as Shard;
  return {
    weights: {
      name: of,
      size: last.start + last.source.size,
      read: (offset, length) => {
        const shard = shards.find((one) => offset < one.start + one.source.size) ?? last;
        return shard.source.read(offset - shard.start, length);
      },
      close: async () => {},
    },
    readTree: () => namingFile(of, () => treeOf(map, shards)),
    stream: async ({ take, place }) => {
      for (const { source: own, start } of shards) {
        await oneFile(own).stream({
          take: (chunk, at) => take(chunk, start + at),
          ...(place && { place: (at: number, most: number) => place(start + at, most) }),
        });
      }
    },
  };
}

/** An HDF5 file, and its offset among the others. */
interface Shard {
  readonly name: string;
  readonly start: number;
  readonly source: ByteSource;
}

/** Returns the files that a group's arrays are in, by the group's path. */
function groupsOf(map: Json): Map<string, readonly string[]> {
  const groups = new Map<string, readonly string[]>();
  for (const [group, value] of Object.entries(map as { [group: string]: Json })) {
    const names = (Array.isArray(value) ? value : [value]) as readonly Json[];
    for (const name of names) {
      if (typeof name === 'string' && name.endsWith('.weights.h5')) continue;
      const expected = `names of .weights.h5 files in weight_map${JSON.stringify([group])}`;
      throw badContent(expected, JSON.stringify(name), SAVE_AGAIN);
    }
    groups.set(group.replace(/^\//, ''), names as readonly string[]);
  }
  return groups;
}

/** Returns everything in the shards, with each array's offset in the concatenation. */
async function treeOf(
  map: ReadonlyMap<string, readonly string[]>,
  shards: readonly Shard[],
): Promise<Hdf5File> {
  const groups = new Set<string>();
  const datasets = new Map<string, Hdf5Dataset>();
  for (const { name, start, source } of shards) {
    const tree = await readHdf5(source);
    const found = new Set<string>();
    for (const group of tree.groups) groups.add(group);
    for (const [path, dataset] of tree.datasets) {
      const group = path.replace(/\/?[^/]*$/, '');
      found.add(group);
      if (map.get(group)?.includes(name) !== true) {
        throw badContent(`the arrays of its map in ${name}`, `another one, ${path}`, SAVE_AGAIN);
      }
      if (datasets.has(path)) {
        throw badContent(`${path} in one shard`, `it again in ${name}`, SAVE_AGAIN);
      }
      datasets.set(path, { ...dataset, offset: start + dataset.offset });
    }
    for (const [group, names] of map) {
      if (!names.includes(name) || found.has(group)) continue;
      throw badContent(`arrays of ${group} in ${name}`, 'none', SAVE_AGAIN);
    }
  }
  return { groups, datasets };
}
