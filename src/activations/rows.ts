import * as tf from '@tensorflow/tfjs-core';
import {
  A_DATASET,
  BATCHES,
  dataNotFinite,
  disposedBatch,
  emptyData,
  missingTarget,
  tooFewBatches,
  unbatched,
  wrongData,
  wrongTarget,
} from '../errors';
import { allFiniteAsync } from '../math/finite';
import { asRows, assertRows } from '../math/leadingDims';

/** The part of a `tf.data` dataset that is used here. */
export interface RowDataset {
  /** Number of batches in one pass, if known. */
  readonly size?: number | null;
  /** Begins a new pass, at the first batch. */
  iterator(): Promise<RowIterator> | RowIterator;
  /**
   * Begins a pass at another place, without reading what comes before. If a dataset has this
   * method, training begins every pass with it, so each pass may have its own order, by its number.
   *
   * @param pass the pass, counted from 0: the epoch, or always 0 with `batchesPerEpoch`
   * @param batch the number of batches to skip: those trained on before `resumeAt`
   */
  iteratorAt?(pass: number, batch: number): Promise<RowIterator> | RowIterator;
  /** What its rows come from, if known: training compares it with what a dictionary is made for. */
  readonly about?: RowsAbout;
}

/** What rows come from. Plain data, set by whoever made the rows. */
export interface RowsAbout {
  /** The name of the network that the activations come from: `gpt2`. */
  readonly model?: string;
  /** The name of the layer, or of the place in it: `blocks.8.hook_resid_pre`, `conv2d_3`. */
  readonly layer?: string;
  /** The data that was given to the network. */
  readonly data?: string;
  /** Any other facts. Those that `DictionaryMetadata` has a name for go under that name. */
  readonly [more: string]: unknown;
}

/** One pass over a dataset. */
export interface RowIterator {
  /** Returns the next batch, or `done`. This library disposes its tensors. */
  next(): Promise<IteratorResult<unknown, unknown>>;
}

/** The origin of a batch's rows: one number per row. */
export interface RowOrigin {
  /** The index of the example, counted from 0 in the order of the data. */
  readonly examples: Int32Array;
  /**
   * The position within the example: a token's index, or the place in a feature map, counted row by
   * row.
   */
  readonly positions: Int32Array;
}

/**
 * Rows: one tensor `[..., width]`, or a dataset of batches of them, bare or as `{xs}` or
 * `{xs, ys}`. The last axis holds a row's values; all axes before it count rows, in order.
 */
export type Rows = tf.Tensor | RowDataset;

/** Input and target of one batch; the same tensor if the data has no targets. */
export interface Batch {
  xs: tf.Tensor2D;
  ys: tf.Tensor2D;
  /** The origin of the rows, as given by the data: unchecked. */
  readonly origin?: RowOrigin;
}

/** The widths of a dictionary's input and target. */
export interface Widths {
  readonly inputDim: number;
  readonly outputDim: number;
  /** Whether the target must differ from the input. */
  readonly isTranscoder: boolean;
}

/** Returns whether `data` is a dataset rather than a tensor. */
export function isDataset(data: unknown): data is RowDataset {
  return typeof (data as RowDataset | null)?.iterator === 'function';
}

/**
 * Returns `x` as float rows `[rows, width]`: the axes before the last one become one.
 *
 * @param x `[..., width]`
 * @returns `x` itself if it consists of float32 rows, otherwise a new tensor, which the caller
 *   disposes.
 * @throws SAE_SHAPE if its last axis has another width, SAE_DATA if it has no rows or is not a
 *   tensor.
 */
export function floatRows(where: string, x: unknown, width: number): tf.Tensor2D {
  assertRows(where, x, width);
  if (x.size === 0) throw emptyData(where, `a tensor of shape [${x.shape.join(', ')}]`);
  if (x.dtype === 'float32') return asRows(x);
  return tf.tidy(() => asRows(tf.cast(x, 'float32')));
}

