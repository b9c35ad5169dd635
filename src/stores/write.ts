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

/** The progress of a writer. */
export interface WriteProgress {
  /** Rows that are stored, or being written. */
  readonly rows: number;
  /** Rows that were left out. */
  readonly leftOut: number;
  /** Full shards. */
  readonly shards: number;
}

/** Options of {@link writeActivations}. */
export interface WriteActivationsArgs {
  /**
   * Rows in a shard; by default as many as fit in 128 MB. Up to one and a half shards are in
   * memory.
   */
  shardRows?: number;
  /**
   * The type of stored values: `'float32'`, the default, or `'float16'`, half as large, rounded to
   * 11 bits.
   */
  dtype?: StoreDtype;
  /**
   * What the rows are activations of: the network, the layer, the data. By default the dataset's
   * `about`.
   */
  about?: RowsAbout;
  /**
   * Whether to leave out rows at position 0, which requires rows with an origin; false by default.
   */
  skipFirst?: boolean;
  /**
   * Leaves out rows whose L2 norm exceeds this many times the median norm of their batch, like
   * dictionary_learning's `max_activation_norm_multiple`, which suggests 10; none by default.
   */
  maxNormMultiple?: number;
  /**
   * Called after each batch; not set by default.
   *
   * @param progress the progress so far
   */
  onProgress?: (progress: WriteProgress) => void;
}

/** The size of a shard in bytes. */
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
 * Writes rows of activations to disk, so that dictionaries can be trained on them repeatedly
 * without running the network that they come from.
 *
 * A store is a folder of safetensors files, its shards, and `activations.json`, which lists them. A
 * shard is written completely or not at all, and is listed once it is complete. A writer that was
 * interrupted (killed, or by a full disk or a network error) continues when it is called again with
 * the same rows: after the existing shards, and with the same bits as without an interruption. If
 * the store is already complete, no row is read, and the store is opened.
 *
 * @param rows a dataset of batches `[..., width]`, bare or as `{xs, origin}`, of which the first
 *   pass is stored. A writer that continues asks `iteratorAt` for its batch if the dataset has it;
 *   otherwise it reads the earlier batches again and skips them
 * @param target the path of a folder in Node, which is created if needed; in a page a
 *   FileSystemDirectoryHandle
 * @param args how to store rows, and which
 * @returns the store, opened as by `openActivationStore(target)`; the caller closes it.
 * @throws SAE_FILE if it cannot be written, or if another store is there; SAE_DATA, SAE_SHAPE or
 *   SAE_NOT_FINITE for invalid rows; SAE_OPTION for an unknown option or a wrong value. What was
 *   written before stays, and is listed.
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
      await writer.settled().catch(() => {}); // full shards are already being written, and count
      throw error;
    }
  }
  return openActivationStore(target);
}

const nothing = (leftOut: number) =>
  leftOut === 0 ? 'a dataset without batches' : `${leftOut} rows, all of them left out`;

/** Returns the part of it that JSON can hold. */
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

/** @throws SAE_FILE if the existing files are not the beginning of the store to be written. */
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

/** Returns the same data with its names in alphabetical order. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((name) => [name, inOrder(value[name])]),
  );
}
