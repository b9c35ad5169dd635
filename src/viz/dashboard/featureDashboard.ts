import type { EncoderWeights, FeatureReport } from '../../analysis/featureReport/report';
import { checkOptions, optional, type Rule, type Rules, text } from '../../options';
import { isObject } from '../../plainData';
import { checkReport } from '../checkReport';
import { LIMIT } from '../image/tile';
import { encoderPart } from './encoderPieces';
import { loadApp } from './load';
import { pageHtml } from './pageHtml';
import { laterPieces, openingPieces } from './pieces';
import { withTokenTexts } from './tokenText';

/** Options of {@link featureDashboard}. */
export interface FeatureDashboardArgs {
  /** The heading of the page; the model's name by default. */
  title?: string;
  /**
   * What {@link encoderWeights} makes of the model that the report is about: the page then shows which
   * features fire on an input that somebody types or drops there. Without it, the default, it has no such
   * field. It adds about 5 bytes for each weight of the encoder.
   */
  dictionary?: EncoderWeights;
}

const weights: Rule<EncoderWeights> = {
  expected: 'what encoderWeights returns',
  accepts: isObject,
};
const RULES: Rules<FeatureDashboardArgs> = { title: optional(text), dictionary: optional(weights) };

/**
 * Renders a feature report as one HTML file: an overview of all features to sort, search and
 * filter, and a page for each. It works from disk and makes no network requests.
 *
 * @param report the result of {@link featureReport}, or the same parsed from JSON
 * @param args `title`: the heading of the page, the model's name by default; `dictionary`: the encoder to
 *   try inputs with, none by default
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
  return (await dashboardPage(report, args)).html;
}

/** The same, with the bytes that its dictionary takes of it; undefined without one. */
export async function dashboardPage(
  report: FeatureReport,
  args: FeatureDashboardArgs,
): Promise<{ html: string; dictionaryBytes: number | undefined }> {
  const { title, dictionary } = checkOptions<FeatureDashboardArgs>('featureDashboard', RULES, args);
  checkReport('featureDashboard', report);
  const read = withTokenTexts(report);
  const { model, data, l0, histogramEdges, features } = report;
  const encoder = dictionary && encoderPart(dictionary, model);
  const html = pageHtml(
    await loadApp(),
    {
      title: title?.trim() || `Features of ${model.name.trim() || 'a model'}`,
      model,
      data,
      l0,
      histogramEdges,
      features: features.length,
      limit: LIMIT,
      ...(encoder && { encoder: encoder.head }),
    },
    openingPieces(read),
    [...(await laterPieces('featureDashboard', read)), ...(encoder?.pieces ?? [])],
  );
  return { html, dictionaryBytes: encoder?.head.bytes };
}
