import type { FeatureReport } from '../../analysis/featureReport/report';
import { checkOptions, optional, type Rules, text } from '../../options';
import { checkReport } from '../checkReport';
import { LIMIT } from '../image/tile';
import { loadApp } from './load';
import { pageHtml } from './pageHtml';
import { laterPieces, openingPieces } from './pieces';
import { withTokenTexts } from './tokenText';

/** Options of {@link featureDashboard}. */
export interface FeatureDashboardArgs {
  /** The heading of the page; the model's name by default. */
  title?: string;
}

const RULES: Rules<FeatureDashboardArgs> = { title: optional(text) };

/**
 * Renders a feature report as one HTML file: an overview of all features to sort, search and
 * filter, and a page for each. It works from disk and makes no network requests.
 *
 * @param report the result of {@link featureReport}, or the same parsed from JSON
 * @param args `title`: the heading of the page, the model's name by default
 * @returns the file's text
 * @throws SAE_DATA if it is not a report of this version, or damaged; SAE_OPTION for an unknown
 *   option or a wrong value.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { featureDashboard, featureReport, GatedSAE } from 'gated-sae-tfjs';
 * const sae = new GatedSAE({ inputDim: 16, encodingDim: 64 });
 * const images = tf.randomUniform([100, 16]);
 * const report = await featureReport(sae, images, { imageShape: [4, 4] });
 * const html = await featureDashboard(report, { title: 'A first look' });
 * console.log(html.length); // write it to a file, and open that in a browser
 * ```
 */
export async function featureDashboard(
  report: FeatureReport,
  args: FeatureDashboardArgs = {},
): Promise<string> {
  const { title } = checkOptions<FeatureDashboardArgs>('featureDashboard', RULES, args);
  checkReport('featureDashboard', report);
  const read = withTokenTexts(report);
  const { model, data, l0, histogramEdges, features } = report;
  return pageHtml(
    await loadApp(),
    {
      title: title?.trim() || `Features of ${model.name.trim() || 'a model'}`,
      model,
      data,
      l0,
      histogramEdges,
      features: features.length,
      limit: LIMIT,
    },
    openingPieces(read),
    await laterPieces('featureDashboard', read),
  );
}
