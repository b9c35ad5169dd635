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

/** What a `tf.data` dataset is made of, as far as it is used here. */
export interface RowDataset {
  /** Number of batches in one pass, where it is known. */
  readonly size?: number | null;
  /** A new pass, from the first batch on. */
  iterator(): Promise<RowIterator> | RowIterator;
  /**
   * The same from another place, without reading what lies before it. Training asks for each of its
   * passes so, where a dataset has this: it may have an order of its own for each, by its number.
   *
   * @param pass the pass, counted from 0: the epoch, or with `batchesPerEpoch` always 0
   * @param batch batches to leave out: those that have been trained on before `resumeAt`
   */
  iteratorAt?(pass: number, batch: number): Promise<RowIterator> | RowIterator;
  /** What its rows are of, where it is known: training compares it with what a dictionary is made for. */
  readonly about?: RowsAbout;
}

/** What rows are of. Plain data; whoever has made the rows says it. */
export interface RowsAbout {
  /** The network whose activations they are, by its name: `gpt2`. */
  readonly model?: string;
  /** The layer, or the place in it, by its name: `blocks.8.hook_resid_pre`, `conv2d_3`. */
  readonly layer?: string;
  /** The data that the network was given. */
  readonly data?: string;
  /** What else is to be known. What `DictionaryMetadata` has a name for goes under that name. */
  readonly [more: string]: unknown;
}

/** One pass over a dataset. */
export interface RowIterator {
  /** The next batch, or `done`. Its tensors are then this library's to dispose. */
  next(): Promise<IteratorResult<unknown, unknown>>;
}

/** Where rows of a batch come from: one number a row. */
export interface RowOrigin {
  /** Which example of the data, counted from 0 in the order of the data. */
  readonly examples: Int32Array;
  /** Which of the example's positions: a token's place, or the place in a feature map, row by row. */
  readonly positions: Int32Array;
}

/**
 * Where rows come from: one tensor `[..., width]`, or a dataset of batches of them, bare or as
 * `{xs}` or `{xs, ys}`. The last axis is a row's values; all axes before it count rows, in order.
 */
export type Rows = tf.Tensor | RowDataset;

/** Input and target of one batch; the same tensor where the data has no target of its own. */
export interface Batch {
  xs: tf.Tensor2D;
  ys: tf.Tensor2D;
  /** Where the rows come from, as the data has it: unchecked. */
  readonly origin?: RowOrigin;
}

/** How wide a dictionary's input and target are. */
export interface Widths {
  readonly inputDim: number;
  readonly outputDim: number;
  /** Whether the target has to be something else than the input. */
  readonly isTranscoder: boolean;
}

/** Whether `data` is a dataset rather than a tensor. */
export function isDataset(data: unknown): data is RowDataset {
  return typeof (data as RowDataset | null)?.iterator === 'function';
}

/**
 * `x` as float rows `[rows, width]`: the axes before the last one become one.
 *
 * @param x `[..., width]`
 * @returns `x` itself where it is rows of float32, else a new tensor, which the caller disposes.
 * @throws SAE_SHAPE where its last axis has another width, SAE_DATA where it has no row or is no
 * tensor.
 */
export function floatRows(where: string, x: unknown, width: number): tf.Tensor2D {
  assertRows(where, x, width);
  if (x.size === 0) throw emptyData(where, `a tensor of shape [${x.shape.join(', ')}]`);
  if (x.dtype === 'float32') return asRows(x);
  return tf.tidy(() => asRows(tf.cast(x, 'float32')));
}

/**
 * Input and target as float rows.
 *
 * @param y the target, `x` itself where there is no other
 * @returns The caller disposes what is neither `x` nor `y`.
 * @throws SAE_SHAPE or SAE_DATA where one of them is no rows, the two are not alike but for their
 * widths, or a transcoder has no target.
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

/** @throws SAE_DATA for what a dataset hands out before anybody has called its `batch`. */
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
 * Whether a `tf.tidy` around an asynchronous call would tidy up what it makes: it awaits something
 * first, then.
 */
export const isInTidy = (): boolean => tf.engine().state.activeScope != null;

/**
 * One element of a dataset as a batch; takes the element over.
 *
 * @param widths those of its rows and targets, or of its rows, where no target counts
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

/** Input and target as float rows, or twice the input, where no target counts. */
function rowsOf(
  where: string,
  [x, y]: readonly [unknown, unknown],
  widths: Widths | number,
): Batch {
  if (typeof widths === 'object') return inputAndTargetRows(where, [x, y], widths);
  const xs = floatRows(where, x, widths);
  return { xs, ys: xs };
}

/** A new pass over a dataset. @throws SAE_DATA where it hands out none. */
export async function iteratorOf(where: string, dataset: RowDataset): Promise<RowIterator> {
  const iterator = await dataset.iterator();
  if (typeof iterator?.next !== 'function') throw wrongData(where, iterator, A_DATASET);
  return iterator;
}

/** The same dataset, each element checked and brought to the form that tfjs-layers trains on. */
export class BatchDataset implements RowDataset {
  constructor(
    private readonly where: string,
    private readonly source: RowDataset,
    private readonly widths: Widths | number,
  ) {}

  /** Number of batches in one pass, where it is known. */
  get size(): number | null {
    return this.source.size ?? null;
  }

  /** @throws SAE_DATA, from `next`, where the pass ends without a batch. */
  async iterator(): Promise<{ next(): Promise<IteratorResult<Batch, null>> }> {
    return this.checked(await iteratorOf(this.where, this.source), true);
  }

  /**
   * A pass from one of its batches on.
   *
   * @param number of the pass, counted from 0
   * @param batch batches to leave out; those of a dataset that cannot seek are read and disposed
   * @param unread passes before it that nobody has begun: what is shuffled anew in each pass, as
   * tf.data does it, counts them
   * @throws SAE_DATA where it has fewer batches than are to be left out.
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

  /** @param empty whether it is wrong to have no batch */
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
 * The rows of `source`, a batch at a time; nothing is held beyond one batch.
 *
 * Each batch is disposed when the next is asked for. A dataset brings batches of its own size.
 *
 * @throws SAE_SHAPE, SAE_DATA or SAE_NOT_FINITE for rows of another form, or none.
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
 * The same of rows and their targets.
 *
 * @param sources a tensor and that of its targets, or twice the same dataset
 * @param widths of both, or of the rows alone, where no target counts
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
