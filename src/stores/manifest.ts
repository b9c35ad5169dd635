import type { RowsAbout } from '../activations/rows';
import { badContent, GET_STORE_AGAIN } from '../errors';
import { isCount, isObject } from '../plainData';

/** The file that describes a store. */
export const MANIFEST = 'activations.json';
const FORMAT = 'gated-sae-tfjs activations';
const VERSION = 1;
/**
 * The longest manifest that is read: one of a hundred thousand shards of wide rows has some 16 MB.
 */
const MOST_BYTES = 2 ** 26;
/** Tensors of a shard that give the origin of its rows, besides `rows`. */
export const ORIGINS = ['example', 'position'] as const;

/** The type of a store's values. */
export type StoreDtype = 'float32' | 'float16';
export const STORE_DTYPES: readonly StoreDtype[] = ['float32', 'float16'];

/** A file with rows. */
export interface ShardEntry {
  /** Its name in the store's folder. */
  readonly file: string;
  /** The number of its rows. */
  readonly rows: number;
  /** The CRC-32 of each tensor's bytes, by tensor name. */
  readonly crc32: Readonly<Record<string, string>>;
}

/** The rows that a writer left out. */
export interface FilterEntry {
  /** Whether rows at position 0 were left out. */
  readonly skipFirst: boolean;
  /**
   * Rows with a norm above this many times the median norm of their batch were left out; null for
   * none.
   */
  readonly maxNormMultiple: number | null;
}

/** The contents of a store. */
export interface Manifest {
  readonly width: number;
  readonly rows: number;
  readonly dtype: StoreDtype;
  /** Whether its writer reached the end of the rows. */
  readonly complete: boolean;
  /** Whether its shards give the origin of their rows. */
  readonly hasOrigins: boolean;
  readonly about: RowsAbout;
  readonly filter: FilterEntry;
  /** Rows that the filter left out. */
  readonly leftOut: number;
  /**
   * Where its writer continues: after this many batches of its source, and this many rows of the
   * next one.
   */
  readonly source: { readonly batches: number; readonly rows: number };
  /** The mean of all rows. */
  readonly mean: readonly number[];
  /** The mean of the rows' L2 norms. */
  readonly norm: number;
  readonly shards: readonly ShardEntry[];
}

/** Returns the text of a manifest's file. */
export function manifestText(manifest: Manifest): string {
  const { width, rows, dtype, complete, about, leftOut, source, norm, mean, shards } = manifest;
  const { skipFirst, maxNormMultiple } = manifest.filter;
  return JSON.stringify(
    {
      ...{ format: FORMAT, version: VERSION },
      ...{ about, width, rows, dtype, complete, has_origins: manifest.hasOrigins },
      filter: { skip_first: skipFirst, max_norm_multiple: maxNormMultiple },
      ...{ left_out: leftOut, source, norm, mean, shards },
    },
    // With one mean per line, the means would be the longest part of the file.
    (key, value) => (key === 'mean' ? JSON.stringify(value) : value),
    1,
  ).replace(/"mean": "(\[[^"]*\])"/, '"mean": $1');
}

const damaged = (received: string, cause?: unknown) =>
  badContent('the manifest of a store of activations', received, GET_STORE_AGAIN, cause);

/**
 * Parses a manifest. Entries that only a writer needs may be missing, because other programs write
 * stores too.
 *
 * @throws SAE_FILE for anything else.
 */
export function parseManifest(bytes: Uint8Array): Manifest {
  const given = parsed(bytes);
  if (given['format'] !== FORMAT) throw damaged('another JSON file');
  if (given['version'] !== VERSION) {
    throw damaged(
      `version ${JSON.stringify(given['version'])?.slice(0, 40)}, where ${VERSION} is read`,
    );
  }
  const { width, rows, dtype, shards, mean, norm, complete = true, about = {} } = given;
  const { has_origins: hasOrigins = false, left_out: leftOut = 0, filter, source } = given;
  if (!isCount(width) || width === 0) throw damaged('no width');
  if (!isCount(rows)) throw damaged('no number of rows');
  if (!STORE_DTYPES.includes(dtype as StoreDtype)) throw damaged('no dtype, float32 or float16');
  if (typeof complete !== 'boolean') throw damaged('something else than true or false as complete');
  if (typeof hasOrigins !== 'boolean')
    throw damaged('something else than true or false as has_origins');
  if (!isObject(about)) throw damaged('no object as about');
  if (!isCount(leftOut)) throw damaged('no number of rows as left_out');
  if (!Array.isArray(mean) || mean.length !== width || !mean.every(Number.isFinite)) {
    throw damaged(`a mean that is not ${width} numbers`);
  }
  if (typeof norm !== 'number' || !(norm >= 0)) throw damaged('no norm');
  if (!Array.isArray(shards)) throw damaged('no list of shards');
  const entries = shards.map((shard, i) => entryOf(shard, i, hasOrigins));
  if (new Set(entries.map(({ file }) => file)).size < entries.length) {
    throw damaged('a shard that is there twice');
  }
  const total = entries.reduce((sum, entry) => sum + entry.rows, 0);
  if (total !== rows) throw damaged(`${rows} rows, and ${total} in its shards`);
  return {
    ...{ width, rows, complete, hasOrigins, about, leftOut, norm },
    dtype: dtype as StoreDtype,
    mean: mean as number[],
    filter: filterOf(filter),
    source: sourceOf(source),
    shards: entries,
  };
}

function parsed(bytes: Uint8Array): Record<string, unknown> {
  if (bytes.length > MOST_BYTES) throw damaged(`${bytes.length} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw damaged('no JSON', error);
  }
  if (!isObject(value)) throw damaged('no object');
  return value;
}

function entryOf(shard: unknown, i: number, hasOrigins: boolean): ShardEntry {
  if (!isObject(shard)) throw damaged(`shard ${i} that is no object`);
  const { file, rows, crc32 } = shard;
  // Only in the folder itself, since a path could lead out of it.
  if (typeof file !== 'string' || !/^[\w-][\w.-]*\.safetensors$/.test(file)) {
    throw damaged(`shard ${i} without the name of a .safetensors file in the same folder`);
  }
  if (!isCount(rows) || rows === 0) throw damaged(`shard ${i} without a number of rows`);
  const names = ['rows', ...(hasOrigins ? ORIGINS : [])];
  const isWhole = isObject(crc32) && names.every((name) => isChecksum(crc32[name]));
  if (!isWhole) throw damaged(`shard ${i} without the CRC-32 of ${names.join(', ')}`);
  return { file, rows, crc32: crc32 as Record<string, string> };
}

const isChecksum = (value: unknown) => typeof value === 'string' && /^[0-9a-f]{8}$/.test(value);

/** Returns the writer's filter; an empty one if the manifest has none. */
function filterOf(filter: unknown): FilterEntry {
  const { skip_first: skip, max_norm_multiple: most } = isObject(filter) ? filter : {};
  return { skipFirst: skip === true, maxNormMultiple: typeof most === 'number' ? most : null };
}

function sourceOf(source: unknown): Manifest['source'] {
  const { batches, rows } = isObject(source) ? source : {};
  return { batches: isCount(batches) ? batches : 0, rows: isCount(rows) ? rows : 0 };
}
