import {
  ARCHITECTURES,
  type Architecture,
  KerasAdam,
  type SAEModel,
  WarmupCosineDecay,
} from 'gated-sae-tfjs';
import { PIXELS } from '../images';
import type { Settings } from '../protocol';
import { applySparsity } from './applySparsity';

/** The part of training in which the learning rate rises. */
const WARMUP = 0.1;

/**
 * A model that is compiled, and the learning rate of each of its steps.
 *
 * @param opened the one that is to be trained further: it gets an optimizer of its own for that
 */
export function newModel(
  settings: Settings,
  steps: number,
  opened?: SAEModel,
): { model: SAEModel; schedule: WarmupCosineDecay } {
  const model = opened ?? fresh(settings);
  const schedule = new WarmupCosineDecay({
    peakLr: settings.learningRate,
    warmupSteps: Math.round(WARMUP * steps),
    totalSteps: steps,
  });
  opened?.optimizer?.dispose();
  model.compile({ optimizer: new KerasAdam({ learningRate: schedule, beta1: 0 }) });
  if (opened) applySparsity(opened, settings.sparsity);
  return { model, schedule };
}

function fresh({ architecture, features, sparsity, seed }: Settings): SAEModel {
  const { model: Model, optionNames, recipe } = ARCHITECTURES[architecture] as Architecture;
  // Each architecture takes those options that it has.
  const own: Record<string, number> = { auxWeight: 0.1 };
  if (sparsity.by === 'lambda') own['lambdaSparse'] = sparsity.value;
  const taken = Object.entries(own).filter(([name]) => optionNames.includes(name));
  const target = Math.min(features, sparsity.value);
  return new Model({
    ...Object.fromEntries(taken),
    ...(sparsity.by === 'l0' && { ...recipe.optionsForL0, targetL0: target }),
    inputDim: PIXELS,
    encodingDim: features,
    seed,
  });
}
