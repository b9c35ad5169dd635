import { Figure } from '../figure';
import { element, type Markup } from './element';

/** DejaVu Sans is used for PNGs; Verdana has the same widths. */
const FONTS = "'DejaVu Sans', 'Bitstream Vera Sans', Verdana, Geneva, sans-serif";

/** The frame of a picture. */
export interface PictureArgs {
  /** In pixels. */
  width: number;
  height: number;
  title: string;
  /** A description of the picture for people who cannot see it. */
  description: string;
  /** The background colour. */
  ground: string;
}

/** Returns a figure of the given parts, on a background. */
export function picture(
  { width, height, title, description, ground }: PictureArgs,
  ...parts: readonly Markup[]
): Figure {
  const root = element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: 'img',
      'font-family': FONTS,
    },
    element('title', {}, title),
    element('desc', {}, description),
    element('rect', { width, height, fill: ground }),
    ...parts,
  );
  return new Figure({ svg: `${root.source}\n`, width, height, title, ground });
}
