/**
 * Formats a number with a fixed number of decimals, like Python's `f"{x:.3f}"`: ties go to the even
 * last digit.
 */
export function fixedDigits(value: number, digits: number): string {
  // Only the odd multiples of 2^-(d+1) lie halfway between two decimals of d digits.
  const halves = value * 2 ** (digits + 1);
  if (!Number.isInteger(halves) || halves % 2 === 0) return value.toFixed(digits);
  const low = Math.floor(value * 10 ** digits);
  return ((low % 2 === 0 ? low : low + 1) / 10 ** digits).toFixed(digits);
}
