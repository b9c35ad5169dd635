import { aboutRows } from '../analysis/featureReport/aboutRows';
import type { ImageShape } from '../analysis/featureReport/report';
import { assertDictionary } from '../models/givenModel';
import type { SAEModel } from '../models/saeModel';
import { checkOptions, imageShape, type Rules } from '../options';
import {
  DECODER_GALLERY_RULES,
  type DecoderGalleryArgs,
  drawDecoderGallery,
} from '../viz/decoderGallery';
import type { Figure } from '../viz/figure';
import { type Codes, codeBatches } from './codeBatches';
import { galleryReport } from './galleryReport';

/** Options of {@link plotDecoderGallery}. */
export interface PlotDecoderGalleryArgs extends DecoderGalleryArgs {
  /** `[height, width]`, or `[height, width, 3]` for coloured images; `[28, 28]` by default. */
  imageShape?: ImageShape;
}

export const PLOT_DECODER_GALLERY_RULES: Rules<PlotDecoderGalleryArgs> = {
  ...DECODER_GALLERY_RULES,
  imageShape: { ...imageShape, fallback: [28, 28] },
};

/**
 * Draws the decoder directions of the features with the largest mean activation as images:
 * `plot_decoder_gallery` of Python's gated-sae-tf.
 *
 * @param model the dictionary
 * @param codes `[rows, features]`, dense or sparse, or a stream of batches of them, of which one
 *   batch is held at a time. A stream's tensors are disposed as they are read.
 * @param args how many directions, their shape and colours; every option has a default
 * @returns the picture; there is nothing to dispose.
 * @throws SAE_SHAPE or SAE_DATA for invalid codes; SAE_NOT_FINITE for codes or weights that are
 *   NaN; SAE_OPTION for an unknown option or a wrong value.
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
  const checked = checkOptions<PlotDecoderGalleryArgs>(where, PLOT_DECODER_GALLERY_RULES, args);
  const { imageShape: shape, ...drawn } = checked;
  assertDictionary(where, model);
  const about = aboutRows(where, model.outputDim, { imageShape: shape });
  const report = await galleryReport(model, withoutRows(where, codes, model.encodingDim), {
    where,
    about,
    topExamples: 0,
    features: drawn.topN,
  });
  return drawDecoderGallery(report, drawn);
}

async function* withoutRows(where: string, codes: Codes, features: number) {
  for await (const batch of codeBatches(where, codes, features)) yield { codes: batch };
}
