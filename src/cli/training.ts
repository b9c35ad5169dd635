import { ByteRows } from '../activations/byteRows';
import { epochOrder } from '../activations/shuffle';
import type { LossRow } from '../viz/lossCurve';
import { IMAGE_SIZE } from './fashionMnist';
import { allSteps, schedule, stepsPerEpoch } from './recipe';
import type { RunFolder, SavedRun } from './runFolder';
import type { TrainingProgress } from './trainingProgress';

/** What is trained on: bytes, and which of their rows. */
export interface TrainingImages {
  pixels: Uint8Array;
  rows: Uint32Array;
}

/**
 * Trains a run from where it is to its end, or until it is asked to stop; saves it after each
 * epoch and where it stops. `run` is brought up to date along the way.
 *
 * The batches follow from the seed and the step alone, so a run that was stopped and went on
 * takes the same steps as one that was not.
 *
 * @throws SAE_NOT_FINITE where a step comes to NaN; what was saved before stays.
 */
export async function train(
  run: SavedRun,
  images: TrainingImages,
  folder: RunFolder,
  progress: TrainingProgress,
  signal: AbortSignal,
): Promise<void> {
  const { settings, model } = run;
  const perEpoch = stepsPerEpoch(settings);
  const rates = schedule(settings);
  while (run.step < allSteps(settings) && !signal.aborted) {
    const epoch = Math.floor(run.step / perEpoch);
    const batches = new ByteRows({
      bytes: images.pixels,
      width: IMAGE_SIZE,
      order: epochOrder(images.rows, settings.seed, epoch),
      batchSize: settings.batchSize,
      startBatch: run.step % perEpoch,
    });
    const secondsBefore = run.seconds;
    const start = performance.now();
    await model.fitDataset(batches, {
      initialEpoch: epoch,
      epochs: epoch + 1,
      verbose: 0,
      // Each step lets signals arrive: on wasm everything else is done without a pause.
      yieldEvery: 'batch',
      callbacks: {
        onBatchEnd: async (_batch, logs) => {
          const row = lossRow(epoch, run.step, rates.at(run.step), logs as Record<string, number>);
          run.losses.push(row);
          run.step++;
          run.seconds = secondsBefore + (performance.now() - start) / 1000;
          progress.step(row);
          if (signal.aborted) model.stopTraining = true;
        },
      },
    });
    if (signal.aborted) progress.stop();
    await folder.save(model, { settings, step: run.step, seconds: run.seconds }, run.losses);
  }
  progress.stop();
}

/** A step's logs as a row of the table; people count epochs and steps from 1. */
function lossRow(
  epoch: number,
  step: number,
  lr: number,
  { batch: _, size: __, grad_norm: gradNorm = 0, ...losses }: Record<string, number>,
): LossRow {
  return { epoch: epoch + 1, step: step + 1, ...losses, lr, grad_norm: gradNorm };
}
