import * as tf from '@tensorflow/tfjs-core';
import { batchesIn, type Rows } from '../../activations/rows';
import { rowCount } from '../../math/leadingDims';
import { assertDictionary } from '../../models/givenModel';
import type { SAEModel } from '../../models/saeModel';
import { checkOptions } from '../../options';
import { aboutRows, checkImages } from './aboutRows';
import { Accumulator } from './accumulator';
import { type FeatureReportArgs, REPORT_RULES } from './args';
import { assembled } from './assemble';
import { dictionaryOf } from './dictionary';
import { checkEffects } from './effects';
import { neighbours } from './neighbours';
import type { FeatureReport } from './report';
import { checkEqual } from './rowCounts';
import { shownImages } from './shownImages';

const WHERE = 'featureReport';

/**
 * Reports what each feature of a dictionary does on data: how often and how strongly it fires, on
 * which examples and classes, and which features are similar. The result is plain JSON, from which
 * the galleries and the dashboard are drawn.
 *
 * It takes one pass over the data and holds one batch of sparse codes at a time. Memory depends on
 * the number of features and on the options, not on the number of rows; labels and tokens of all
 * rows are held by the caller.
 *
 * @param model the dictionary
 * @param data rows `[..., inputDim]`, or a dataset of them
 * @param args what the rows are, and how much to keep per feature; every option has a default
 * @returns plain JSON; there is nothing to dispose.
 * @throws SAE_SHAPE, SAE_DATA or SAE_NOT_FINITE for invalid rows, for labels or tokens whose number
 *   differs from that of the rows, and for a model whose weights are not finite; SAE_OPTION for a
 *   wrong option, or one that takes too much memory.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { featureReport, GatedSAE } from 'gated-sae-tfjs';
 * const sae = new GatedSAE({ inputDim: 16, encodingDim: 64 });
 * const images = tf.randomUniform([100, 16]);
 * const labels = Array.from({ length: 100 }, (_, row) => row % 2);
 * const report = await featureReport(sae, images, { imageShape: [4, 4], labels });
 * const [feature] = report.features;
 * console.log(feature.density, feature.top[0], feature.neighbours[0]);
 * ```
 */
export async function featureReport(
  model: SAEModel,
  data: Rows,
  args: FeatureReportArgs = {},
): Promise<FeatureReport> {
  const checked = checkOptions<FeatureReportArgs>(WHERE, REPORT_RULES, args);
  assertDictionary(WHERE, model);
  const { inputDim, encodingDim } = model;
  const { images, effects } = checked;
  if (!images) checkImages(WHERE, model, checked.imageShape);
  checkEffects(WHERE, effects, encodingDim);
  const about = aboutRows(WHERE, inputDim, checked);
  // For a tensor, the number of rows is known before the work begins.
  if (data instanceof tf.Tensor && data.shape.at(-1) === inputDim) {
    checkEqual(WHERE, about.counts, rowCount(data.shape));
  }
  const dictionary = await dictionaryOf(WHERE, model);
  const gathered = Accumulator.withRoom(WHERE, encodingDim, about, {
    topExamples: checked.topExamples,
    intervalExamples: checked.intervalExamples,
    coactive: checked.neighbours > 0,
  });
  for await (const batch of batchesIn(WHERE, [data, data], inputDim, checked.batchSize)) {
    const { xs, origin } = batch;
    const values = gathered.images && (await xs.data<'float32'>());
    gathered.add(await model.encodeSparse(xs), values, origin);
    checked.onProgress?.(gathered.rows);
  }
  gathered.end();
  const report = assembled({
    dictionary,
    gathered,
    features: Array.from({ length: encodingDim }, (_, feature) => feature),
    neighbours: await neighbours(dictionary.wDec, dictionary.outputDim, checked.neighbours),
    coactive: gathered.coactivity?.result(checked.neighbours),
    effects,
  });
  if (!images || !about.images) return report;
  return { ...report, images: await shownImages(WHERE, images, about.images, report.features) };
}
