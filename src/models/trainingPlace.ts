import { isTallyState, type TallyState } from '../engine/epochTally';
import type { Trainee } from '../engine/trainStep';
import { otherModel, otherTraining, wrongOption } from '../errors';
import type { SparseAutoencoderLayer } from '../layers/sparseAutoencoder';
import type { Rule } from '../options';
import { isCount, isNumberOrNull, isObject } from '../plainData';

/** What decides which rows come in which batch; null for what is not known or has no meaning. */
export interface DataOrder {
  /** Rows that `fit` trains on, without those for validation. */
  readonly rows: number | null;
  /** Batches of one epoch, of a dataset that says how many it has. */
  readonly batches: number | null;
  /** Rows in a batch of `fit`. */
  readonly batchSize: number | null;
  /** Whether `fit` shuffles. */
  readonly shuffle: boolean | null;
  /** What the order of each epoch of `fit` is drawn from. */
  readonly seed: number | null;
  /** `fitDataset`'s own. */
  readonly batchesPerEpoch: number | null;
  /** The epoch that training began with: 0 where nothing else was said. */
  readonly initialEpoch: number | null;
}

/** An order of which nothing is known yet. */
export const UNKNOWN_ORDER: DataOrder = {
  rows: null,
  batches: null,
  batchSize: null,
  shuffle: null,
  seed: null,
  batchesPerEpoch: null,
  initialEpoch: null,
};

/** Numbers by the names that the logs show. */
export type Numbers = Readonly<Record<string, number>>;

/**
 * How far a training is, and all beside the model that decides how it goes on: plain data, of which
 * `JSON.stringify` loses nothing. `resume` gives it; `fit` and `fitDataset` take it as `resumeAt`.
 */
export interface TrainingPlace {
  /** The epoch that training is in, counted from 0. */
  readonly epoch: number;
  /** Batches of that epoch that have been trained on. */
  readonly batch: number;
  /** Steps that the optimizer has taken. */
  readonly step: number;
  /** What decides which rows come in which batch. */
  readonly order: DataOrder;
  /** Rows of this epoch so far, and the sum of each log over them. */
  readonly sums: {
    /** Rows of this epoch so far. */
    readonly rows: number;
    /** The sum of each log over them, by its name. */
    readonly totals: Numbers;
  };
  /** What its batches have been measured to be; null at the beginning of an epoch. */
  readonly measures: TallyState | null;
  /** The logs of each epoch that has ended, from the first one on. */
  readonly epochLogs: readonly Numbers[];
}

/** Whether a value has a place's form. */
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

/** Each of its parts may be left open. */
function isOrder(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { shuffle, ...counts } = { ...UNKNOWN_ORDER, ...value };
  return (
    (shuffle === null || typeof shuffle === 'boolean') &&
    Object.values(counts).every((count) => count === null || isCount(count))
  );
}

/** In what a place is of another dictionary than this one, in words; undefined where it may be its own. */
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

/** What `resumeAt` takes. */
export const placeRule: Rule<TrainingPlace | undefined> = {
  expected: 'the place that resume gave',
  accepts: isPlace,
  fallback: undefined,
};

/** A seed for a training that was given none. */
export const drawnSeed = () => Math.floor(Math.random() * 2 ** 32);

/**
 * Refuses to go on with other data, or in another order, than a training was begun with.
 *
 * @param where the method, for the error
 * @throws SAE_DATA for another number of rows or batches, SAE_OPTION for another option, SAE_STATE
 * where the model is not at that step, or is of another size.
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
