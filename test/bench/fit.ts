import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { checkpoint, csvLogger, GatedSAE, type StepName, tensorBoard } from '../../src';
import '../../src/node';
import { median, OwnContestant, type Timing } from './contestant';
import { atMost, ms, table } from './figures';
import { THREADS } from './lineup';
import { observed } from './observedState';
import { inRounds } from './rounds';
import { modelIn, type State } from './state';

/** What `fit` was measured on. */
export const FIT_STATE = { batch: 256, inputDim: 784, features: 6272 } as const;
const L0 = 100;
/** Batches of an epoch: the tensor step takes some seconds for its few. */
const BATCHES: Readonly<Record<StepName, number>> = { sparse: 40, tensor: 4, auto: 40 };
/** How often `checkpoint` makes one by default. */
export const CHECKPOINT_SECONDS = 30;

/** How long an epoch takes by steps alone, by `fit`, and with callbacks. */
export interface FitResult {
  readonly l0: number;
  readonly sparse: readonly Timing[];
  readonly tensor: readonly Timing[];
  /** Milliseconds of one checkpoint, and its bytes. */
  readonly checkpointTime: number;
  readonly checkpointBytes: number;
}

/** How an epoch is trained, on batches that are there already. */
type Epoch = (sae: GatedSAE, batches: readonly tf.Tensor2D[]) => Promise<unknown>;

const alone: Epoch = async (sae, batches) => {
  for (const batch of batches) await sae.trainOnBatch(batch);
};

const epochOfFit =
  (callbacks: () => tf.Callback[] = () => []): Epoch =>
  (sae, batches) => {
    const data = tf.data.generator(function* () {
      for (const batch of batches) yield batch.clone();
    });
    return sae.fitDataset(data, { epochs: 1, verbose: 0, callbacks: callbacks() });
  };

/** Epochs of steps alone, of `fit`, and of `fit` with callbacks, in turns. */
export async function measuredFit(rounds: number, say: (line: string) => void): Promise<FitResult> {
  await tf.setBackend('wasm');
  const state = sparseState();
  const folder = mkdtempSync(join(tmpdir(), 'gated-sae-bench-'));
  const place = (name: string) => join(folder, `${name}-${Math.random()}`);
  const checkpoints = place('checkpoints');
  // The first and the last are made in any case.
  const everySteps = BATCHES.sparse / 2;
  try {
    const epochs: Readonly<Record<string, Epoch>> = {
      'steps alone': alone,
      fit: epochOfFit(),
      'fit, csvLogger': epochOfFit(() => [csvLogger({ to: place('csv') })]),
      'fit, tensorBoard of each batch': epochOfFit(() => [
        tensorBoard({ to: place('board'), updateFreq: 'batch' }),
      ]),
      [CHECKPOINTS]: epochOfFit(() => [
        checkpoint({ to: checkpoints, everySteps, overwrite: true }),
      ]),
    };
    const sparse = await timed(state, 'sparse', epochs, rounds, say);
    const [steps, plain] = Object.entries(epochs);
    const few = Object.fromEntries([steps, plain].flatMap((epoch) => (epoch ? [epoch] : [])));
    const tensor = await timed(state, 'tensor', few, rounds, say);
    const [file] = readdirSync(checkpoints);
    const checkpointBytes = statSync(join(checkpoints, file as string)).size;
    const difference = epochTime(sparse, CHECKPOINTS) - epochTime(sparse, 'fit');
    return {
      ...{ l0: state.l0, sparse, tensor, checkpointBytes },
      checkpointTime: (difference * BATCHES.sparse) / CHECKPOINTS_OF_AN_EPOCH,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const CHECKPOINTS = 'fit, 3 checkpoints';
const CHECKPOINTS_OF_AN_EPOCH = 3;

/** Random rows and weights, at a trained dictionary's L0. */
function sparseState(): State {
  const rows = tf.randomNormal([FIT_STATE.batch, FIT_STATE.inputDim], 0, 1, 'float32', 1);
  const x = rows.dataSync<'float32'>().slice();
  rows.dispose();
  const { inputDim, features: encodingDim } = FIT_STATE;
  const fresh = new GatedSAE({ inputDim, encodingDim, seed: 1 });
  const weights = fresh.getWeights().map((weight) => weight.dataSync<'float32'>().slice());
  fresh.dispose();
  return observed({ ...FIT_STATE, name: 'fit', title: 'fit', x, weights }, L0);
}

/** Milliseconds of a step, as part of an epoch. */
async function timed(
  state: State,
  step: StepName,
  epochs: Readonly<Record<string, Epoch>>,
  rounds: number,
  say: (line: string) => void,
): Promise<readonly Timing[]> {
  const batches = Array.from({ length: BATCHES[step] }, () =>
    tf.tensor2d(state.x, [state.batch, state.inputDim]),
  );
  // One model for all of them: no two lie alike in memory.
  const sae = modelIn(state, step === 'sparse' ? { step, threads: THREADS } : { step });
  const contestants = Object.entries(epochs).map(([name, epoch]) => {
    const train = async () => {
      await epoch(sae, batches);
      return 0; // of no interest here
    };
    return new OwnContestant(name, train, () => {});
  });
  const line = (text: string) => say(`fit, ${step} step: ${text}`);
  const { timings, absences } = await inRounds(contestants, rounds, line);
  sae.optimizer.dispose();
  sae.dispose();
  tf.dispose(batches);
  for (const { name, reason } of absences) throw new Error(`${name}: ${reason}`);
  const ofStep = (epoch: number) => epoch / BATCHES[step];
  return timings.map((timing) => ({ ...timing, rounds: timing.rounds.map(ofStep) }));
}

const epochTime = (timings: readonly Timing[], name: string) =>
  median(timings.find((timing) => timing.name === name)?.rounds ?? []);

/** How many times as long a step of `fit` takes as one alone. */
export const timesAlone = (timings: readonly Timing[], name = 'fit'): number =>
  epochTime(timings, name) / epochTime(timings, 'steps alone');

/** Which share of the time checkpoints take. */
export const checkpointShare = ({ checkpointTime }: FitResult): number =>
  checkpointTime / 1000 / CHECKPOINT_SECONDS;

export function fitTable(result: FitResult): string {
  const rows = (['sparse', 'tensor'] as const).flatMap((step) =>
    result[step]
      .filter(({ name }) => name !== CHECKPOINTS)
      .map(({ name, rounds }) => [
        `${step} step: ${name}`,
        ms(median(rounds)),
        `${ms(Math.min(...rounds))} to ${ms(Math.max(...rounds))}`,
        atMost(timesAlone(result[step], name)),
      ]),
  );
  const percent = `${(100 * checkpointShare(result)).toFixed(2)} %`;
  return `${table(['', 'ms a step', 'fastest to slowest', '× alone'], rows)}

A checkpoint took ${ms(result.checkpointTime)} ms: ${percent} of the time.`;
}
