import * as tf from '@tensorflow/tfjs-core';
import { SAEError, wrongOption } from '../../errors';
import type { SAEModel } from '../../models/saeModel';
import { checkOptions } from '../../options';
import type { ModelData } from '../capture/inputBatches';
import { keptPlaces } from '../capture/positions';
import type { EditAt } from '../host';
import { type HostModel, hostOf } from '../hosts';
import { spliceAt } from '../spliceSAE';
import { positionsIn } from './ablated';
import { EVALUATE_SPLICE_RULES, type EvaluateSpliceArgs, measuredOf } from './args';
import { CostSums, type Run } from './costSums';
import { AblationEffects, countExamples, GradientEffects } from './effects';
import { firingsIn } from './firings';
import { firstPass } from './firstPass';
import { assertDifferentiable } from './gradient';
import { originalOf, outputsOf } from './outputs';
import type { SpliceEvaluation } from './spliceEvaluation';
import { type GivenBatch, givenBatches, targetsOf } from './targets';

const WHERE = 'evaluateSplice';

/**
 * Measures what a dictionary costs its model, and what each of its features does there: how much of
 * the task's performance remains when the layer's activations are replaced by reconstructions,
 * compared with activations of 0 and with their mean.
 *
 * It makes two passes over the data: one up to the layer, for the mean, and one that runs each
 * batch unchanged, spliced, and ablated both ways. Effects by gradient take one backward pass per
 * class and batch; effects by ablation take one run of each example for each feature that fires on
 * it. Sums are in double precision. Memory depends on the size of a batch and on the numbers of
 * features and classes, not on the length of the data.
 *
 * $$
 * \text{recovered} = \frac{H_\text{ablated} - H_\text{spliced}}{H_\text{ablated} - H_\text{original}}
 * $$
 *
 * (Karvonen et al. 2025, SAEBench, arXiv:2503.09532, "loss recovered").
 *
 * @param model a `tf.LayersModel`, a `tf.GraphModel`, or the result of {@link hookedModel}; it is
 *   not changed
 * @param layer the layer's name, as {@link listLayers} returns it
 * @param sae a dictionary of the layer's width; it is not changed
 * @param data the model's inputs, or a dataset of batches of them, with targets as `{xs, ys}`
 * @param args the metric, the kind of outputs, the targets, and which features to measure; every
 *   option has a default
 * @returns plain numbers; there is nothing to dispose.
 * @throws SAE_OPTION for an invalid model, layer or option, and if it cannot tell what the outputs
 *   are; SAE_DATA for data or targets that do not fit; SAE_SHAPE for a dictionary of another width;
 *   SAE_UNSUPPORTED for gradients on a model or backend without them; SAE_NOT_FINITE for outputs
 *   that are not finite.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { evaluateSplice, GatedSAE, spliceTable } from 'gated-sae-tfjs';
 * const model = tf.sequential({
 *   layers: [
 *     tf.layers.dense({ units: 8, inputShape: [4], activation: 'relu', name: 'hidden' }),
 *     tf.layers.dense({ units: 3, activation: 'softmax' }),
 *   ],
 * });
 * const sae = new GatedSAE({ inputDim: 8, encodingDim: 16 });
 * const targets = Array.from({ length: 60 }, (_, i) => i % 3);
 * const cost = await evaluateSplice(model, 'hidden', sae, tf.randomUniform([60, 4]), { targets });
 * console.log(cost.costs[0].recoveredFromZero, cost.byAblation?.values.length); // …, 48
 * console.log(spliceTable(cost));
 * ```
 */
