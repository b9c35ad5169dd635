import { ByteRows } from '../../activations/byteRows';
import type { RowDataset } from '../../activations/rows';
import { epochOrder } from '../../activations/shuffle';
import { IMAGE_SIZE } from '../data/fashionMnist';
import type { TrainingProgress } from '../training/progress';
import { stepsPerEpoch } from '../training/recipe';
import { trainRun } from '../training/steps';
import type { RunFolder, SavedRun } from './runFolder';
import type { Settings } from './settings';

/** The training data: bytes, and which of their rows. */
export interface TrainingImages {
  pixels: Uint8Array;
  rows: Uint32Array;
}

/**
 * Trains a run on images, from its current state to its end or until it is asked to stop.
 *
 * @param everySeconds seconds between checkpoints
 * @throws SAE_NOT_FINITE if a step gives NaN; a checkpoint then holds what was trained before.
 */
export const train = (
  run: SavedRun,
  images: TrainingImages,
  folder: RunFolder,
  progress: TrainingProgress,
  signal: AbortSignal,
  everySeconds: number,
): Promise<void> => {
  const { settings } = run;
  const rows = { batches: batches(images, settings), count: settings.images };
  return trainRun(run, rows, { folder, progress, signal, everySeconds });
};

/** Returns the images in batches, in another order in each epoch. */
export function batches({ pixels, rows }: TrainingImages, settings: Settings): RowDataset {
  const { seed, batchSize, images } = settings;
  const iteratorAt = (epoch: number, startBatch: number) => {
    const order = epochOrder(rows, seed, epoch);
    const args = { bytes: pixels, width: IMAGE_SIZE, order, batchSize, startBatch };
    return new ByteRows(args).iterator();
  };
  return { size: stepsPerEpoch(settings, images), iterator: () => iteratorAt(0, 0), iteratorAt };
}
