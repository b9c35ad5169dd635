import { badFile, namingFile, noStore, SAEError } from '../errors';
import type { ByteSource } from '../io/bytes/byteSource';
import { MANIFEST, type Manifest, parseManifest } from './manifest';
import type { StorePlace } from './place';
import { Shard } from './shard';

/** A shard that cannot be read, and why. */
export interface DamagedShard {
  /** Its file's name. */
  readonly file: string;
  /** What is wrong with it. */
  readonly error: SAEError;
}

/** What is in a store's folder. */
export interface OpenedShards {
  readonly manifest: Manifest;
  readonly shards: readonly Shard[];
  /** Those that were left out. */
  readonly damaged: readonly DamagedShard[];
}

/**
 * The manifest of a place.
 *
 * @returns undefined where there is none.
 * @throws SAE_FILE for one that is damaged.
 */
export async function manifestIn(place: StorePlace): Promise<Manifest | undefined> {
  const source = await place.open(MANIFEST);
  if (source === undefined) return undefined;
  try {
    return await namingFile(`${place.name}/${MANIFEST}`, async () => readManifest(source));
  } finally {
    await source.close();
  }
}

const readManifest = async (source: ByteSource): Promise<Manifest> =>
  parseManifest(await source.read(0, source.size));

/**
 * The shards of a store, of which no row has been read yet.
 *
 * @param skipDamaged reads all of them, and leaves out those that are not as they were written
 * @throws SAE_FILE where there is no store, or none of its shards is left.
 */
export async function openShards(place: StorePlace, skipDamaged = false): Promise<OpenedShards> {
  const manifest = await manifestIn(place);
  if (manifest === undefined) throw noStore(place.name);
  if (!manifest.complete) {
    console.warn(
      `gated-sae-tfjs: the store of activations in ${place.name} was not written to its end: it has ` +
        `${manifest.rows} rows. writeActivations with the same rows goes on.`,
    );
  }
  const all = manifest.shards.map((entry) => new Shard(place, manifest, entry));
  const damaged = skipDamaged ? await damagedOf(all) : [];
  const shards = all.filter(({ entry }) => !damaged.some(({ file }) => file === entry.file));
  for (const { error } of damaged) {
    console.warn(`gated-sae-tfjs: left out a shard. ${error.message}`);
  }
  if (shards.length > 0) return { manifest, shards, damaged };
  const received = all.length === 0 ? 'a store without rows' : `${all.length} that are not`;
  const advice = 'Write the store anew.';
  throw badFile(place.name, 'a shard that is whole', received, advice, damaged[0]?.error);
}

/** Reads all shards from beginning to end: those of them that are not as they were written. */
export async function damagedOf(shards: readonly Shard[]): Promise<DamagedShard[]> {
  const damaged: DamagedShard[] = [];
  for (const shard of shards) {
    try {
      await shard.verify();
    } catch (error) {
      if (!(error instanceof SAEError)) throw error;
      damaged.push({ file: shard.entry.file, error });
    }
  }
  return damaged;
}
