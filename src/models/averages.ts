import type * as tf from '@tensorflow/tfjs-core';
import type { SparseAutoencoderLayer } from '../layers/sparseAutoencoder';
import { variablesBefore } from '../optimizers/before';
import { kerasOptimizer } from '../optimizers/optimizerBefore';

/** A model whose optimizer may keep moving averages of its weights. */
interface Averaged {
  readonly optimizer: tf.Optimizer;
  readonly sae: SparseAutoencoderLayer;
  sync(): void;
}

/**
 * Puts the moving averages that `useEma` keeps into the place of the weights, decoder rows at norm 1 where
 * they are held there.
 *
 * @returns what puts the weights back, or gives them up; undefined where there are no averages.
 */
export function swapInAverages(model: Averaged): { restore(): void; dispose(): void } | undefined {
  const { sae } = model;
  const optimizer = kerasOptimizer(model.optimizer);
  if (!optimizer?.useEma) return undefined;
  model.sync();
  const variables = sae.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const before = variablesBefore(variables);
  optimizer.finalizeVariableValues(variables);
  sae.afterStep();
  const restore = () => {
    before.restore();
    before.dispose();
  };
  return { restore, dispose: before.dispose };
}
