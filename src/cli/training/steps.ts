import type { RowDataset } from '../../activations/rows';
import { checkpoint } from '../../checkpoints/checkpoint';
import type { LossRow } from '../../viz/lossCurve';
import type { TrainingProgress } from './progress';
import { annealing, schedule, stepsPerEpoch } from './recipe';
import type { Kept, RunFolder, SavedRun } from './runFolder';
import type { RunSettings } from './settings';

/** The training data: batches, which depend only on the epoch and the batch's number. */
export interface TrainingRows {
  readonly batches: RowDataset;
  /** Rows in a pass. */
  readonly count: number;
}

/** Where a run is saved and shown while it trains. */
export interface TrainingCourse<S extends RunSettings> {
  readonly folder: RunFolder<S>;
  readonly progress: TrainingProgress;
  readonly signal: AbortSignal;
  /** Seconds between checkpoints. */
  readonly everySeconds: number;
}

/**
 * Trains a run from its current state to its end, or until it is asked to stop, writes checkpoints
 * on the way, and saves it. `run` is kept up to date.
 *
 * The batches depend only on the seed and the step, so a run that was stopped and resumed takes the
 * same steps as one that was not.
 *
 * @throws SAE_NOT_FINITE if a step gives NaN; a checkpoint then holds what was trained before.
 */
export async function trainRun<S extends RunSettings>(
  run: SavedRun<S>,
  { batches, count }: TrainingRows,
  { folder, progress, signal, everySeconds }: TrainingCourse<S>,
): Promise<void> {
  const { settings, model, place } = run;
  const perEpoch = stepsPerEpoch(settings, count);
  const rates = schedule(settings, count);
  const secondsBefore = run.seconds;
  const start = performance.now();
  const note = {
    onBatchEnd: async (_batch: number, logs?: object) => {
      const epoch = Math.floor(run.step / perEpoch);
      const row = lossRow(epoch, run.step, rates.at(run.step), logs as Record<string, number>);
      run.losses.push(row);
      run.step++;
      run.seconds = secondsBefore + (performance.now() - start) / 1000;
      progress.step(row);
      if (signal.aborted) model.stopTraining = true;
    },
  };
  const save = checkpoint({
    to: folder.checkpoints,
    everySeconds,
    overwrite: true,
    extra: () => ({ settings, seconds: run.seconds, losses: run.losses }) satisfies Kept<S>,
  });
  const steered = annealing(settings, count, model);
  await model.fitDataset(batches, {
    epochs: settings.epochs,
    verbose: 0,
    // Each step lets signals arrive: on wasm everything else runs without a pause.
    yieldEvery: 'batch',
    callbacks: [note, ...steered, save, { onTrainBegin: () => folder.clear() }],
    ...(place && { resumeAt: place }),
  });
  progress.stop();
  await folder.save(model, run.losses);
}

/** Returns a step's logs as a row of the table; epochs and steps are counted from 1. */
function lossRow(
  epoch: number,
  step: number,
  lr: number,
  { batch: _, size: __, grad_norm: gradNorm = 0, ...losses }: Record<string, number>,
): LossRow {
  return { epoch: epoch + 1, step: step + 1, ...losses, lr, grad_norm: gradNorm };
}
