import type { Example, FeatureEntry } from '../analysis/featureReport/report';
import { className } from './featureTag';
import { fixedDigits } from './fixedDigits';
import type { ImageReport } from './image/imageReport';
import { emptyPlace, imageAt, type Size } from './image/place';
import type { Markup } from './svg/element';
import { line, nameLine } from './svg/line';

/** Between two rows. */
export const ROW_GAP = 12;
/** Above an image: its class and activation. */
export const CAPTION = 20;
const GAP = 18;
/** Width of the first column: the feature's number, mean and tag. */
const WORDS = 150;
const NUMBER = { size: 13, fill: '#ffffff' };
const IMAGE_TEXT = { size: 11, fill: '#cccccc' };
const TAG_COLOURS = { mono: '#44cc44', poly: '#ee8833', few: '#999999', dead: '#999999' };
const EMPTY = '#333333';

/** A feature's tag as a picture says it: in words, perhaps around the name of a class. */
export interface TagWords {
  readonly kind: keyof typeof TAG_COLOURS;
  readonly before: string;
  readonly name?: string;
}

/** What all rows of a feature gallery have in common. */
export interface FeatureRowArgs {
  images: ImageReport;
  /** Of an image, and of the square around it. */
  size: Size;
  side: number;
  topImages: number;
  limit: number;
  tag(entry: FeatureEntry): TagWords | null;
}

/** One row of a feature gallery: words, decoder direction, and the images that activate it most. */
export class FeatureRow {
  readonly width: number;

  constructor(private readonly args: FeatureRowArgs) {
    this.width = WORDS + (1 + args.topImages) * (args.side + GAP);
  }

  /** The middle of the decoder's column (0) or of an image's (from 1), from the row's left. */
  middleOf(column: number): number {
    const { side } = this.args;
    return WORDS + column * (side + GAP) + (side + GAP) / 2;
  }

  /** A feature's row, its left upper corner at a place. */
  draw(entry: FeatureEntry, left: number, top: number): Markup[] {
    const { images, size, topImages, limit } = this.args;
    const y = top + CAPTION;
    const xOf = (column: number) => left + this.middleOf(column) - size.width / 2;
    const words = left + WORDS / 2;
    const middle = y + size.height / 2;
    const examples = entry.top.slice(0, topImages).filter(({ activation }) => activation > 0);
    const empty = Array.from({ length: topImages - examples.length }, (_, i) =>
      emptyPlace(xOf(1 + examples.length + i), y, size, EMPTY),
    );
    return [
      line(`F#${entry.feature}`, words, middle - 17, NUMBER),
      line(`mean=${fixedDigits(entry.mean, 3)}`, words, middle, NUMBER),
      ...tagLine(this.args.tag(entry), words, middle + 22),
      imageAt(images.decoder(entry, limit), images.shape, xOf(0), y, size),
      ...examples.flatMap((example, i) => [
        this.caption(example, left + this.middleOf(1 + i), y - 6),
        imageAt(images.image(example), images.shape, xOf(1 + i), y, size),
      ]),
      ...empty,
    ];
  }

  /** An example's class and activation, or its activation alone. */
  private caption({ label, activation }: Example, x: number, y: number): Markup {
    const value = fixedDigits(activation, 2);
    if (label === undefined) return line(value, x, y, IMAGE_TEXT);
    const { images, side } = this.args;
    const name = className(label, images.classNames);
    const room = side + GAP - 4;
    return nameLine({ name, after: ` (${value})`, x, y, room }, IMAGE_TEXT);
  }
}

/** A feature's tag; nothing where rows have no labels. */
function tagLine(tag: TagWords | null, x: number, y: number): Markup[] {
  if (tag === null) return [];
  const { kind, before, name } = tag;
  const style = { size: 12, fill: TAG_COLOURS[kind], bold: true };
  return [
    name === undefined
      ? line(before, x, y, style)
      : nameLine({ before, name, x, y, room: WORDS }, style),
  ];
}
