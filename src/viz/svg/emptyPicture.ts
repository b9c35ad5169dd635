import type { Figure } from '../figure';
import { line, type TextStyle } from './line';
import { picture } from './picture';
import { textWidth } from './textWidth';

/** An empty picture, and the reason. */
export interface EmptyPictureArgs {
  title: string;
  titleStyle: TextStyle;
  reason: string;
  reasonStyle: TextStyle;
  ground: string;
}

const MARGIN = 24;

/** Draws a title, and the reason why there is no picture. */
export function emptyPicture(args: EmptyPictureArgs): Figure {
  const { title, titleStyle, reason, reasonStyle, ground } = args;
  const widths = [textWidth(title, titleStyle.size), textWidth(reason, reasonStyle.size)];
  const width = Math.ceil(Math.max(...widths)) + 2 * MARGIN;
  return picture(
    { width, height: 120, title, description: reason, ground },
    line(title, width / 2, 36, titleStyle),
    line(reason, width / 2, 80, reasonStyle),
  );
}
