import type { Backend } from '../../backends/packages';
import { useBackend } from '../backend';
import { Interruption, untilInterrupted } from '../interruption';
import type { Shown } from '../progressParts';
import { count, some } from '../wording';
import { type TrainingProgress, trainingProgress } from './progress';
import { allSteps } from './recipe';
import type { RunFolder, SavedRun } from './runFolder';
import { assertSameSettings, type RunSettings, type Wanted } from './settings';

/** The arguments of a run on any data. */
export interface RunArgs<S extends RunSettings> {
  settings: Wanted<S>;
  /** The settings that the user gave; the others are defaults. */
  given: readonly (keyof S)[];
  out: string;
  /** Seconds between checkpoints. */
  saveEvery: number;
  resume: boolean;
  overwrite: boolean;
}

/** A run during one session on the command line. */
export interface Session<S extends RunSettings> {
  readonly signal: AbortSignal;
  readonly shown: Shown;
  /** The run, once there is one: an interruption reports it. */
  run: SavedRun<S> | undefined;
}

/** Prints a line on stderr. */
export const say = (line: string) => process.stderr.write(`${line}\n`);

/**
 * Does the work of a run until it is done or interrupted, and in the latter case says how to
 * resume.
 *
 * @param goOn the command that resumes it
 * @param rowsOf how many rows a run is trained on
 * @throws Interruption after Ctrl-C; whatever the work throws.
 */
export async function inSession<S extends RunSettings>(
  folder: RunFolder<S>,
  goOn: string,
  rowsOf: (settings: S) => number,
  work: (session: Session<S>) => Promise<void>,
): Promise<void> {
  const shown: Shown = {};
  let session: Session<S> | undefined;
  const announce = () => {
    shown.progress?.stop();
    say('Stopping; Ctrl-C again quits at once, without saving.');
  };
  try {
    await untilInterrupted(announce, async (signal) => {
      session = { signal, shown, run: undefined };
      await work(session);
    });
  } catch (error) {
    shown.progress?.stop();
    if (error instanceof Interruption) say(farewell(session?.run, goOn, rowsOf));
    throw error;
  } finally {
    await folder.release();
  }
}

/** Returns what to tell a user who has stopped a run. */
function farewell<S extends RunSettings>(
  run: SavedRun<S> | undefined,
  goOn: string,
  rowsOf: (settings: S) => number,
): string {
  if (run === undefined || run.step === 0) {
    return 'Stopped before the first step; nothing is saved.';
  }
  const steps = `step ${count(run.step)} of ${count(allSteps(run.settings, rowsOf(run.settings)))}`;
  return `Stopped after ${steps}; all of it is saved. Go on with:\n\n  ${goOn}\n`;
}

/**
 * Returns the run in the folder, if the user gave no other settings than it has.
 *
 * @param optionOf settings whose options have other names
 * @throws SAE_OPTION, or whatever `goOn` throws
 */
export async function savedRun<S extends RunSettings>(
  folder: RunFolder<S>,
  { settings, given }: RunArgs<S>,
  optionOf: Readonly<Record<string, string>> = {},
): ReturnType<RunFolder<S>['goOn']> {
  const saved = await folder.goOn();
  const wanted = settings as Partial<Record<keyof S, unknown>>;
  const named = given.filter((name) => wanted[name] !== 'auto').map((name) => [name, wanted[name]]);
  assertSameSettings(saved.settings, Object.fromEntries(named), optionOf);
  return saved;
}

/** Starts the backend. @returns the settings with its name. */
export async function startBackend<S extends RunSettings>(
  settings: Wanted<S>,
  folders: readonly string[],
): Promise<S> {
  const wanted: Backend | 'auto' = settings.backend;
  const backend = await useBackend(wanted, folders, (warning) => say(`Warning: ${warning}`));
  return { ...settings, backend } as S;
}

/**
 * Says what is trained, and shows the progress.
 *
 * @param rows the number of rows, in words
 * @param steps the number of steps of the whole run
 */
export function startProgress(
  { settings, step }: SavedRun,
  rows: string,
  steps: number,
): TrainingProgress {
  const { epochs, batchSize, backend } = settings;
  say(
    `${step > 0 ? 'Going on with' : 'Training'} ${describe(settings)}: ` +
      `${rows}, batches of ${batchSize}, on ${backend}.`,
  );
  return trainingProgress(process.stderr, { epochs, steps, stepsBefore: step });
}

/** Describes a dictionary: `a gated dictionary of 24 features` */
export const describe = ({ architecture, encodingDim }: RunSettings) =>
  `a ${architecture} dictionary of ${some(encodingDim, 'feature')}`;
