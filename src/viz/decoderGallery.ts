import type { FeatureEntry, FeatureReport } from '../analysis/featureReport/report';
import { checkOptions, positive, positiveInteger, type Rules } from '../options';
import type { Figure } from './figure';
import { fixedDigits } from './fixedDigits';
import { colourKey, KEY } from './image/colourKey';
import { ImageReport } from './image/imageReport';
import { fitted, imageAt } from './image/place';
import { LIMIT } from './image/tile';
import type { Markup } from './svg/element';
import { emptyPicture } from './svg/emptyPicture';
import { line } from './svg/line';
import { picture } from './svg/picture';
import { textWidth } from './svg/textWidth';

/** Options of {@link drawDecoderGallery}. */
export interface DecoderGalleryArgs {
  /** Features to show; 10 by default. */
  topN?: number;
  /** The weight shown as darkest red; its negative is darkest blue; 0.15 by default. */
  limit?: number;
  /** The most features side by side; 10 by default. */
  columns?: number;
}

export const TOP_DIRECTIONS = 10;
export const DECODER_GALLERY_RULES: Rules<DecoderGalleryArgs> = {
  topN: positiveInteger(TOP_DIRECTIONS),
  limit: positive(LIMIT),
  columns: positiveInteger(10),
};

const SIDE = 112;
const GAP = 16;
const MARGIN = 24;
/** The height of the two lines above each tile: the feature's number and its mean. */
const CAPTION = 34;
const HEADER = 52;
const GROUND = '#ffffff';
const TITLE = { size: 18, fill: '#000000' };
const NUMBER = { size: 12, fill: '#000000' };
const KEY_TEXT = { size: 11, fill: '#5f6b7a' };

/**
 * Draws the decoder directions of the most active features as images: `plot_decoder_gallery` of
 * Python's gated-sae-tf. Features are ranked by mean activation; those that never fire are left
 * out.
 *
 * @param report a report on images, made by {@link featureReport}
 * @param args how many directions, and their colours; every option has a default
 * @returns the picture; there is nothing to dispose.
 * @throws SAE_DATA for a report on rows other than images; SAE_OPTION for an unknown option or a
 *   wrong value.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { drawDecoderGallery, featureReport, GatedSAE } from 'gated-sae-tfjs';
 * const sae = new GatedSAE({ inputDim: 16, encodingDim: 64 });
 * const report = await featureReport(sae, tf.randomUniform([100, 16]), { imageShape: [4, 4] });
 * console.log(drawDecoderGallery(report, { topN: 5 }).toSVG().length);
 * ```
 */
export function drawDecoderGallery(report: FeatureReport, args: DecoderGalleryArgs = {}): Figure {
  const checked = checkOptions('drawDecoderGallery', DECODER_GALLERY_RULES, args);
  const { topN, limit } = checked;
  const images = new ImageReport('drawDecoderGallery', report);
  const shown = images.byMean().slice(0, topN);
  const { shape } = images;
  const scale = shape.length === 2 ? 'RdBu' : 'RGB';
  const title = `Top ${shown.length || topN} Decoder Directions (${scale}, fixed scale)`;
  if (shown.length === 0) {
    const styles = { titleStyle: TITLE, reasonStyle: NUMBER, ground: GROUND };
    return emptyPicture({ title, reason: images.emptiness, ...styles });
  }

  const columns = Math.min(checked.columns, shown.length);
  const size = fitted(shape, SIDE);
  const rowHeight = CAPTION + size.height + GAP;
  const tiles = columns * (SIDE + GAP) - GAP;
  const inside = Math.max(tiles, textWidth(title, TITLE.size), KEY.width);
  const width = Math.ceil(inside) + 2 * MARGIN;
  const rows = Math.ceil(shown.length / columns);
  const height = Math.ceil(HEADER + rows * rowHeight + KEY.height + MARGIN);

  const tile = (entry: FeatureEntry, i: number): Markup[] => {
    const x = (width - tiles) / 2 + (i % columns) * (SIDE + GAP);
    const y = HEADER + Math.floor(i / columns) * rowHeight;
    const middle = x + SIDE / 2;
    return [
      line(`F#${entry.feature}`, middle, y + 12, NUMBER),
      line(fixedDigits(entry.mean, 3), middle, y + 27, NUMBER),
      imageAt(images.decoder(entry, limit), shape, middle - size.width / 2, y + CAPTION, size),
    ];
  };
  return picture(
    { width, height, title, ground: GROUND, description: describe(shown) },
    line(title, width / 2, 32, TITLE),
    ...shown.flatMap(tile),
    ...colourKey(shape, limit, width / 2, height - MARGIN - KEY.height, KEY_TEXT),
  );
}

const describe = (shown: readonly FeatureEntry[]) =>
  `Decoder directions, by mean activation: ${shown
    .map(({ feature, mean }) => `feature ${feature}, ${fixedDigits(mean, 3)}`)
    .join('; ')}.`;
