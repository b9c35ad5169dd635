import type * as tf from '@tensorflow/tfjs-core';
import { badContent, namingFile } from '../../errors';
import type { ByteSource } from '../bytes/source';
import { type Hdf5File, readHdf5 } from '../hdf5/read';
import {
  memberSource,
  readMember,
  type Sink,
  streamMember,
  type ZipMember,
  zipMembers,
} from '../zip/read';
import { isObject } from './carryClass';
import type { KerasSource } from './kerasSource';
import type { Json } from './layerTable';
import { parsePythonJson } from './pythonJson';
import { isShardMap, oneFile, openShards } from './weightsFile';

/** The files in a `.keras` archive, in the order in which Keras writes them. */
export const MEMBERS = {
  metadata: 'metadata.json',
  config: 'config.json',
  weights: 'model.weights.h5',
} as const;

/**
 * The entry of an archive's metadata with tfjs's user-defined metadata of a model; Keras ignores
 * it.
 */
export const CARRIED = 'gated_sae_tfjs';

/** Far above the configuration of any model. */
const MOST_JSON_BYTES = 2 ** 21;

/** The largest file whose checksum takes negligible time. */
const MOST_TO_SUM = 2 ** 25;

/**
 * The longest compressed small file: memory for its declared length is allocated before the length
 * is verified.
 */
const MOST_INFLATED = 2 ** 24;
/** The first byte of JSON: a file that begins with it is that of a folder. */
const BRACE = '{'.charCodeAt(0);
/** The file of a folder in place of its weights, if they are in shards. */
const SHARDS = 'model.weights.json';
const SAVE_AGAIN = 'Save the model again with Keras 3.';

const ARCHIVE = 'a .keras archive';

/** An archive whose small files have been read, but not its weights. */
export interface Archive {
  readonly config: Json;
  /** As stated by the archive; undefined if it does not say. */
  readonly kerasVersion: string | undefined;
  readonly savedAt: string | undefined;
  /**
   * The additional data of a model saved by this library, which Keras ignores; undefined without
   * any.
   */
  readonly carried: tf.io.ModelArtifacts['userDefinedMetadata'];
  /** The HDF5 file inside, for reading in any order, without comparing its checksum. */
  readonly weights: ByteSource;
  /**
   * Returns the structure of the HDF5 file.
   *
   * @throws SAE_FILE for a file that is damaged, or not as Keras writes it.
   */
  readTree(): Promise<Hdf5File>;
  /**
   * Streams the HDF5 file from beginning to end. @throws SAE_FILE at the end for a wrong checksum.
   */
  streamWeights(sink: Sink): Promise<void>;
}

/**
 * Opens an archive, and reads everything except the weights.
 *
 * @throws SAE_FILE if it is not an archive, is damaged, or holds files that Keras does not write.
 */
export async function openArchive(source: KerasSource): Promise<Archive> {
  if (source.size > 0 && (await source.read(0, 1))[0] === BRACE) return openFolder(source);
  const members = new Map<string, ZipMember>();
  for (const member of await zipMembers(source)) members.set(member.name, member);
  const known: readonly string[] = Object.values(MEMBERS);
  const other = [...members.keys()].find((name) => !known.includes(name));
  if (other !== undefined) {
    const expected = `${ARCHIVE} of ${known.join(', ')}`;
    const advice = 'Save a model whose layers keep no files of their own.';
    throw badContent(expected, JSON.stringify(other), advice);
  }
  const json = async (name: string): Promise<Json> => {
    const bytes = await readMember(source, memberOf(name), MOST_JSON_BYTES);
    return namingFile(`${source.name}: ${name}`, () => parsePythonJson(bytes));
  };
  const memberOf = (name: string): ZipMember => {
    const member = members.get(name);
    if (member) return member;
    throw badContent(`${ARCHIVE} with ${name}`, 'none', SAVE_AGAIN);
  };
  const config = await json(MEMBERS.config);
  const metadata = members.has(MEMBERS.metadata) ? await json(MEMBERS.metadata) : null;
  const weights = memberOf(MEMBERS.weights);
  if (weights.method === 'deflated' && weights.size > MOST_INFLATED) {
    const received = `${weights.size} bytes, compressed`;
    throw badContent(`${MEMBERS.weights} as Keras stores it`, received, SAVE_AGAIN);
  }
  const within = await memberSource(source, weights);
  const readTree = () =>
    readHdf5(within).catch(async (error: unknown) => {
      // If the bytes differ from those that were written, report that.
      if (weights.size <= MOST_TO_SUM) await streamMember(source, weights);
      throw error;
    });
  return {
    config,
    ...saidBy(metadata),
    weights: within,
    readTree,
    streamWeights: (sink) => streamMember(source, weights, sink),
  };
}

/** Returns what a file of metadata says. */
function saidBy(metadata: Json): Pick<Archive, 'kerasVersion' | 'savedAt' | 'carried'> {
  const says = (key: string) => {
    const value = isObject(metadata) ? metadata[key] : undefined;
    return typeof value === 'string' ? value : undefined;
  };
  const carried = isObject(metadata) ? metadata[CARRIED] : undefined;
  return {
    kerasVersion: says('keras_version'),
    savedAt: says('date_saved'),
    carried: isObject(carried) ? (carried as Archive['carried']) : undefined,
  };
}

/**
 * Returns the JSON in a source.
 *
 * @throws SAE_FILE for another kind of file, and for one that is too long for any model.
 */
export function readJson(source: ByteSource): Promise<Json> {
  return namingFile(source.name, async () => {
    const { size } = source;
    if (size <= MOST_JSON_BYTES) return parsePythonJson(await source.read(0, size));
    throw badContent(`at most ${MOST_JSON_BYTES} bytes of JSON`, `${size}`, SAVE_AGAIN);
  });
}

/**
 * Opens a folder that Keras saved with `zipped=False`: the files of an archive beside each other.
 * Its weights may be in shards.
 *
 * @param source its config.json
 */
async function openFolder(source: KerasSource): Promise<Archive> {
  const { beside } = source;
  const config = await readJson(source);
  if (!isObject(config) || typeof config['class_name'] !== 'string') {
    const received = isShardMap(config) ? 'the map of sharded weights' : 'other JSON';
    const advice = isShardMap(config)
      ? 'Load it into a model that is there, by loadKerasWeights.'
      : SAVE_AGAIN;
    throw badContent(`${ARCHIVE} or its ${MEMBERS.config}`, received, advice);
  }
  if (beside === undefined) {
    const advice = 'Give the path or the address of its folder, or all its files together.';
    throw badContent(`${MEMBERS.weights} beside it`, 'this file alone', advice);
  }
  const metadata = await beside(MEMBERS.metadata).then(readJson, () => null);
  const { weights, readTree, stream } = await beside(MEMBERS.weights).then(
    oneFile,
    async (missing: unknown) => {
      const map = await beside(SHARDS).catch(() => {
        throw missing;
      });
      return openShards({ name: map.name, beside }, await readJson(map));
    },
  );
  return { config, ...saidBy(metadata), weights, readTree, streamWeights: stream };
}
