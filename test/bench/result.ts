import { join } from 'node:path';
import { type Absence, median, type Timing } from './contestant';
import { KernelPhases, type PhaseTimes } from './kernelPhases';
import { type Available, lineUp, THREADS } from './lineup';
import { ProcessContestant } from './processContestant';
import { inRounds } from './rounds';
import { type State, writeState } from './state';

/** What a process in Python has needed, in bytes. */
export interface PythonMemory {
  readonly name: string;
  /** With its packages imported and nothing loaded. */
  readonly before: number;
  readonly peak: number;
}

/** What came of one state. */
export interface Result {
  readonly state: Omit<State, 'weights' | 'x'>;
  readonly rounds: number;
  /** Without the kernels alone. */
  readonly timings: readonly Timing[];
  readonly absences: readonly Absence[];
  readonly phases: readonly PhaseTimes[];
  readonly memory: readonly PythonMemory[];
  /** Of the packages in Python. */
  readonly versions: Readonly<Record<string, string>>;
}

/** How a state is to be measured. */
export interface Measurement {
  readonly rounds: number;
  readonly available: Available;
  readonly naive: boolean;
  /** Where states are written. */
  readonly cache: string;
  readonly say: (line: string) => void;
}

/** Has everybody take steps from a state. */
export async function measured(state: State, how: Measurement): Promise<Result> {
  const { rounds, available, naive, cache, say } = how;
  const { weights: _, x: __, ...summary } = state;
  const where = `${state.inputDim} → ${state.features}, ${state.title}`;
  say(`${where}: starting`);
  const folder = join(cache, state.name);
  writeState(folder, state);
  const { contestants, absences } = await lineUp(state, folder, available, naive);
  try {
    const run = await inRounds(contestants, rounds, (line) => say(`${where}: ${line}`));
    const missing = [...absences, ...run.absences];
    for (const { name, reason } of missing) say(`${name} cannot take part: ${reason}`);
    const phases = contestants.filter((c) => c instanceof KernelPhases);
    const processes = contestants.filter((c) => c instanceof ProcessContestant);
    const python = processes.filter(({ versions }) => 'Python' in versions);
    const alone = new Set(phases.map(({ name }) => name));
    return {
      state: summary,
      rounds,
      timings: run.timings.filter(({ name }) => !alone.has(name)),
      absences: missing,
      phases: phases.map(({ times }) => times),
      memory: python.map(({ name, bytesBefore: before, bytes: peak }) => ({ name, before, peak })),
      versions: Object.assign({}, ...python.map(({ versions }) => versions)),
    };
  } finally {
    for (const contestant of contestants) await contestant.end();
  }
}

/** The median step of a contestant, in milliseconds; undefined where it has not taken part. */
export function stepTime({ timings }: Result, ...names: readonly string[]): number | undefined {
  const medians = timings
    .filter(({ name }) => names.includes(name))
    .map(({ rounds }) => median(rounds));
  return medians.length > 0 ? Math.min(...medians) : undefined;
}

/** The phases with all threads. */
export const onAllThreads = ({ phases }: Result): PhaseTimes | undefined =>
  phases.find(({ threads }) => threads === THREADS);

/** Weights, one gradient for each, and Adam's second moment: without momentum it has no first. */
export function trainingBytes({ state: { inputDim, features } }: Result): number {
  const weights = 2 * inputDim * features + 3 * features + inputDim;
  return 3 * 4 * weights;
}
