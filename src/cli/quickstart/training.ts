import { ByteRows } from '../../activations/byteRows';
import type { RowDataset } from '../../activations/rows';
import { epochOrder } from '../../activations/shuffle';
import { checkpoint } from '../../checkpoints/checkpoint';
import type { LossRow } from '../../viz/lossCurve';
import { IMAGE_SIZE } from '../data/fashionMnist';
import type { TrainingProgress } from './progress';
import { annealing, schedule, stepsPerEpoch } from './recipe';
import type { Kept, RunFolder, SavedRun } from './runFolder';
import type { Settings } from './settings';

/** What is trained on: bytes, and which of their rows. */
export interface TrainingImages {
  pixels: Uint8Array;
  rows: Uint32Array;
}

/**
 * Trains a run from where it is to its end, or until it is asked to stop, with checkpoints on the way,
 * and saves it. `run` is brought up to date along the way.
 *
 * The batches follow from the seed and the step alone, so a run that was stopped and went on
 * takes the same steps as one that was not.
 *
 * @param everySeconds how often a checkpoint is made
 * @throws SAE_NOT_FINITE where a step comes to NaN; what was trained before is in a checkpoint then.
 */
export async function train(
  run: SavedRun,
  images: TrainingImages,
  folder: RunFolder,
  progress: TrainingProgress,
  signal: AbortSignal,
  everySeconds: number,
): Promise<void> {
  const { settings, model, place } = run;
  const perEpoch = stepsPerEpoch(settings);
  const rates = schedule(settings);
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
    extra: () => ({ settings, seconds: run.seconds, losses: run.losses }) satisfies Kept,
  });
  await model.fitDataset(batches(images, settings), {
    epochs: settings.epochs,
    verbose: 0,
    // Each step lets signals arrive: on wasm everything else is done without a pause.
    yieldEvery: 'batch',
    callbacks: [note, ...annealing(settings, model), save, { onTrainBegin: () => folder.clear() }],
    ...(place && { resumeAt: place }),
  });
  progress.stop();
  await folder.save(model, run.losses);
}

/** The images in batches, in each epoch in another order. */
export function batches({ pixels, rows }: TrainingImages, settings: Settings): RowDataset {
  const { seed, batchSize } = settings;
  const iteratorAt = (epoch: number, startBatch: number) => {
    const order = epochOrder(rows, seed, epoch);
    const args = { bytes: pixels, width: IMAGE_SIZE, order, batchSize, startBatch };
    return new ByteRows(args).iterator();
  };
  return { size: stepsPerEpoch(settings), iterator: () => iteratorAt(0, 0), iteratorAt };
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
