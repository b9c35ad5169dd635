import { HeldOutRows } from '../activations/heldOutRows';
import { blockRowsIn, windowRowsFor } from '../activations/rowSizes';
import type { RowDataset, RowIterator, RowsAbout } from '../activations/rows';
import type { RowSource } from '../activations/storedRows';
import { WindowRows } from '../activations/windowRows';
import { closedStore, wrongOption } from '../errors';
import { joinedArrays } from '../io/arrays/joined';
import type { RowArray } from '../io/arrays/rowArray';
import {
  checkOptions,
  flag,
  optional,
  positiveInteger,
  type Rules,
  seedRule,
  wholeOr0,
} from '../options';
import type { StoreDtype } from './manifest';
import { type DamagedShard, damagedOf, type OpenedShards, openShards } from './open';
import { placeOf, type StoreSource } from './place';

/** Options of {@link openActivationStore}. */
export interface ActivationStoreArgs {
  /** Rows in a batch; 1024 by default, or all if there are fewer. */
  batchSize?: number;
  /** An integer from 0 to 2³² − 1 that determines the order of the rows; 0 by default. */
  seed?: number;
  /**
   * Rows that are held in memory and shuffled at a time; by default as many as fit in 256 MB. At
   * most two windows are held.
   */
  windowRows?: number;
  /** How many rows to keep out of training; `store.heldOut` has them; 0 by default. */
  heldOut?: number;
  /**
   * Whether to read all shards first and leave out those that are missing or damaged; false by
   * default: such a shard is then an error.
   */
  skipDamaged?: boolean;
}

const BATCH = 1024;
const RULES: Rules<ActivationStoreArgs> = {
  batchSize: optional(positiveInteger()),
  seed: { ...seedRule, fallback: 0 },
  windowRows: optional(positiveInteger()),
  heldOut: wholeOr0(0),
  skipDamaged: flag(false),
};

/**
 * Rows of activations on disk, to train a dictionary without running the network that they come
 * from: a dataset for `fitDataset`, with another order of its rows in each pass, that need not fit
 * in memory. Each element is a tensor `[batchSize, width]`, or `{xs, origin}` if the store knows
 * the origin of its rows.
 */
export class ActivationStore implements RowDataset {
  /**
   * Number of batches in one pass, all of them full; the rows left over are different ones in each
   * pass.
   */
  readonly size: number;
  /** Values in a row. */
  readonly width: number;
  /** The number of rows, including those held out. */
  readonly rows: number;
  /** The type that values are stored in. */
  readonly dtype: StoreDtype;
  /** What the rows are activations of. */
  readonly about: RowsAbout;
  /**
   * The rows' mean, `width` values: over all rows that were written, before they were rounded to
   * `dtype`.
   */
  readonly mean: Float32Array;
  /** The mean of the L2 norms of the same rows. */
  readonly norm: number;
  /** Rows that were left out when it was written. */
  readonly leftOut: number;
  /** Whether it was written completely. */
  readonly isComplete: boolean;
  /** Shards that `skipDamaged` left out, and the reason for each. */
  readonly damaged: readonly DamagedShard[];
  /** The rows that training never sees, in stored order; none by default. */
  readonly heldOut: RowDataset | undefined;
  private readonly batches: WindowRows;
  private readonly opened: OpenedShards;
  private readonly files: OpenedFiles;

  /** @internal */
  constructor(opened: OpenedShards, files: OpenedFiles, args: ActivationStoreArgs) {
    const { manifest, damaged } = opened;
    const { width, dtype, about, mean, norm, leftOut, complete } = manifest;
    const [array, origins] = files.arrays as [RowArray, RowArray?];
    const rows = array.shape[0] as number;
    const { heldOut = 0, seed = 0, windowRows = windowRowsFor(width) } = args;
    const batchSize = batchSizeFor(rows, heldOut, args.batchSize);
    const source: RowSource = { array, width, rows, axes: 1, ...(origins && { origins }) };
    const plan = { windowRows, blockRows: blockRowsIn(width, windowRows), seed, heldOut };
    // The number of passes is unknown, so the first window of the next pass is read ahead.
    const passes = Number.POSITIVE_INFINITY;
    this.batches = new WindowRows({ ...plan, source, batchSize, passes });
    this.heldOut = heldOut > 0 ? new HeldOutRows(source, plan, batchSize) : undefined;
    this.size = this.batches.size;
    this.width = width;
    this.rows = rows;
    this.dtype = dtype;
    this.about = about;
    this.mean = Float32Array.from(mean);
    this.norm = norm;
    this.leftOut = leftOut;
    this.isComplete = complete;
    this.damaged = damaged;
    this.opened = opened;
    this.files = files;
  }

  /** Begins the first pass. */
  iterator(): RowIterator {
    return this.iteratorAt(0, 0);
  }

