import { element, type Markup } from './element';
import { isolated, shownText } from './shownText';
import { textWidth } from './textWidth';

/** How a line of text looks. */
export interface TextStyle {
  /** In pixels. */
  readonly size: number;
  readonly fill: string;
  readonly bold?: boolean;
}

/** One line of our own words, centred at `x`, its baseline at `y`. */
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

/** A line with a stranger's words in its midst, and where it may stand. */
export interface NameLine {
  readonly before?: string;
  readonly name: string;
  readonly after?: string;
  /** The line's centre and its baseline. */
  readonly x: number;
  readonly y: number;
  /** In pixels; what is wider is cut. */
  readonly room: number;
}

/** Letters whose widths are known. */
const MEASURED = /^[ -~]*$/;

/**
 * One line around a name that a stranger has given: cut with an ellipsis to fit, its direction kept
 * to itself, whole in the line's title. Whatever its letters measure, nothing is drawn beyond the
 * room it has.
 */
export function nameLine(
  { before = '', name, after = '', x, y, room }: NameLine,
  style: TextStyle,
): Markup {
  const { size, bold } = style;
  const left = room - textWidth(before + after, size, bold);
  const text = `${before}${isolated(shownText(name, left, size, bold))}${after}`;
  const title = element('title', {}, `${before}${isolated(name)}${after}`);
  // A window costs time where it is drawn; letters that are measured need none.
  if (MEASURED.test(name)) return element('g', {}, title, line(text, x, y, style));
  const baseline = 1.4 * size;
  return element(
    'svg',
    { x: x - room / 2, y: y - baseline, width: room, height: 2 * size },
    title,
    line(text, room / 2, baseline, style),
  );
}
