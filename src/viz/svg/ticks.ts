/** Returns about five round numbers from `low` to `high`. */
export function linearTicks(low: number, high: number): number[] {
  if (low === high) return [low];
  const rough = (high - low) / 5;
  const decade = 10 ** Math.floor(Math.log10(rough));
  const step = decade * ([1, 2, 5].find((digit) => digit * decade >= rough) ?? 10);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step);
}

/** Returns powers of ten in the range, with their halves and fifths if there are few. */
export function logTicks(low: number, high: number): number[] {
  const decades = Math.log10(high / low);
  const digits = decades < 2.5 ? [1, 2, 5] : [1];
  const powers = Array.from(
    { length: Math.ceil(decades) + 2 },
    (_, i) => 10 ** (Math.floor(Math.log10(low)) + i),
  );
  const ticks = powers.flatMap((power) => digits.map((digit) => digit * power));
  return ticks.filter((tick) => tick >= low && tick <= high);
}

/** Formats a tick without rounding errors: 0.3 for 0.30000000000000004. */
export const tickText = (value: number): string => String(Number(value.toPrecision(3)));

const MOST_DIGITS = 15;

/** Formats ticks, with as many digits as are needed to distinguish them. */
export function tickTexts(ticks: readonly number[]): string[] {
  for (let digits = 3; digits < MOST_DIGITS; digits++) {
    const texts = ticks.map((tick) => String(Number(tick.toPrecision(digits))));
    if (new Set(texts).size === texts.length) return texts;
  }
  return ticks.map(String);
}
