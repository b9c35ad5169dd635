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
 * Replaces the weights by the moving averages that `useEma` keeps, with decoder rows of norm 1 if
 * they are kept so.
 *
 * @returns functions that restore the weights or dispose them; undefined if there are no averages.
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
