import type * as tf from '@tensorflow/tfjs-core';
import { batchesIn, type Rows, type Widths } from '../../activations/rows';
import { targetAndArgs } from '../../models/data';
import { assertDictionary } from '../../models/givenModel';
import type { SAEModel } from '../../models/saeModel';
import { checkOptions } from '../../options';
import { type CheckedArgs, EVALUATE_ARGS, type EvaluateArgs, withGroups } from './args';
import type { Evaluation } from './evaluation';
import { Evaluator } from './evaluator';
import { Given } from './given';

const WHERE = 'evaluateSAE';

/**
 * Evaluates a dictionary on data: sparsity, reconstruction, the geometry of its weights, and, given
 * labels or the ground truth, how informative its features are.
 *
 * It takes one pass over the data, sums in double precision, and holds one batch of sparse codes at
 * a time: memory depends on the number of features and on the options, not on the number of rows.
 * Each field of {@link Evaluation} gives its formula and says which number of SAELens,
 * dictionary_learning or SAEBench it equals or corrects.
 *
 * @param model the dictionary
 * @param data rows `[..., inputDim]`, or a dataset of them; for a transcoder a dataset of `{xs, ys}`
 * @param args which metrics to compute, and what they need besides the rows; every option has a
 *   default
 * @returns plain JSON; there is nothing to dispose.
 * @throws SAE_SHAPE, SAE_DATA or SAE_NOT_FINITE for invalid rows, for labels, positions or true
 *   codes whose number differs from that of the rows, and for a model that is not finite;
 *   SAE_OPTION for an unknown option or a wrong value.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { evaluateSAE, GatedSAE } from 'gated-sae-tfjs';
 * const sae = new GatedSAE({ inputDim: 8, encodingDim: 32 });
 * const { sparsity, reconstruction, weights } = await evaluateSAE(sae, tf.randomUniform([100, 8]));
 * console.log(sparsity?.l0Mean, sparsity?.dead);
 * console.log(reconstruction?.explainedVariance, weights?.maxDecoderCosine);
 * ```
 */
export async function evaluateSAE(
  model: SAEModel,
  data: Rows,
  args?: EvaluateArgs,
): Promise<Evaluation>;
/**
 * Evaluates a dictionary whose targets differ from its rows, such as a transcoder.
 *
 * @param model the dictionary
 * @param x rows `[..., inputDim]`
 * @param y what the reconstructions should be, `[..., outputDim]`
 * @param args which metrics to compute, and what they need besides the rows
 * @returns plain JSON; there is nothing to dispose.
 * @throws the same as without a target: SAE_DATA, SAE_SHAPE, SAE_NOT_FINITE or SAE_OPTION;
 *   SAE_SHAPE also for a target of another width or number of rows.
 */
export async function evaluateSAE(
  model: SAEModel,
  x: tf.Tensor,
  y: tf.Tensor,
  args?: EvaluateArgs,
): Promise<Evaluation>;
export async function evaluateSAE(
  model: SAEModel,
  data: Rows,
  yOrArgs?: tf.Tensor | EvaluateArgs,
  lastArgs?: EvaluateArgs,
): Promise<Evaluation> {
  const [y, given] = targetAndArgs<Rows, EvaluateArgs>(data, yOrArgs, lastArgs);
  const args = withGroups(WHERE, checkOptions<EvaluateArgs>(WHERE, EVALUATE_ARGS, given));
  assertDictionary(WHERE, model);
  const [evaluation] = await evaluations(WHERE, [model], [data, y], args);
  return evaluation as Evaluation;
}

/**
 * Evaluates models of the same widths in one pass over rows and targets.
 *
 * @param sources a tensor and that of its targets, or the same dataset twice
 */
export async function evaluations(
  where: string,
  models: readonly SAEModel[],
  sources: readonly [Rows, Rows],
  args: CheckedArgs,
): Promise<Evaluation[]> {
  const [data, targets] = sources;
  const model = models[0] as SAEModel;
  const given = await Given.of(where, args, data, model);
  const evaluators: Evaluator[] = [];
  for (const each of models) evaluators.push(await Evaluator.of(where, each, args, given));
  let rows = 0;
  for await (const batch of batchesIn(
    where,
    sources,
    widthsOf(model, targets !== data, args),
    args.batchSize,
  )) {
    given.checkNotMore(rows + batch.xs.shape[0]);
    for (const evaluator of evaluators) await evaluator.add(batch);
    rows += batch.xs.shape[0];
    args.onProgress?.(rows);
  }
  given.checkEqual(rows);
  const results: Evaluation[] = [];
  for (const evaluator of evaluators) results.push(await evaluator.result());
  return results;
}

/**
 * Returns the widths of rows and targets. An autoencoder's targets count if they are given as a
 * tensor, but not in datasets, where its rows are its targets. A transcoder needs targets for its
 * reconstructions only.
 */
function widthsOf(model: SAEModel, isTarget: boolean, { groups }: CheckedArgs): Widths | number {
  if (!groups.has('reconstruction')) return model.inputDim;
  return isTarget || model.isTranscoder ? model : model.inputDim;
}
