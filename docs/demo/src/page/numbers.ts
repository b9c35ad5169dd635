export { duration } from '../../../../src/cli/wording';

/** Three digits that count, without an exponent where that is short. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString('en');
  if (size !== 0 && size < 0.001) return value.toExponential(1);
  return String(Number(value.toPrecision(3)));
}

/** A share in percent, with one decimal; the sign stays on its line. */
export const percent = (share: number) => `${(100 * share).toFixed(1)}\u00a0%`;
