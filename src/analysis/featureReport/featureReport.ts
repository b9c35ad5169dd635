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
 * What each feature of a dictionary does over some data: how often and how strongly it fires, on
 * which examples and which classes, and which features are like it. Plain JSON: the galleries and
 * the dashboard are drawn from it alone.
 *
 * One pass over the data, a batch of sparse codes at a time. What is held depends on the number of
 * features and on the options, not on the number of rows; but all rows' labels and tokens are the
 * caller's to hold.
 *
 * @param model the dictionary
 * @param data rows `[..., inputDim]`, or a dataset of them
 * @param args what the rows are, and how much is kept of each feature; all of it has a default
 * @returns plain JSON, of which nothing is to be disposed.
 * @throws SAE_SHAPE, SAE_DATA or SAE_NOT_FINITE for rows of another form, for labels or tokens that
 * are not one a row, and for a model whose weights are not finite; SAE_OPTION, also where memory does not suffice.
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
  // Of a tensor the rows are known before all the work.
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
