// What parsed JSON may be, where it comes from strangers.

/** Whether it is an object, and no array. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** Whether it is an integer ≥ 0. */
export const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;

/** Whether it is a number, or the null that JSON has for NaN and infinities. */
export const isNumberOrNull = (value: unknown): value is number | null =>
  typeof value === 'number' || value === null;
