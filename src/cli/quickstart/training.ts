import { ByteRows } from '../../activations/byteRows';
import type { RowDataset } from '../../activations/rows';
import { epochOrder } from '../../activations/shuffle';
import { IMAGE_SIZE } from '../data/fashionMnist';
import type { TrainingProgress } from '../training/progress';
import { stepsPerEpoch } from '../training/recipe';
import { trainRun } from '../training/steps';
import type { RunFolder, SavedRun } from './runFolder';
import type { Settings } from './settings';

/** What is trained on: bytes, and which of their rows. */
export interface TrainingImages {
  pixels: Uint8Array;
  rows: Uint32Array;
}

/**
 * Trains a run on images, from where it is to its end or until it is asked to stop.
 *
 * @param everySeconds how often a checkpoint is made
 * @throws SAE_NOT_FINITE where a step comes to NaN; what was trained before is in a checkpoint then.
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

/** The images in batches, in each epoch in another order. */
export function batches({ pixels, rows }: TrainingImages, settings: Settings): RowDataset {
  const { seed, batchSize, images } = settings;
  const iteratorAt = (epoch: number, startBatch: number) => {
    const order = epochOrder(rows, seed, epoch);
    const args = { bytes: pixels, width: IMAGE_SIZE, order, batchSize, startBatch };
    return new ByteRows(args).iterator();
  };
  return { size: stepsPerEpoch(settings, images), iterator: () => iteratorAt(0, 0), iteratorAt };
}
