import { element, type Markup } from './element';
import { isolated, shownText } from './shownText';
import { textWidth } from './textWidth';

/** The style of a line of text. */
export interface TextStyle {
  /** In pixels. */
  readonly size: number;
  readonly fill: string;
  readonly bold?: boolean;
}

/** Draws one line of trusted text, centred at `x`, with its baseline at `y`. */
export function line(
  text: string,
  x: number,
  y: number,
  { size, fill, bold }: TextStyle,
  anchor: 'start' | 'middle' | 'end' = 'middle',
): Markup {
  const attributes = {
    x,
    y,
    'font-size': size,
    fill,
    'font-weight': bold ? 'bold' : undefined,
    'text-anchor': anchor === 'start' ? undefined : anchor,
  };
  return element('text', attributes, text);
}

/** A line with untrusted text in it, and its place. */
export interface NameLine {
  readonly before?: string;
  readonly name: string;
  readonly after?: string;
  /** The line's centre and its baseline. */
  readonly x: number;
  readonly y: number;
  /** The available width in pixels; longer text is cut. */
  readonly room: number;
}

/** Characters with known widths. */
const MEASURED = /^[ -~]*$/;

/**
 * Draws one line around an untrusted name: cut with an ellipsis to fit, with its text direction
 * isolated, and complete in the line's title. Nothing is drawn outside its room, whatever the width
 * of its characters.
 */
export function nameLine(
  { before = '', name, after = '', x, y, room }: NameLine,
  style: TextStyle,
): Markup {
  const { size, bold } = style;
  const left = room - textWidth(before + after, size, bold);
  const text = `${before}${isolated(shownText(name, left, size, bold))}${after}`;
  const title = element('title', {}, `${before}${isolated(name)}${after}`);
  // A clipping window slows down drawing; characters with known widths need none.
  if (MEASURED.test(name)) return element('g', {}, title, line(text, x, y, style));
  const baseline = 1.4 * size;
  return element(
    'svg',
    { x: x - room / 2, y: y - baseline, width: room, height: 2 * size },
    title,
    line(text, room / 2, baseline, style),
  );
}