  /**
   * Begins a pass at one of its batches. Each pass has its own order, determined by the seed and
   * the pass's number.
   *
   * @param pass the pass's number, counted from 0
   * @param batch the number of batches to skip
   */
  iteratorAt(pass: number, batch: number): RowIterator {
    return this.batches.iteratorAt(pass, batch);
  }

  /**
   * Returns the rows that come first in the first pass, as many as are held in memory at a time:
   * enough for `initDecoderBias`.
   */
  sample(): RowDataset {
    return this.batches.sample();
  }

  /**
   * Reads all shards completely, and compares their checksums. Training does the same for each
   * shard when it has read all of it for the first time.
   *
   * @throws SAE_FILE that names the first missing or damaged shard, and how many others there are.
   */
  async verify(): Promise<void> {
    const [first, ...others] = await damagedOf(this.opened.shards);
    if (first === undefined) return;
    if (others.length > 0)
      first.error.message += ` So are ${others.map((one) => one.file).join(', ')}.`;
    throw first.error;
  }

  /** Closes its files; nothing can be read afterwards. */
  close(): Promise<void> {
    return this.files.close();
  }
}

/** The open files of a store; reading ahead does not open them again. */
class OpenedFiles {
  readonly arrays: RowArray[] = [];
  private isClosed = false;

  constructor(private readonly name: string) {}

  /** Opens one kind of array of all shards as one array. */
  async open(openers: readonly (() => Promise<RowArray>)[]): Promise<void> {
    const guarded = openers.map((open) => async () => {
      const array = this.isClosed ? undefined : await open();
      if (array && !this.isClosed) return array;
      await array?.close();
      throw closedStore(this.name);
    });
    this.arrays.push(await joinedArrays(this.name, guarded));
  }

  async close(): Promise<void> {
    this.isClosed = true;
    for (const array of this.arrays) await array.close();
  }
}

/** @throws SAE_OPTION if a batch has no rows to train on. */
function batchSizeFor(rows: number, heldOut: number, given: number | undefined): number {
  const trained = rows - heldOut;
  if (trained <= 0) {
    const expected = `fewer than the ${rows} rows that there are`;
    throw wrongOption(`${WHERE}.heldOut`, expected, heldOut, 'Hold fewer rows out.');
  }
  if (given === undefined) return Math.min(BATCH, trained);
  if (given <= trained) return given;
  const expected = `at most ${trained}, the rows that there are to train on`;
  throw wrongOption(`${WHERE}.batchSize`, expected, given, 'Give a smaller one.');
}

const WHERE = 'openActivationStore';

/**
 * Opens a store of activations, written by {@link writeActivations} or another program.
 *
 * Its shards are safetensors files, which are read in parts as training needs them: one window of
 * rows is in memory, in random order, while the next one is being read. Each shard is compared with
 * its checksums when all of it has been read for the first time.
 *
 * @param source the path of its folder in Node, its http(s) address, or a FileSystemDirectoryHandle
 *   in a page
 * @param args how to make batches of its rows
 * @returns a dataset; the caller closes it.
 * @throws SAE_FILE if there is no store, or if a shard, named in the message, is missing, damaged
 *   or a different one; SAE_OPTION for an unknown option or a wrong value.
 * @example
 * ```ts
 * import { tmpdir } from 'node:os';
 * import * as tf from '@tensorflow/tfjs';
 * import { GatedSAE, openActivationStore, writeActivations } from 'gated-sae-tfjs';
 * const rows = tf.data.generator(function* () {
 *   for (let batch = 0; batch < 4; batch++) yield tf.randomNormal([64, 8]);
 * });
 * const folder = `${tmpdir()}/store-${Math.random()}`;
 * await (await writeActivations(rows, folder)).close();
 * const store = await openActivationStore(folder, { batchSize: 32, seed: 1 });
 * const sae = new GatedSAE({ inputDim: store.width, encodingDim: 32 });
 * sae.compile();
 * await sae.fitDataset(store, { epochs: 3, verbose: 0 });
 * console.log(sae.optimizer.iterations); // 24
 * await store.close();
 * ```
 */
export async function openActivationStore(
  source: StoreSource,
  args: ActivationStoreArgs = {},
): Promise<ActivationStore> {
  const options = checkOptions<ActivationStoreArgs>(WHERE, RULES, args);
  const place = placeOf(`${WHERE}.source`, source);
  const opened = await openShards(place, options.skipDamaged);
  const files = new OpenedFiles(place.name);
  const { shards, manifest } = opened;
  try {
    await files.open(shards.map((shard) => () => shard.openRows()));
    if (manifest.hasOrigins) await files.open(shards.map((shard) => () => shard.openOrigins()));
    return new ActivationStore(opened, files, options);
  } catch (error) {
    await files.close();
    throw error;
  }
}
