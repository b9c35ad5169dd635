import { isTallyState, type TallyState } from '../engine/epochTally';
import type { Trainee } from '../engine/trainStep';
import { otherModel, otherTraining, wrongOption } from '../errors';
import type { SparseAutoencoderLayer } from '../layers/sparseAutoencoder';
import type { Rule } from '../options';
import { isCount, isNumberOrNull, isObject } from '../plainData';

/** What determines which rows come in which batch; null for what is unknown or does not apply. */
export interface DataOrder {
  /** Rows that `fit` trains on, excluding those for validation. */
  readonly rows: number | null;
  /** Batches in one epoch, for a dataset that declares its size. */
  readonly batches: number | null;
  /** Rows in a batch of `fit`. */
  readonly batchSize: number | null;
  /** Whether `fit` shuffles. */
  readonly shuffle: boolean | null;
  /** The seed for the order of each epoch of `fit`. */
  readonly seed: number | null;
  /** The option of `fitDataset`. */
  readonly batchesPerEpoch: number | null;
  /** The epoch that training began with: 0 by default. */
  readonly initialEpoch: number | null;
}

/** An order that is not known yet. */
export const UNKNOWN_ORDER: DataOrder = {
  rows: null,
  batches: null,
  batchSize: null,
  shuffle: null,
  seed: null,
  batchesPerEpoch: null,
  initialEpoch: null,
};

/** Numbers by their names in the logs. */
export type Numbers = Readonly<Record<string, number>>;

/**
 * The position of a training, and everything besides the model that determines how it continues:
 * plain data that `JSON.stringify` represents without loss. `resume` returns it; `fit` and
 * `fitDataset` take it as `resumeAt`.
 */
export interface TrainingPlace {
  /** The current epoch, counted from 0. */
  readonly epoch: number;
  /** Batches of that epoch that have been trained on. */
  readonly batch: number;
  /** Steps taken by the optimizer. */
  readonly step: number;
  /** What determines which rows come in which batch. */
  readonly order: DataOrder;
  /** The number of rows of this epoch so far, and the sum of each log over them. */
  readonly sums: {
    /** Rows of this epoch so far. */
    readonly rows: number;
    /** The sum of each log over them, by name. */
    readonly totals: Numbers;
  };
  /** The measures of this epoch's batches so far; null at the beginning of an epoch. */
  readonly measures: TallyState | null;
  /** The logs of each finished epoch, from the first on. */
  readonly epochLogs: readonly Numbers[];
}

/** Returns whether a value has the form of a place. */
export function isPlace(value: unknown): value is TrainingPlace {
  if (!isObject(value)) return false;
  const { epoch, batch, step, order, sums, measures, epochLogs } = value;
  return (
    [epoch, batch, step].every(isCount) &&
    isOrder(order) &&
    isObject(sums) &&
    isCount(sums['rows']) &&
    isObject(sums['totals']) &&
    Object.values(sums['totals']).every(isNumberOrNull) &&
    (measures === null || isTallyState(measures)) &&
    Array.isArray(epochLogs) &&
    epochLogs.length === epoch &&
    epochLogs.every(isObject)
  );
}

/** Returns whether a value has the form of an order; each of its parts may be null. */
function isOrder(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { shuffle, ...counts } = { ...UNKNOWN_ORDER, ...value };
  return (
    (shuffle === null || typeof shuffle === 'boolean') &&
    Object.values(counts).every((count) => count === null || isCount(count))
  );
}

/**
 * Describes how a place belongs to another dictionary than this one; undefined if it may belong to
 * this one.
 */
export function misfitOf(
  { measures }: TrainingPlace,
  { encodingDim, outputDim }: SparseAutoencoderLayer,
): { expected: string; received: string } | undefined {
  const features = measures?.firing.length ?? encodingDim;
  const width = measures?.mean?.length ?? outputDim;
  if (features === encodingDim && width === outputDim) return undefined;
  const text = (wide: number, many: number) => `of ${many} features and rows of width ${wide}`;
  return { expected: text(width, features), received: text(outputDim, encodingDim) };
}

/** The values that `resumeAt` accepts. */
export const placeRule: Rule<TrainingPlace | undefined> = {
  expected: 'the place that resume gave',
  accepts: isPlace,
  fallback: undefined,
};

/** Returns a random seed, for a training without one. */
export const drawnSeed = () => Math.floor(Math.random() * 2 ** 32);

/**
 * Throws if training would continue with other data, or in another order, than it began with.
 *
 * @param where the method, for the error
 * @throws SAE_DATA for another number of rows or batches, SAE_OPTION for another option, SAE_STATE
 *   if the model is not at that step, or has another size.
 */
export function checkPlace(
  where: string,
  place: TrainingPlace,
  order: DataOrder,
  { sae, optimizer }: Trainee,
): void {
  for (const name of Object.keys(order) as (keyof DataOrder)[]) {
    const before = place.order[name] ?? null;
    const now = order[name];
    if (before === now || before === null || now === null) continue;
    throw otherTraining(where, name, before, now);
  }
  const fits = (place.order.batchSize === null) === (order.batchSize === null);
  if (!fits) {
    const method = order.batchSize === null ? 'fit' : 'fitDataset';
    throw wrongOption(
      `${where}.resumeAt`,
      `a place of ${where.split('.').at(-1)}`,
      `one of ${method}`,
    );
  }
  const step = optimizer.iterations;
  if (place.step !== step) {
    throw otherModel(where, `after step ${place.step}`, `after step ${step}`);
  }
  const misfit = misfitOf(place, sae);
  if (misfit) throw otherModel(where, misfit.expected, misfit.received);
}
