import { badContent } from '../../errors';
import { type Archive, openArchive, readJson } from './archive';
import type { KerasSource } from './kerasSource';
import { isShardMap, oneFile, openShards, type WeightsFile } from './weightsFile';

/** Weights: in a single file, in shards, in an archive, or in a folder. */
export interface OpenWeights extends WeightsFile {
  /** The archive or folder that contains them. */
  readonly archive: Archive | undefined;
  /** The total size of its files in bytes. */
  readonly bytes: number;
}

const ZIP = 'PK';
const HDF5 = '\u0089HDF';
const JSON_OBJECT = '{';

/**
 * Opens a `.keras` archive, its folder, a `.weights.h5` file, or the `.weights.json` of shards,
 * recognized by how they begin.
 *
 * @throws SAE_FILE for anything else.
 */
export async function openWeights(source: KerasSource): Promise<OpenWeights> {
  const { size } = source;
  const start = String.fromCharCode(...(await source.read(0, Math.min(4, size))));
  const isJson = start.startsWith(JSON_OBJECT);
  const json = isJson ? await readJson(source) : null;
  if (isShardMap(json)) {
    const shards = await openShards(source, json);
    return { ...shards, archive: undefined, bytes: size + shards.weights.size };
  }
  if (start.startsWith(ZIP) || isJson) {
    const archive = await openArchive(source);
    const { weights, readTree, streamWeights: stream } = archive;
    const bytes = isJson ? size + weights.size : size;
    return { weights, readTree, stream, archive, bytes };
  }
  if (start === HDF5) return { ...oneFile(source), archive: undefined, bytes: size };
  const received = size === 0 ? 'an empty file' : 'something else';
  const advice = 'Give what Keras 3 has saved by model.save or model.save_weights.';
  throw badContent('a .keras archive or a .weights.h5 file', received, advice);
}