/**
 * Returns input and target as float rows.
 *
 * @param y the target; `x` itself if there is no other
 * @returns both; the caller disposes those that are neither `x` nor `y`.
 * @throws SAE_SHAPE or SAE_DATA if one of them is not rows, if they differ in more than their
 *   widths, or if a transcoder has no target.
 */
export function inputAndTargetRows(
  where: string,
  [x, y]: readonly [unknown, unknown],
  { inputDim, outputDim, isTranscoder }: Widths,
): Batch {
  const xs = floatRows(where, x, inputDim);
  let ys: tf.Tensor2D | undefined;
  try {
    if (y === x && isTranscoder) throw missingTarget(where, outputDim);
    if (y === x) return { xs, ys: xs };
    const shape = [...(x as tf.Tensor).shape.slice(0, -1), outputDim];
    if (y instanceof tf.Tensor && !tf.util.arraysEqual(shape, y.shape)) {
      throw wrongTarget(where, shape, y.shape, isTranscoder);
    }
    ys = floatRows(where, y, outputDim);
    return { xs, ys };
  } catch (error) {
    tf.dispose([xs, ys].filter((made) => made !== x && made !== y));
    throw error;
  }
}

/** @throws SAE_DATA for elements of a dataset without a call of its `batch`. */
function assertBatched(where: string, xs: unknown, width: number): void {
  if (xs instanceof tf.Tensor && xs.rank === 1) {
    throw unbatched(where, width, `[${xs.shape.join(', ')}]`);
  }
  const isRow = Array.isArray(xs) || ArrayBuffer.isView(xs);
  if (isRow && typeof (xs as ArrayLike<unknown>)[0] === 'number') {
    throw unbatched(where, width, `${(xs as ArrayLike<unknown>).length} numbers`);
  }
  if (typeof xs === 'number') throw unbatched(where, width, 'a number');
}

/**
 * Returns whether a surrounding `tf.tidy` would dispose the tensors of an asynchronous call; the
 * call then has to await something first.
 */
export const isInTidy = (): boolean => tf.engine().state.activeScope != null;

/**
 * Makes a batch of one element of a dataset, and takes ownership of the element.
 *
 * @param widths the widths of its rows and targets, or of its rows only if targets do not count
 * @returns the caller disposes both.
 */
function batchOf(where: string, element: unknown, widths: Widths | number): Batch {
  const width = typeof widths === 'number' ? widths : widths.inputDim;
  const {
    xs = element,
    ys = xs,
    origin,
  } = element instanceof tf.Tensor ? {} : (element as Record<string, unknown>);
  const given = [xs, ys].filter((t) => t instanceof tf.Tensor);
  try {
    assertBatched(where, xs, width);
    if (!(xs instanceof tf.Tensor)) throw wrongData(where, xs, BATCHES);
    if (xs.isDisposed) throw disposedBatch(where);
    const batch = rowsOf(where, [xs, ys], widths);
    for (const t of given) if (t !== batch.xs && t !== batch.ys) t.dispose();
    return origin === undefined ? batch : { ...batch, origin: origin as RowOrigin };
  } catch (error) {
    tf.dispose(given);
    throw error;
  }
}

/** Returns input and target as float rows, or the input twice if targets do not count. */
function rowsOf(
  where: string,
  [x, y]: readonly [unknown, unknown],
  widths: Widths | number,
): Batch {
  if (typeof widths === 'object') return inputAndTargetRows(where, [x, y], widths);
  const xs = floatRows(where, x, widths);
  return { xs, ys: xs };
}

/** Begins a new pass over a dataset. @throws SAE_DATA if that fails. */
export async function iteratorOf(where: string, dataset: RowDataset): Promise<RowIterator> {
  const iterator = await dataset.iterator();
  if (typeof iterator?.next !== 'function') throw wrongData(where, iterator, A_DATASET);
  return iterator;
}

/**
 * The same dataset with each element checked and converted to the form that tfjs-layers trains on.
 */
export class BatchDataset implements RowDataset {
  constructor(
    private readonly where: string,
    private readonly source: RowDataset,
    private readonly widths: Widths | number,
  ) {}

  /** Number of batches in one pass, if known. */
  get size(): number | null {
    return this.source.size ?? null;
  }

