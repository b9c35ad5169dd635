import type { FeatureReport } from '../../analysis/featureReport/report';
import { missing, wrongOption } from '../../errors';
import { drawDecoderGallery, TOP_DIRECTIONS } from '../../viz/decoderGallery';
import { drawFeatureGallery, TOP_FEATURES } from '../../viz/featureGallery';
import { TOP_IMAGES } from '../../viz/featureTag';
import type { Figure } from '../../viz/figure';
import type { ReportNeeds } from '../data/report';
import { count, some } from '../wording';
import type { Drawing } from './drawing';

/** What the gallery should show. */
export interface GalleryArgs {
  decoder?: boolean;
  topFeatures?: number;
  topImages?: number;
  features?: readonly number[];
  limit?: number;
  scale?: number;
}

/** Possible file names of a gallery. */
export const FORMS = /\.(png|svg|html)$/i;
/** Pixels of a .png per pixel of the picture: sharp on current screens. */
export const PNG_SCALE = 2;

/** Returns what it needs of a report: nothing that only dashboards show. */
export function galleryNeeds({
  decoder,
  features,
  topImages = TOP_IMAGES,
}: GalleryArgs): ReportNeeds {
  return {
    args: {
      topExamples: decoder ? 0 : Math.max(topImages, TOP_IMAGES),
      intervalExamples: 0,
      neighbours: 0,
    },
    check: (all, { imageShape }) => {
      if (!imageShape) {
        const advice = 'Give it, as 28x28, or draw a dashboard, which shows other rows as well.';
        throw missing('gallery', 'the shape of the images, --image-shape', advice);
      }
      const wrong = features?.find((feature) => feature >= all);
      if (wrong !== undefined) {
        const advice = 'Features are counted from 0: choose among those that the model has.';
        throw wrongOption('--features', `numbers below ${all}`, wrong, advice);
      }
    },
  };
}

/** Draws the gallery in the format given by the file's name. */
export function galleryFrom(args: GalleryArgs, out: string): Drawing['draw'] {
  return async (report) => {
    const figure = gallery(report, args);
    const { model, data, features } = report;
    const alive = features.filter(({ density }) => density > 0).length;
    const { topFeatures = args.decoder ? TOP_DIRECTIONS : TOP_FEATURES } = args;
    const shown = args.features?.length ?? Math.min(topFeatures, alive);
    const over = `${count(shown)} of ${some(model.features, 'feature')}, over ${some(data.rows, 'row')}`;
    if (/\.png$/i.test(out)) {
      const content = await figure.toPNG({ scale: args.scale ?? PNG_SCALE });
      return { content, told: `${over}. Any viewer of pictures shows it.` };
    }
    const content = /\.svg$/i.test(out) ? figure.toSVG() : figure.toHTML();
    return { content, told: `${over}. A browser shows it.` };
  };
}

function gallery(report: FeatureReport, args: GalleryArgs): Figure {
  const { decoder, topFeatures, topImages, features, limit } = args;
  if (decoder) return drawDecoderGallery(report, { topN: topFeatures, limit });
  return drawFeatureGallery(report, {
    topFeatures: features?.length ?? topFeatures,
    topImages,
    featureIdx: features,
    limit,
  });
}
