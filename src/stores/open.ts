import { badFile, namingFile, noStore, SAEError } from '../errors';
import type { ByteSource } from '../io/bytes/byteSource';
import { MANIFEST, type Manifest, parseManifest } from './manifest';
import type { StorePlace } from './place';
import { Shard } from './shard';

/** A shard that cannot be read, and the reason. */
export interface DamagedShard {
  /** Its file's name. */
  readonly file: string;
  /** The error that reading it gave. */
  readonly error: SAEError;
}

/** The shards in a store's folder. */
export interface OpenedShards {
  readonly manifest: Manifest;
  readonly shards: readonly Shard[];
  /** The shards that were left out. */
  readonly damaged: readonly DamagedShard[];
}

/**
 * Returns the manifest of a store.
 *
 * @returns undefined if there is none.
 * @throws SAE_FILE if it is damaged.
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
 * Opens the shards of a store, without reading any rows.
 *
 * @param skipDamaged reads all shards, and leaves out those that differ from what was written
 * @throws SAE_FILE if there is no store, or if none of its shards is usable.
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

/** Reads all shards completely, and returns those that differ from what was written. */
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
