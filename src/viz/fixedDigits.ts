/**
 * A number with so many decimals, as Python's `f"{x:.3f}"` writes it: of two that are equally near,
 * the one with the even last digit.
 */
export function fixedDigits(value: number, digits: number): string {
  // Half way between two decimals of d digits lie just the odd multiples of 2^-(d+1).
  const halves = value * 2 ** (digits + 1);
  if (!Number.isInteger(halves) || halves % 2 === 0) return value.toFixed(digits);
  const low = Math.floor(value * 10 ** digits);
  return ((low % 2 === 0 ? low : low + 1) / 10 ** digits).toFixed(digits);
}
