import type { SAEModel } from 'gated-sae-tfjs';
import type { Sparsity } from '../protocol';

/** Has a model's codes as sparse as is asked for from its next step on, by what its architecture has. */
export function applySparsity(model: SAEModel, { by, value }: Sparsity): void {
  const { options } = model.sae;
  const target = by === 'l0' ? Math.min(model.encodingDim, value) : null;
  if ('targetL0' in options) model.setOption('targetL0', target);
  else if (model.steering) model.steering.target = target;
  if ('k' in options && target !== null) model.setOption('k', Math.max(1, Math.round(target)));
  if ('lambdaSparse' in options && by === 'lambda') model.setLambda(value);
}
