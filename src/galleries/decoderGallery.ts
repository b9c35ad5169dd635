import { aboutRows } from '../analysis/featureReport/aboutRows';
import { IMAGE_SHAPE } from '../analysis/featureReport/args';
import type { ImageShape } from '../analysis/featureReport/report';
import type { SAEModel } from '../models/saeModel';
import { checkOptions, positive, positiveInteger, type Rules } from '../options';
import { drawDecoderGallery } from '../viz/decoderGallery';
import type { Figure } from '../viz/figure';
import { type Codes, codeBatches } from './codeBatches';
import { galleryReport } from './galleryReport';

/** What {@link plotDecoderGallery} takes. */
export interface PlotDecoderGalleryArgs {
  /** Features to show; 10 by default. */
  topN?: number;
  /** `[height, width]`, or `[height, width, 3]` of coloured images; `[28, 28]` by default. */
  imageShape?: ImageShape;
  /** The weight that is darkest red; its negative is darkest blue; 0.15 by default. */
  limit?: number;
  /** Features side by side, at most; 10 by default. */
  columns?: number;
}

const RULES: Rules<PlotDecoderGalleryArgs> = {
  topN: positiveInteger(10),
  imageShape: { ...IMAGE_SHAPE, fallback: [28, 28] },
  limit: positive(0.15),
  columns: positiveInteger(10),
};

/**
 * The decoder directions of the features with the largest mean activation, as images: the
 * `plot_decoder_gallery` of Python's gated-sae-tf.
 *
 * @param codes `[rows, features]`, dense or sparse, or a stream of batches of them: they are never
 * held all at once. A stream's tensors are disposed as they are read.
 * @throws SAE_SHAPE or SAE_DATA for codes of another form; SAE_NOT_FINITE; SAE_OPTION.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { GatedSAE, plotDecoderGallery } from 'gated-sae-tfjs';
 * const sae = new GatedSAE({ inputDim: 16, encodingDim: 64 });
 * const codes = await sae.encodeSparse(tf.randomUniform([100, 16]));
 * const figure = await plotDecoderGallery(sae, codes, { topN: 5, imageShape: [4, 4] });
 * console.log(figure.toSVG().length);
 * ```
 */
export async function plotDecoderGallery(
  model: SAEModel,
  codes: Codes,
  args: PlotDecoderGalleryArgs = {},
): Promise<Figure> {
  const where = 'plotDecoderGallery';
  const checked = checkOptions<PlotDecoderGalleryArgs>(where, RULES, args);
  const { topN, imageShape, limit, columns } = checked;
  const about = aboutRows(where, model.inputDim, { imageShape });
  const report = await galleryReport(model, withoutRows(where, codes, model.encodingDim), {
    where,
    about,
    topExamples: 0,
    features: topN,
  });
  return drawDecoderGallery(report, { topN, limit, columns });
}

async function* withoutRows(where: string, codes: Codes, features: number) {
  for await (const batch of codeBatches(where, codes, features)) yield { codes: batch };
}
