/** Advance widths of DejaVu Sans in thousandths of its size: space to tilde. */
const WIDTHS = [
  318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636,
  636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632,
  575, 775, 752, 295, 295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685,
  611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579,
  278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
];
/** The factor of bold letters. */
const BOLD = 1.13;
/**
 * The width of other letters, up to Arabic and similar scripts; and of Chinese, emoji and
 * everything beyond.
 */
const LETTER = 700;
const WIDE = 1050;
const FIRST_WIDE = 0x1100;
/** Marks on the letter before them, and invisible characters. */
const NO_WIDTH = /[\p{M}\p{Cf}]/u;

/** Returns the width of one line of text in DejaVu Sans, in pixels; an estimate outside ASCII. */
export function textWidth(text: string, size: number, bold = false): number {
  let width = 0;
  for (const letter of text) {
    const code = letter.codePointAt(0) as number;
    width += WIDTHS[code - 32] ?? otherWidth(letter, code);
  }
  return (width / 1000) * size * (bold ? BOLD : 1);
}

function otherWidth(letter: string, code: number): number {
  if (NO_WIDTH.test(letter)) return 0;
  return code < FIRST_WIDE ? LETTER : WIDE;
}
