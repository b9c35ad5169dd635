import type { Example, FeatureEntry } from '../analysis/featureReport/report';
import { className } from './featureTag';
import { fixedDigits } from './fixedDigits';
import { cellOf, greyOf } from './image/heatMap';
import type { ImageReport } from './image/imageReport';
import { emptyPlace, frameAt, imageAt, type Size } from './image/place';
import type { Markup } from './svg/element';
import { line, nameLine } from './svg/line';

/** The gap between two rows. */
export const ROW_GAP = 12;
/** The height above an image, for its class and activation. */
export const CAPTION = 20;
const GAP = 18;
/** Width of the first column: the feature's number, mean and tag. */
const WORDS = 150;
const NUMBER = { size: 13, fill: '#ffffff' };
const IMAGE_TEXT = { size: 11, fill: '#cccccc' };
const TAG_COLOURS = { mono: '#44cc44', poly: '#ee8833', few: '#999999', dead: '#999999' };
const EMPTY = '#333333';
const FRAME = '#5cd6ff';
/** The gap between an image and the map of where the feature fires on it. */
const HEAT_GAP = 4;

/** A feature's tag as text, possibly around the name of a class. */
export interface TagWords {
  readonly kind: keyof typeof TAG_COLOURS;
  readonly before: string;
  readonly name?: string;
}

/** What all rows of a feature gallery share. */
export interface FeatureRowArgs {
  images: ImageReport;
  /** The size of an image, and of the square around it. */
  size: Size;
  side: number;
  topImages: number;
  limit: number;
  tag(entry: FeatureEntry): TagWords | null;
}

/**
 * One row of a feature gallery: text, the decoder direction if rows are images, and the images that
 * activate the feature most, each with a map below of where it fires, if known.
 */
export class FeatureRow {
  readonly width: number;
  /** The height of its pictures and their captions. */
  readonly height: number;
  /** The column of the first image. */
  private readonly firstImage: number;

  constructor(private readonly args: FeatureRowArgs) {
    const { images, topImages, side, size } = args;
    this.firstImage = images.hasDirections ? 1 : 0;
    this.width = WORDS + (this.firstImage + topImages) * (side + GAP);
    const map = images.mapShape === undefined ? 0 : HEAT_GAP + size.height;
    this.height = CAPTION + size.height + map;
  }

  /** The middle of the decoder's column, from the row's left; undefined if there is none. */
  get decoderMiddle(): number | undefined {
    return this.firstImage === 1 ? this.middleOf(0) : undefined;
  }

  /** Returns the middle of an image's column, from 0 on, from the row's left. */
  imageMiddle(image: number): number {
    return this.middleOf(this.firstImage + image);
  }

  /** Draws a feature's row, with its upper left corner at a place. */
  draw(entry: FeatureEntry, left: number, top: number): Markup[] {
    const { images, size, topImages, limit } = this.args;
    const y = top + CAPTION;
    const xOf = (middle: number) => left + middle - size.width / 2;
    const xOfImage = (i: number) => xOf(this.imageMiddle(i));
    const { decoderMiddle } = this;
    const words = left + WORDS / 2;
    const middle = y + (this.height - CAPTION) / 2;
    const examples = entry.top.slice(0, topImages).filter(({ activation }) => activation > 0);
    const empty = Array.from({ length: topImages - examples.length }, (_, i) =>
      emptyPlace(xOfImage(examples.length + i), y, size, EMPTY),
    );
    return [
      line(`F#${entry.feature}`, words, middle - 17, NUMBER),
      line(`mean=${fixedDigits(entry.mean, 3)}`, words, middle, NUMBER),
      ...tagLine(this.args.tag(entry), words, middle + 22),
      ...(decoderMiddle === undefined
        ? []
        : [imageAt(images.decoder(entry, limit), images.shape, xOf(decoderMiddle), y, size)]),
      ...examples.flatMap((example, i) => [
        this.caption(example, left + this.imageMiddle(i), y - 6),
        imageAt(images.image(example), images.shape, xOfImage(i), y, size),
        ...this.heat(entry, example, xOfImage(i), y + size.height + HEAT_GAP),
      ]),
      ...empty,
    ];
  }

  /**
   * Draws an example's image again, overlaid with where the feature fires on it, with the strongest
   * place framed.
   */
  private heat(entry: FeatureEntry, example: Example, x: number, y: number): Markup[] {
    const { images, size } = this.args;
    const { mapShape, shape } = images;
    const heat = images.heat(entry, example);
    if (mapShape === undefined || heat === undefined) return [];
    const cell = cellOf(mapShape, example.position ?? 0, size);
    return [
      imageAt(greyOf(images.image(example)), shape, x, y, size),
      imageAt(heat, mapShape, x, y, size),
      frameAt({ ...cell, x: x + cell.x, y: y + cell.y }, FRAME),
    ];
  }

  private middleOf(column: number): number {
    const { side } = this.args;
    return WORDS + column * (side + GAP) + (side + GAP) / 2;
  }

  /** Draws an example's class and activation, or only its activation. */
  private caption({ label, activation }: Example, x: number, y: number): Markup {
    const value = fixedDigits(activation, 2);
    if (label === undefined) return line(value, x, y, IMAGE_TEXT);
    const { images, side } = this.args;
    const name = className(label, images.classNames);
    const room = side + GAP - 4;
    return nameLine({ name, after: ` (${value})`, x, y, room }, IMAGE_TEXT);
  }
}

/** Draws a feature's tag; nothing if rows have no labels. */
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
