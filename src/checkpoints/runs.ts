import type { Best } from './format';
import { newRun } from './store';

/** What the checkpoints of one model have in common. */
export interface Run {
  /** Its name, which distinguishes its checkpoints from those of other models. */
  readonly name: string;
  /** The best epochs so far, by the log that was watched. */
  best: Readonly<Record<string, Best>>;
}

const runs = new WeakMap<object, Run>();

/** Returns the run of a model: the one that it was resumed from, or a new one. */
export function runOf(model: object): Run {
  const known = runs.get(model) ?? { name: newRun(), best: {} };
  runs.set(model, known);
  return known;
}

/** Records that a model continues a run. */
export function goOnWith(run: Run, model: object): void {
  runs.set(model, run);
}
