import { badContent, otherOptimizerState } from '../../errors';
import type { Arrays, Wanted } from './arrays';
import type { KerasWeights, Weight } from './kerasWeights';
import type { OptimizerLayout } from './training';

/** Where Keras stores an optimizer's variables. */
export const OPTIMIZER = 'optimizer/vars';
/** Where they are if the loss is scaled: with the inner optimizer, and once more in OPTIMIZER. */
const INSIDE = 'optimizer/inner_optimizer/vars';
const LARGEST_STEP = 2 ** 31 - 1;
const AGAIN = 'Save the model again, or restore it from a copy.';

/**
 * Returns the group of an optimizer's variables in a file. A LossScaleOptimizer's own variables are
 * ignored: training here is in float32, which needs no scale.
 */
export const optimizerGroup = (paths: { has(path: string): boolean }): string =>
  paths.has(`${INSIDE}/0`) ? INSIDE : OPTIMIZER;

/** The state of an optimizer for one weight. */
export interface Slot extends Wanted {
  /** Its name in tfjs's files: `sae/W_dec/m`. */
  readonly tfjs: string;
}

/**
 * An optimizer's variables, with memory allocated; their values can be read once the file was
 * streamed.
 */
export interface OptimizerState {
  /** In tfjs's order; empty if no step was taken. */
  readonly slots: readonly Slot[];
  /** Returns the number of steps taken. @throws SAE_FILE for an impossible number. */
  steps(): number;
  /** Returns the learning rate, if it is fixed and differs from the configuration. */
  rate(): number | undefined;
}

/** Returns the trained weights, in tfjs's or Keras's order. */
export const trainedWeights = ({ weights }: KerasWeights, order: 'tfjs' | 'keras'): Weight[] => {
  const trained = weights.filter((weight) => weight.trained !== undefined);
  if (order === 'tfjs') trained.sort((a, b) => (a.trained as number) - (b.trained as number));
  return trained;
};

/**
 * Allocates memory for an optimizer's variables.
 *
 * @returns undefined if the file has none.
 * @throws SAE_FILE if they are damaged, SAE_UNSUPPORTED if they belong to another training.
 */
export function wantOptimizer(
  arrays: Arrays,
  plan: KerasWeights,
  { name, rate, runs }: OptimizerLayout,
): OptimizerState | undefined {
  const group = optimizerGroup({ has: (path) => arrays.dataset(path) !== undefined });
  const at = (i: number) => `${group}/${i}`;
  const steps: Wanted = { path: at(0), name: `the steps of ${name}`, shape: [] };
  if (arrays.dataset(steps.path) === undefined) return undefined;
  arrays.want(steps);
  const second = arrays.dataset(at(1));
  if (second !== undefined && (second.shape.length === 0) !== (rate !== undefined)) {
    const [fixedRate, schedule] = [`${name} at a fixed rate`, `${name} with a schedule`];
    const [expected, received] = rate === undefined ? [schedule, fixedRate] : [fixedRate, schedule];
    throw otherOptimizerState(expected, received);
  }
  const fixed: Wanted = { path: at(1), name: `the learning rate of ${name}`, shape: [] };
  if (rate !== undefined) arrays.want(fixed);
  const first = rate === undefined ? 1 : 2;
  const trained = trainedWeights(plan, 'keras');
  let next = first;
  const places = runs.map((slots) => {
    const run = new Map<Weight, Slot[]>();
    for (const weight of trained) {
      const own = slots.map((slot) => ({
        path: at(next++),
        name: `${slot} of ${weight.name}`,
        tfjs: `${weight.name}/${slot}`,
        shape: weight.shape,
      }));
      run.set(weight, own);
    }
    return run;
  });
  // Before the first step Keras has none; after layers were frozen, those of other weights.
  const isNew = arrays.dataset(at(first)) === undefined;
  const all = isNew ? [] : places.flatMap((run) => [...run.values()].flat());
  const isOther = all.some((slot) => !arrays.fits(slot));
  if (isOther || arrays.dataset(at(first + all.length)) !== undefined) {
    const expected = `${name} for ${trained.length} weights`;
    throw otherOptimizerState(expected, `${name} for others`);
  }
  for (const slot of all) arrays.want(slot);
  return {
    slots: isNew
      ? []
      : places.flatMap((run) => trainedWeights(plan, 'tfjs').flatMap((w) => run.get(w) ?? [])),
    steps: () => {
      const value = arrays.number(steps.path);
      if (Number.isSafeInteger(value) && value >= 0 && value <= LARGEST_STEP) return value;
      throw badContent(`${steps.name} to be a number of steps`, String(value), AGAIN);
    },
    rate: () => {
      if (rate === undefined) return undefined;
      const value = arrays.number(fixed.path);
      if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) {
        throw badContent(`${fixed.name} to be a finite number ≥ 0`, String(value), AGAIN);
      }
      // The configuration may have more digits than the variable.
      return Math.fround(rate) === value ? rate : value;
    },
  };
}