  /** @throws SAE_DATA, from `next`, if the pass ends without a batch. */
  async iterator(): Promise<{ next(): Promise<IteratorResult<Batch, null>> }> {
    return this.checked(await iteratorOf(this.where, this.source), true);
  }

  /**
   * Begins a pass at one of its batches.
   *
   * @param number the number of the pass, counted from 0
   * @param batch the number of batches to skip; a dataset that cannot seek reads and disposes them
   * @param unread the number of earlier passes that were never begun: a dataset that is reshuffled
   *   in each pass, like those of tf.data, counts them
   * @throws SAE_DATA if it has fewer batches than are to be skipped.
   */
  async pass(number: number, batch: number, unread: number): ReturnType<BatchDataset['iterator']> {
    const { source } = this;
    if (source.iteratorAt) {
      return this.checked(await source.iteratorAt(number, batch), batch === 0);
    }
    for (let before = 0; before < unread; before++) await source.iterator();
    const iterator = await iteratorOf(this.where, source);
    for (let left = 0; left < batch; left++) {
      const { value, done } = await iterator.next();
      if (done || value == null) throw tooFewBatches(this.where, batch, left);
      tf.dispose(value as tf.TensorContainer);
    }
    return this.checked(iterator, batch === 0);
  }

  /** @param empty whether it is an error to have no batch */
  private checked(iterator: RowIterator, empty: boolean) {
    return {
      next: async (): Promise<IteratorResult<Batch, null>> => {
        const { value, done } = (await iterator.next()) ?? {};
        if (done || value == null) {
          if (empty) throw emptyData(this.where, 'a dataset without batches');
          return { value: null, done: true };
        }
        empty = false;
        return {
          value: batchOf(this.where, value, this.widths),
          done: false,
        };
      },
    };
  }
}

/**
 * Yields the rows of `source`, a batch at a time; only one batch is held.
 *
 * Each batch is disposed when the next is requested. A dataset has batches of its own size.
 *
 * @throws SAE_SHAPE, SAE_DATA or SAE_NOT_FINITE for invalid rows, or none.
 */
export async function* rowBatches(
  where: string,
  source: Rows,
  width: number,
  batchSize: number,
): AsyncGenerator<tf.Tensor2D> {
  for await (const { xs } of batchesIn(where, [source, source], width, batchSize)) yield xs;
}

/**
 * Yields rows and their targets.
 *
 * @param sources a tensor and that of its targets, or the same dataset twice
 * @param widths the widths of both, or of the rows only if targets do not count
 */
export async function* batchesIn(
  where: string,
  sources: readonly [Rows, Rows],
  widths: Widths | number,
  batchSize: number,
): AsyncGenerator<Batch> {
  if (isInTidy()) await null;
  const [source] = sources;
  const batches = isDataset(source)
    ? datasetBatches(where, source, widths)
    : tensorBatches(where, sources, widths, batchSize);
  for await (const batch of batches) {
    const { xs, ys } = batch;
    try {
      for (const part of ys === xs ? [xs] : [xs, ys]) {
        if (!(await allFiniteAsync(part))) throw dataNotFinite(where);
      }
      yield batch;
    } finally {
      tf.dispose([xs, ys]);
    }
  }
}

async function* datasetBatches(where: string, source: RowDataset, widths: Widths | number) {
  const iterator = await new BatchDataset(where, source, widths).iterator();
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    yield next.value;
  }
}

function* tensorBatches(
  where: string,
  sources: readonly [unknown, unknown],
  widths: Widths | number,
  batchSize: number,
) {
  const { xs: x, ys: y } = rowsOf(where, sources, widths);
  try {
    for (let start = 0; start < x.shape[0]; start += batchSize) {
      const part = (t: tf.Tensor2D) => tf.slice(t, start, Math.min(batchSize, x.shape[0] - start));
      const xs = part(x);
      yield { xs, ys: y === x ? xs : part(y) };
    }
  } finally {
    tf.dispose([x, y].filter((made) => !sources.includes(made)));
  }
}
