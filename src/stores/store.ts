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

/** What {@link openActivationStore} takes. */
export interface ActivationStoreArgs {
  /** Rows in a batch; 1024 by default, or all where there are fewer. */
  batchSize?: number;
  /** An integer from 0 to 2³² − 1 from which the order of the rows follows; 0 by default. */
  seed?: number;
  /**
   * Rows that are in memory, and are mixed, at a time; as many as 256 MB hold by default. Two windows are
   * held at most.
   */
  windowRows?: number;
  /** How many rows training never sees: `store.heldOut` has them; 0 by default. */
  heldOut?: number;
  /**
   * Whether to read all shards first, and to leave out those that are missing or damaged; false by
   * default: such a shard is an error.
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
 * Rows of activations on disk, which a dictionary is trained on without the network that they are of: a
 * dataset for `fitDataset`, with another order of its rows in each pass, that need not fit into memory.
 * Each of its elements is a tensor `[batchSize, width]`, or `{xs, origin}` where the store knows where its
 * rows are from.
 */
export class ActivationStore implements RowDataset {
  /** Number of batches in one pass: whole ones; the rows that are left over are others in each pass. */
  readonly size: number;
  /** Values in a row. */
  readonly width: number;
  /** How many rows there are, those that are held out among them. */
  readonly rows: number;
  /** What they are stored as. */
  readonly dtype: StoreDtype;
  /** What they are of. */
  readonly about: RowsAbout;
  /** Their mean, of `width` values: of all that were written, before they were rounded to `dtype`. */
  readonly mean: Float32Array;
  /** The mean of their L2 norms, of the same rows. */
  readonly norm: number;
  /** Rows that were left out when it was written. */
  readonly leftOut: number;
  /** Whether it was written to its end. */
  readonly isComplete: boolean;
  /** Shards that `skipDamaged` has left out, and what is wrong with each. */
  readonly damaged: readonly DamagedShard[];
  /** The rows that training never sees, in the order in which they are stored; none by default. */
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
    // Nobody knows how many passes there will be: the next one's first window is read ahead.
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

  /** The first pass. */
  iterator(): RowIterator {
    return this.iteratorAt(0, 0);
  }

  /**
   * A pass from one of its batches on; each has an order of its own, which follows from the seed and its
   * number.
   *
   * @param pass counted from 0
   * @param batch batches to leave out
   */
  iteratorAt(pass: number, batch: number): RowIterator {
    return this.batches.iteratorAt(pass, batch);
  }

  /**
   * The rows that come first in the first pass, as many as are in memory at a time: enough for
   * `initDecoderBias`.
   */
  sample(): RowDataset {
    return this.batches.sample();
  }

  /**
   * Reads all shards from beginning to end, and compares their checksums. Training does so by the way,
   * when it has read all of a shard for the first time.
   *
   * @throws SAE_FILE that names the first shard that is missing or damaged, and how many others are.
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

/** The files of a store that are open: what is still being read ahead opens none of them again. */
class OpenedFiles {
  readonly arrays: RowArray[] = [];
  private isClosed = false;

  constructor(private readonly name: string) {}

  /** Opens what each of the shards has of a kind, as one array. */
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

/** @throws SAE_OPTION where a batch has no rows to train on. */
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
 * Opens a store of activations, that of {@link writeActivations} or of another program.
 *
 * Its shards are files of safetensors, which are read in parts as training needs them: a window of rows is
 * in memory, in random order, and the next one is read meanwhile. Each shard is held against its checksums
 * when all of it has been read for the first time.
 *
 * @param source the path of its folder in Node, its http(s) address, or a FileSystemDirectoryHandle in
 * a page
 * @param args how batches are made of its rows
 * @returns a dataset, which the caller closes.
 * @throws SAE_FILE where there is none, or a shard is missing, damaged or another one, named; SAE_OPTION
 * for an unknown option or a wrong value.
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
