import {
  ARCHITECTURES,
  type Architecture,
  KerasAdam,
  type SAEModel,
  WarmupCosineDecay,
} from 'gated-sae-tfjs';
import { PIXELS } from '../images';
import type { Settings } from '../protocol';

/** The part of training in which the learning rate rises. */
const WARMUP = 0.1;

/** A new model, compiled, and the learning rate of each of its steps. */
export function newModel(
  settings: Settings,
  steps: number,
): { model: SAEModel; schedule: WarmupCosineDecay } {
  const { architecture, features, lambda, learningRate, seed } = settings;
  const { model: Model, optionNames } = ARCHITECTURES[architecture] as Architecture;
  // Each architecture takes those options that it has.
  const own = { lambdaSparse: lambda, auxWeight: 0.1 };
  const taken = Object.entries(own).filter(([name]) => optionNames.includes(name));
  const model = new Model({
    ...Object.fromEntries(taken),
    inputDim: PIXELS,
    encodingDim: features,
    seed,
  });
  const schedule = new WarmupCosineDecay({
    peakLr: learningRate,
    warmupSteps: Math.round(WARMUP * steps),
    totalSteps: steps,
  });
  model.compile({ optimizer: new KerasAdam({ learningRate: schedule, beta1: 0 }) });
  return { model, schedule };
}
