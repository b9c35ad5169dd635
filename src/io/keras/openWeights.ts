import { badFile } from '../../errors';
import type { ByteSource } from '../bytes/source';
import { type Hdf5File, readHdf5 } from '../hdf5/read';
import type { Sink } from '../zip/read';
import { type Archive, openArchive } from './archive';

/** An HDF5 file of weights: alone, or in an archive. */
export interface OpenWeights {
  readonly weights: ByteSource;
  /** What is in it, and where. */
  readonly readTree: () => Promise<Hdf5File>;
  /** The file from its beginning to its end, its checksum compared where it has one. */
  readonly stream: (sink: Sink) => Promise<void>;
  /** The archive around it. */
  readonly archive: Archive | undefined;
}

const CHUNK_BYTES = 2 ** 22;
const ZIP = 'PK';
const HDF5 = '\u0089HDF';

/**
 * Opens a `.keras` archive or a `.weights.h5` file, told apart by how they begin.
 *
 * @throws SAE_FILE for anything else.
 */
export async function openWeights(source: ByteSource): Promise<OpenWeights> {
  const { name, size } = source;
  const start = String.fromCharCode(...(await source.read(0, Math.min(4, size))));
  if (start.startsWith(ZIP)) {
    const archive = await openArchive(source);
    const { weights, readTree, streamWeights: stream } = archive;
    return { weights, readTree, stream, archive };
  }
  if (start !== HDF5) {
    const received = size === 0 ? 'an empty file' : 'something else';
    const advice = 'Give what Keras 3 has saved by model.save or model.save_weights.';
    throw badFile(name, 'a .keras archive or a .weights.h5 file', received, advice);
  }
  const stream: OpenWeights['stream'] = async (sink) => {
    for (let at = 0; at < size; at += CHUNK_BYTES) {
      sink.take(await source.read(at, Math.min(CHUNK_BYTES, size - at)), at);
    }
  };
  return { weights: source, readTree: () => readHdf5(source), stream, archive: undefined };
}
