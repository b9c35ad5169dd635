// Checks of parsed JSON from untrusted sources.

/** Returns whether it is an object, and not an array. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** Returns whether it is an integer ≥ 0. */
export const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;

/** Returns whether it is a number, or the null that stands for NaN and infinities in JSON. */
export const isNumberOrNull = (value: unknown): value is number | null =>
  typeof value === 'number' || value === null;
