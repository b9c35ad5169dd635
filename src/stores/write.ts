import type { RowDataset, RowsAbout } from '../activations/rows';
import { emptyData, otherStore, wrongOption } from '../errors';
import {
  aFunction,
  checkOptions,
  flag,
  oneOf,
  optional,
  positiveInteger,
  type Rules,
} from '../options';
import { isObject } from '../plainData';
import { storedBatches } from './batches';
import { type Manifest, STORE_DTYPES, type StoreDtype } from './manifest';
import { manifestIn } from './open';
import { placeOf, type StorePlace, type StoreTarget } from './place';
import { Shard } from './shard';
import { type ActivationStore, openActivationStore } from './store';
import { type StorePlan, StoreWriter } from './storeWriter';

/** How far a writer is. */
export interface WriteProgress {
  /** Rows that are stored, or on their way to the disk. */
  readonly rows: number;
  /** Rows that were left out. */
  readonly leftOut: number;
  /** Shards that are full. */
  readonly shards: number;
}

/** What {@link writeActivations} takes. */
export interface WriteActivationsArgs {
  /** Rows of a shard; as many as 128 MB hold by default. A shard and a half are in memory. */
  shardRows?: number;
  /**
   * What values are stored as: `'float32'`, the default, or `'float16'`, half as large, rounded to 11 bits.
   */
  dtype?: StoreDtype;
  /** What the rows are of: the network, the layer, the data. By default what the dataset's `about` says. */
  about?: RowsAbout;
  /** Whether to leave out rows at position 0, which need an origin to be known; false by default. */
  skipFirst?: boolean;
  /**
   * Leaves out rows whose L2 norm is above so many times the median norm of their batch, as
   * dictionary_learning's `max_activation_norm_multiple`, for which it names 10; none by default.
   */
  maxNormMultiple?: number;
  /**
   * Is called after each batch; by default nothing is.
   *
   * @param progress how far it is
   */
  onProgress?: (progress: WriteProgress) => void;
}

/** What a shard takes. */
const SHARD_BYTES = 2 ** 27;
const WHERE = 'writeActivations';

const RULES: Rules<WriteActivationsArgs> = {
  shardRows: optional(positiveInteger()),
  dtype: oneOf<StoreDtype>(STORE_DTYPES, 'float32'),
  about: optional({ expected: 'an object of plain data', accepts: isObject }),
  skipFirst: flag(false),
  maxNormMultiple: {
    expected: 'a number of at least 1',
    accepts: (v) => typeof v === 'number' && Number.isFinite(v) && v >= 1,
    fallback: undefined,
  },
  onProgress: optional(aFunction<(progress: WriteProgress) => void>()),
};

/**
 * Writes rows of activations to disk, so that dictionaries are trained on them without the network that
 * they are of, as often as one likes.
 *
 * A store is a folder of safetensors files, its shards, and `activations.json`, which names them. A shard
 * is there whole or not at all, and is named once it is there. A writer that was cut off (a kill, a full
 * disk, an error of the network) goes on when it is called again with the same rows: after the shards that
 * are there, and with the same bits as if there had been no break. Of a store that is complete it reads no
 * row, and opens it.
 *
 * @param rows a dataset of batches `[..., width]`, bare or as `{xs, origin}`; its first pass. Where it has
 * an `iteratorAt`, a writer that goes on asks it for the batch; else batches are read again and left out
 * @param target the path of a folder in Node, which is made where there is none; in a page a
 * FileSystemDirectoryHandle
 * @param args how they are stored, and which
 * @returns the store, opened as `openActivationStore(target)` opens it; the caller closes it.
 * @throws SAE_FILE where it cannot be written, or another store is there; SAE_DATA, SAE_SHAPE or
 * SAE_NOT_FINITE for what are no rows; SAE_OPTION. What was written before stays, and is named.
 * @example
 * ```ts
 * import { tmpdir } from 'node:os';
 * import * as tf from '@tensorflow/tfjs';
 * import { writeActivations } from 'gated-sae-tfjs';
 * const rows = tf.data.generator(function* () {
 *   for (let batch = 0; batch < 4; batch++) yield tf.randomNormal([64, 8]);
 * });
 * const store = await writeActivations(rows, `${tmpdir()}/store-${Math.random()}`, {
 *   dtype: 'float16',
 *   about: { model: 'gpt2', layer: 'blocks.8.hook_resid_pre', data: 'openwebtext' },
 *   maxNormMultiple: 10,
 * });
 * console.log(store.rows, store.width); // 256 8
 * await store.close();
 * ```
 */
export async function writeActivations(
  rows: RowDataset,
  target: StoreTarget,
  args: WriteActivationsArgs = {},
): Promise<ActivationStore> {
  const options = checkOptions<WriteActivationsArgs>(WHERE, RULES, args);
  const { dtype, skipFirst, maxNormMultiple = null, shardRows, onProgress } = options;
  const about = plain(options.about ?? rows?.about ?? {});
  const plan: StorePlan = { about, dtype, filter: { skipFirst, maxNormMultiple } };
  const place = placeOf(`${WHERE}.target`, target);
  const before = await manifestIn(place);
  if (before) await assertSame(place, plan, before);
  if (!before?.complete) {
    const valueBytes = dtype === 'float16' ? 2 : 4;
    const roomFor = (width: number) =>
      shardRows ?? Math.max(1, Math.floor(SHARD_BYTES / (valueBytes * width)));
    const writer = new StoreWriter(WHERE, place, plan, roomFor, before);
    try {
      for await (const batch of storedBatches(WHERE, rows, before?.source.batches ?? 0)) {
        await writer.take(batch);
        const { rowsLeftOut: leftOut, shards } = writer;
        onProgress?.({ rows: writer.rows, leftOut, shards });
      }
      if (writer.rows === 0) throw emptyData(WHERE, nothing(writer.rowsLeftOut));
      await writer.end();
    } catch (error) {
      await writer.settled().catch(() => {}); // what is full is on its way, and counts
      throw error;
    }
  }
  return openActivationStore(target);
}

const nothing = (leftOut: number) =>
  leftOut === 0 ? 'a dataset without batches' : `${leftOut} rows, all of them left out`;

/** What a JSON file keeps of it. */
function plain(about: RowsAbout): RowsAbout {
  try {
    return JSON.parse(JSON.stringify(about)) as RowsAbout;
  } catch (error) {
    const advice = 'Give what JSON can say.';
    const refused = wrongOption(`${WHERE}.about`, 'an object of plain data', about, advice);
    refused.cause = error;
    throw refused;
  }
}

/** @throws SAE_FILE where what is there is no beginning of the store that is to be written. */
async function assertSame(place: StorePlace, plan: StorePlan, before: Manifest): Promise<void> {
  for (const part of ['about', 'dtype', 'filter'] as const) {
    const [now, then] = [inOrder(plan[part]), inOrder(before[part])];
    if (JSON.stringify(now) === JSON.stringify(then)) continue;
    throw otherStore(place.name, part, now, then);
  }
  for (const entry of before.shards) {
    const rows = await new Shard(place, before, entry).openRows();
    await rows.close();
  }
}

/** The same data, the names in the order of the alphabet. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((name) => [name, inOrder(value[name])]),
  );
}
