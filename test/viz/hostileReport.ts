import type { FeatureReport } from '../../src/analysis/featureReport/report';
import { handReport } from './handReport';

/** Names that nobody should give a class, and somebody will. */
export const HOSTILE_NAMES = [
  '<img src=x onerror=alert(1)>',
  '</title></svg><script>alert(1)</script>',
  '"><svg onload=alert(1)> &amp; &lt;',
  'שלום עולם',
  '\u202eevil\u2066 \u2067turned',
  '😀🚀 emoji 👩‍👩‍👧 👍🏽',
  'W'.repeat(10_000),
  `z${'\u0301\u0300\u0335'.repeat(300)}algo`,
  'nul \u0000 bell \u0007 half \ud83d of a pair \uffff',
  '',
  'line\nbreak\r\n\tand tab',
  '漢字かな交じり文の長い名前はここで切れる',
  '﷽﷽﷽﷽ 𒐫𒐫 wide',
  `]]> --> {{x}} \${y}`,
  'مرحبا بالعالم العربي الطويل جدا',
] as const;

const HEIGHT = 4;
const WIDTH = 6;
const FEATURES = 9;

/** Small images of those classes; feature 7 fires on one row, feature 8 on none. */
export function hostileReport(): FeatureReport {
  const rows = HOSTILE_NAMES.length;
  const pixels = HEIGHT * WIDTH;
  const value = (a: number, b: number) => ((a * 37 + b * 101 + a * b * 17) % 97) / 97;
  const codes = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: FEATURES }, (_, feature) => {
      if (feature === 8 || (feature === 7 && row !== 6)) return 0;
      // Feature i fires most on rows 2i, 2i + 1, …
      const turn = (row - 2 * feature + 2 * rows) % rows;
      return feature === 7 ? 3 : turn < 5 ? (1 + feature) ** 4 / (1 + turn) : 0;
    }),
  );
  return handReport({
    codes,
    decoder: Array.from({ length: FEATURES }, (_, feature) =>
      Array.from({ length: pixels }, (_, i) => (value(feature, i) - 0.5) * 0.5),
    ),
    images: Array.from({ length: rows }, (_, row) =>
      Array.from({ length: pixels }, (_, i) => Math.floor(value(row + 3, i) * 256)),
    ),
    imageShape: [HEIGHT, WIDTH],
    labels: Array.from({ length: rows }, (_, row) => row),
    classNames: HOSTILE_NAMES,
  });
}
