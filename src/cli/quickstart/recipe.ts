import type { SAEModel } from '../../models/saeModel';
import { IMAGE_SIZE } from '../data/fashionMnist';
import * as recipe from '../training/recipe';
import type { Settings } from './settings';

export { RECIPES } from '../training/recipe';

/** Sizes for a first look, which `--quick` stands for: half a minute on two cores. */
export const QUICK = {
  epochs: 12,
  images: 12_800,
  encodingDim: 1024,
} as const satisfies Partial<Settings>;

/**
 * Creates a model with the optimizer that trains it.
 *
 * @param inputDim the rows' width; that of the images by default
 */
export const newModel = (settings: Settings, inputDim = IMAGE_SIZE): SAEModel =>
  recipe.newModel(settings, { inputDim, rows: settings.images });

/** Returns the callbacks that `fit` uses to train it. */
export const annealing = (settings: Settings, model: SAEModel) =>
  recipe.annealing(settings, settings.images, model);
