import { badFile } from '../../errors';
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
import type { Json } from './layerTable';
import { parsePythonJson } from './pythonJson';

/** The files in a `.keras` archive, in the order in which Keras writes them. */
export const MEMBERS = {
  metadata: 'metadata.json',
  config: 'config.json',
  weights: 'model.weights.h5',
} as const;

/** Far above the configuration of any model. */
const MOST_JSON_BYTES = 2 ** 21;

/** A file whose checksum takes no time to speak of. */
const MOST_TO_SUM = 2 ** 25;

/** A small file may have been compressed by somebody; its whole length is taken before it is known. */
const MOST_INFLATED = 2 ** 24;
const SAVE_AGAIN = 'Save the model again with Keras 3.';

const ARCHIVE = 'a .keras archive';

/** An archive whose small files are read and whose weights are not. */
export interface Archive {
  readonly file: string;
  readonly config: Json;
  /** As the archive says; undefined where it does not. */
  readonly kerasVersion: string | undefined;
  readonly savedAt: string | undefined;
  /** The HDF5 file within, in any order, its checksum not compared. */
  readonly weights: ByteSource;
  /**
   * What is in the HDF5 file, and where.
   *
   * @throws SAE_FILE for a file that is damaged, or not as Keras writes it.
   */
  readTree(): Promise<Hdf5File>;
  /** The HDF5 file from its beginning to its end. @throws SAE_FILE at the end for a wrong checksum. */
  streamWeights(sink: Sink): Promise<void>;
}

/**
 * Opens an archive, and reads all of it but the weights.
 *
 * @throws SAE_FILE for what is none, is damaged, or holds files that Keras does not write.
 */
export async function openArchive(source: ByteSource): Promise<Archive> {
  const file = source.name;
  const members = new Map<string, ZipMember>();
  for (const member of await zipMembers(source)) members.set(member.name, member);
  const known: readonly string[] = Object.values(MEMBERS);
  const other = [...members.keys()].find((name) => !known.includes(name));
  if (other !== undefined) {
    const expected = `${ARCHIVE} of ${known.join(', ')}`;
    const advice = 'Save a model whose layers keep no files of their own.';
    throw badFile(file, expected, JSON.stringify(other), advice);
  }
  const json = async (name: string): Promise<Json> => {
    const bytes = await readMember(source, memberOf(name), MOST_JSON_BYTES);
    return parsePythonJson(`${file}: ${name}`, bytes);
  };
  const memberOf = (name: string): ZipMember => {
    const member = members.get(name);
    if (member) return member;
    throw badFile(file, `${ARCHIVE} with ${name}`, 'none', SAVE_AGAIN);
  };
  const config = await json(MEMBERS.config);
  const metadata = members.has(MEMBERS.metadata) ? await json(MEMBERS.metadata) : null;
  const says = (key: string) => {
    const value = isObject(metadata) ? metadata[key] : undefined;
    return typeof value === 'string' ? value : undefined;
  };
  const weights = memberOf(MEMBERS.weights);
  if (weights.method === 'deflated' && weights.size > MOST_INFLATED) {
    const received = `${weights.size} bytes, compressed`;
    throw badFile(file, `${MEMBERS.weights} as Keras stores it`, received, SAVE_AGAIN);
  }
  const within = await memberSource(source, weights);
  const readTree = () =>
    readHdf5(within).catch(async (error: unknown) => {
      // Where the bytes are not those that were written, that is what to say of it.
      if (weights.size <= MOST_TO_SUM) await streamMember(source, weights);
      throw error;
    });
  return {
    file,
    config,
    kerasVersion: says('keras_version'),
    savedAt: says('date_saved'),
    weights: within,
    readTree,
    streamWeights: (sink) => streamMember(source, weights, sink),
  };
}
