import { Figure } from '../figure';
import { element, type Markup } from './element';

/** DejaVu Sans is what PNGs are made with; Verdana has its widths. */
const FONTS = "'DejaVu Sans', 'Bitstream Vera Sans', Verdana, Geneva, sans-serif";

/** A picture's frame. */
export interface PictureArgs {
  /** In pixels. */
  width: number;
  height: number;
  title: string;
  /** What is to be seen, for those who cannot. */
  description: string;
  /** Colour behind everything. */
  ground: string;
}

/** A figure of the parts that are given, on a ground. */
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
