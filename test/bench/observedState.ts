import * as tf from '@tensorflow/tfjs';
import { modelIn, RECIPE, type State } from './state';

/** A state before it is known what it gives. */
export type Draft = Omit<State, 'l0' | 'losses'>;

/**
 * A draft with its mean L0 and its losses.
 *
 * @param l0 the mean L0 to bring it to, by the same constant taken from each entry of b_gate
 */
export function observed(draft: Draft, l0?: number): State {
  if (l0 === undefined) return observe(draft);
  const weights = [...draft.weights];
  const shift = gateShift(draft, l0);
  weights[1] = (weights[1] as Float32Array).map((bias) => bias - shift);
  return observe({ ...draft, weights });
}

function observe(draft: Draft): State {
  const sae = modelIn(draft);
  const { active, loss, reconstruct, sparsity, auxiliary } = tf.tidy(() => {
    const x = tf.tensor2d(draft.x, [draft.batch, draft.inputDim]);
    const { codes, loss, terms } = sae.sae.forward(x, x);
    return {
      active: number(tf.sum(tf.greater(codes, 0))),
      loss: number(loss),
      reconstruct: number(terms['L_reconstruct'] as tf.Tensor),
      sparsity: number(terms['L_sparsity'] as tf.Tensor),
      auxiliary: number(terms['L_aux'] as tf.Tensor),
    };
  });
  sae.dispose();
  // SAELens gives the second reconstruction the weight 1. It weighs the penalty by the norms of
  // decoder rows, which are 1 here.
  const saeLens = reconstruct + RECIPE.lambdaSparse * sparsity + auxiliary;
  return { ...draft, l0: active / draft.batch, losses: { gatedSae: loss, saeLens } };
}

/** What, taken from b_gate, leaves so many codes of an example open, in the batch's mean. */
function gateShift(draft: Draft, l0: number): number {
  const sae = modelIn(draft);
  const x = tf.tensor2d(draft.x, [draft.batch, draft.inputDim]);
  const encoding = sae.encodeDetailed(x);
  const piGate = encoding.piGate.dataSync<'float32'>();
  const codes = encoding.codes.dataSync<'float32'>();
  tf.dispose([x, encoding]);
  sae.dispose();
  const open = piGate.filter((_, i) => (codes[i] as number) > 0).sort();
  const first = open.length - Math.round(l0 * draft.batch);
  if (first < 1) throw new Error(`${draft.title} has no more than L0 ${open.length / draft.batch}`);
  return ((open[first - 1] as number) + (open[first] as number)) / 2;
}

const number = (scalar: tf.Tensor): number => scalar.dataSync()[0] as number;