export async function evaluateSplice(
  model: HostModel,
  layer: string,
  sae: SAEModel,
  data: ModelData,
  args: EvaluateSpliceArgs = {},
): Promise<SpliceEvaluation> {
  const checked = checkOptions<EvaluateSpliceArgs>(WHERE, EVALUATE_SPLICE_RULES, args);
  const { targets, batchSize, head: number, force, onProgress, mask, excludeTokens } = checked;
  const host = hostOf(WHERE, model);
  const spliced = spliceAt(WHERE, host, layer, sae, { force });
  const effects = checked.effects ?? (host.forward ? 'both' : 'ablation');
  const byGradients = effects === 'both' || effects === 'gradient';
  if (byGradients) assertDifferentiable(WHERE, host, 'give effects: "ablation".');
  const beyond = checked.features?.find((feature) => feature >= sae.encodingDim);
  if (beyond !== undefined) {
    throw wrongOption(`${WHERE}.features`, `numbers below ${sae.encodingDim}`, beyond);
  }

  const head = { where: WHERE, head: number };
  const first = await firstPass(head, host, layer, data, checked);
  const { kind, all, readTargets, mean, classes, examples, rows } = first;
  const features = sae.encodingDim;
  const effectArgs = () => ({
    ...{ ...head, host, layer, sae, batchSize, metric: all[0] },
    ...measuredOf(WHERE, checked, { features, classes }),
  });
  let gradients = byGradients ? new GradientEffects(effectArgs()) : undefined;
  const isAblating = effects === 'both' || effects === 'ablation';
  const ablations = isAblating ? new AblationEffects(effectArgs()) : undefined;
  const sums = new CostSums(WHERE, all);
  const fires = new Uint32Array(features);
  const ablated: Record<Exclude<Run, 'original' | 'spliced'>, EditAt> = {
    zeroAblated: { layer, edit: tf.zerosLike },
    meanAblated: {
      layer,
      edit: (hidden) => tf.tidy(() => tf.add(tf.zerosLike(hidden), tf.tensor1d(mean))),
    },
  };

  const measure = async (batch: GivenBatch) => {
    const { inputs, given } = batch;
    const original = await originalOf(head, host, inputs, batch.examples, layer);
    const made = original.outputs;
    let fitted: tf.Tensor[] = [];
    try {
      const wanted =
        readTargets && kind ? await targetsOf(WHERE, given, made.shape, kind) : { given };
      fitted = Object.values(wanted).filter((t) => t !== undefined && t !== given);
      const predicted = { outputs: made, targets: wanted, original: made };
      await sums.count(predicted);
      await sums.add('original', predicted);
      const { shape } = original.hidden;
      const place = [batch.examples, positionsIn(shape)] as const;
      const keep = await keptPlaces(WHERE, inputs, place, { mask, excludeTokens });
      const edits = { spliced: atPlaces(spliced, keep), ...ablated };
      for (const [run, at] of Object.entries(edits) as [Run, EditAt][]) {
        const outputs = await outputsOf(head, host, inputs, batch.examples, at);
        await sums.add(run, { ...predicted, outputs }).finally(() => outputs.dispose());
      }
      const firings = await firingsIn(sae, original.hidden, keep);
      const fired = { inputs, shape, firings, examples: batch.examples };
      countExamples(fired, fires);
      const effectBatch = { ...fired, targets: wanted, original: made };
      await gradients?.add(effectBatch).catch((error) => {
        const isMissing = error instanceof SAEError && error.code === 'SAE_UNSUPPORTED';
        if (!isMissing || checked.effects !== undefined) throw error;
        // Nobody has asked for them by name: the effects that are exact stay.
        console.warn(`gated-sae-tfjs: effects by gradient are left out. ${error.message}`);
        gradients = undefined;
      });
      await ablations?.add(effectBatch);
    } finally {
      tf.dispose([made, original.hidden, fitted]);
    }
  };
  for await (const batch of givenBatches(WHERE, data, targets, number, batchSize)) {
    try {
      await measure(batch);
      onProgress?.(batch.first + batch.examples);
    } finally {
      tf.dispose([batch.inputs, batch.given ?? []]);
    }
  }
  const { predictions, measured } = sums;
  return {
    ...{ name: sae.name, className: sae.getClassName(), layer, features },
    ...{ examples, rows, predictions, ...(kind && { outputs: kind }) },
    ...{ costs: sums.result(), fires },
    ...(ablations && { byAblation: ablations.result(predictions, measured) }),
    ...(gradients && { byGradient: gradients.result(predictions, measured) }),
  };
}

/** An edit that leaves rows whose flag is 0 as they were. */
function atPlaces({ layer, edit }: EditAt, keep: Uint8Array): EditAt {
  if (keep.every((flag) => flag === 1)) return { layer, edit };
  const some = (hidden: tf.Tensor) =>
    tf.tidy(() => {
      const flags = tf.tensor(keep, [...hidden.shape.slice(0, -1), 1], 'bool');
      return tf.where(flags, edit(hidden), hidden);
    });
  return { layer, edit: some };
}
