import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { checkpoint } from '../../src';
import '../../src/node';
import { EpochTally } from '../../src/engine/epochTally';
import { median, OwnContestant, type Timing } from './contestant';
import { atMost, ms, table } from './figures';
import { THREADS } from './lineup';
import { inRounds } from './rounds';
import { modelIn, type State } from './state';
import { randomState, SMALL } from './states';

const L0 = 100;
/** How often `checkpoint` makes one by default. */
export const CHECKPOINT_SECONDS = 30;
/** Of an epoch with checkpoints on its way; the first and the last are made in any case. */
const EPOCH = { steps: 50, everySteps: 10, checkpoints: 4 } as const;
const STEPS = ['sparse', 'tensor'] as const;

/** What `fit` does beside its steps. */
export interface FitResult {
  /** What it was measured on. */
  readonly state: State;
  /** Steps alone, and with what an epoch logs. */
  readonly logs: Readonly<Record<(typeof STEPS)[number], readonly Timing[]>>;
  /** Epochs without checkpoints on their way, and with them. */
  readonly epochs: readonly Timing[];
  readonly checkpointBytes: number;
}

/** Steps with and without what they log, and epochs with and without checkpoints, in turns. */
export async function measuredFit(rounds: number, say: (line: string) => void): Promise<FitResult> {
  await tf.setBackend('wasm');
  const state = randomState('fit', SMALL, L0);
  const x = tf.tensor2d(state.x, [state.batch, state.inputDim]);
  const folder = mkdtempSync(join(tmpdir(), 'gated-sae-bench-'));
  try {
    const logs = {
      sparse: await timedLogs(state, x, 'sparse', 3 * rounds, say),
      tensor: await timedLogs(state, x, 'tensor', rounds, say),
    };
    const epochs = await timedEpochs(state, x, folder, rounds, say);
    const [file] = readdirSync(folder);
    const checkpointBytes = statSync(join(folder, file as string)).size;
    return { state, logs, epochs, checkpointBytes };
  } finally {
    x.dispose();
    rmSync(folder, { recursive: true });
  }
}

/** Milliseconds of a step, without and with L0, explained variance and dead features. */
async function timedLogs(
  state: State,
  x: tf.Tensor2D,
  step: (typeof STEPS)[number],
  rounds: number,
  say: (line: string) => void,
): Promise<readonly Timing[]> {
  // One model for both: no two lie alike in memory.
  const sae = modelIn(state, step === 'sparse' ? { step, threads: THREADS } : { step });
  const tally = new EpochTally(state.features);
  const take = async (counted?: EpochTally) => {
    const logs = await sae['fitting']['takeStep']({ xs: x, ys: x }, counted);
    const [loss] = await (logs[0] as tf.Scalar).data();
    tf.dispose(logs);
    return loss as number;
  };
  const contestants = [
    new OwnContestant(
      `${step} step`,
      () => take(),
      () => {},
    ),
    new OwnContestant(
      `${step} step, with what an epoch logs`,
      () => take(tally),
      () => {},
    ),
  ];
  const timings = await allIn(contestants, rounds, (line) => say(`${step} step: ${line}`));
  sae.optimizer.dispose();
  sae.dispose();
  return timings;
}

/** Milliseconds of an epoch, without and with checkpoints on its way. */
async function timedEpochs(
  state: State,
  x: tf.Tensor2D,
  to: string,
  rounds: number,
  say: (line: string) => void,
): Promise<readonly Timing[]> {
  const sae = modelIn(state, { step: 'sparse', threads: THREADS });
  const epoch = (everySteps: number) => async () => {
    const data = tf.data.generator(function* () {
      for (let i = 0; i < EPOCH.steps; i++) yield x.clone();
    });
    const callbacks = checkpoint({ to, everySteps, overwrite: true });
    await sae.fitDataset(data, { epochs: 1, verbose: 0, callbacks });
    return 0; // of no interest here
  };
  const contestants = [
    new OwnContestant('epoch', epoch(EPOCH.steps), () => {}),
    new OwnContestant('epoch with checkpoints', epoch(EPOCH.everySteps), () => {}),
  ];
  const timings = await allIn(contestants, rounds, (line) => say(`checkpoints: ${line}`));
  sae.optimizer.dispose();
  sae.dispose();
  return timings;
}

async function allIn(
  contestants: readonly OwnContestant[],
  rounds: number,
  say: (line: string) => void,
) {
  const { timings, absences } = await inRounds(contestants, rounds, say);
  for (const { name, reason } of absences) throw new Error(`${name}: ${reason}`);
  return timings;
}

/** How many times as long a step takes that measures what an epoch logs. */
export function timesWithLogs({ logs }: FitResult, step: (typeof STEPS)[number]): number {
  const [alone, logging] = logs[step] as [Timing, Timing];
  return median(logging.rounds) / median(alone.rounds);
}

/** By how many milliseconds a checkpoint makes training longer. */
function checkpointTime({ epochs }: FitResult): number {
  const [without, with_] = epochs as [Timing, Timing];
  return (median(with_.rounds) - median(without.rounds)) / EPOCH.checkpoints;
}

/** Which share of the time checkpoints take. */
export const checkpointShare = (result: FitResult): number =>
  checkpointTime(result) / 1000 / CHECKPOINT_SECONDS;

export function fitTable(result: FitResult): string {
  const rows = STEPS.flatMap((step) =>
    result.logs[step].map(({ name, rounds }, i) => [
      name,
      ms(median(rounds)),
      `${ms(Math.min(...rounds))} to ${ms(Math.max(...rounds))}`,
      i === 0 ? '1.00' : atMost(timesWithLogs(result, step)),
    ]),
  );
  const percent = `${(100 * checkpointShare(result)).toFixed(2)} %`;
  return `${table(['', 'ms', 'fastest to slowest', '× alone'], rows)}

A checkpoint makes training ${ms(checkpointTime(result))} ms longer: ${percent} of the time.`;
}
