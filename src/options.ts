import { unknownOption, wrongOption } from './errors';
import { nearest } from './optionNames';

/**
 * The values that one option accepts.
 *
 * @typeParam T the type of the option's value
 */
export interface Rule<T> {
  /** The accepted values in words, for the error message: "a positive integer". */
  readonly expected: string;
  /**
   * Returns whether the option accepts a value.
   *
   * @param value the value that was given
   */
  readonly accepts: (value: unknown) => boolean;
  /** The default. An option without one must be given. */
  readonly fallback?: T;
  /**
   * What to do about a wrong value, for the error message; by default, to give what is expected.
   */
  readonly advice?: string;
  /** The accepted words, for an option that takes words. */
  readonly words?: readonly string[];
  /** Whether `setOption` may change the value during training; false by default. */
  readonly changeable?: boolean;
}

/**
 * One rule per option.
 *
 * @typeParam T the options' interface
 */
export type Rules<T> = { readonly [K in keyof Required<T>]: Rule<T[K]> };

/** Rules by option name, where the names do not matter. */
export type AnyRules = {
  /** The rule of the option with this name. */
  readonly [option: string]: Rule<unknown>;
};

const isNumber = (value: unknown): value is number => typeof value === 'number';

/* @__NO_SIDE_EFFECTS__ */
function rule<T>(expected: string, accepts: (value: unknown) => boolean, ...given: [T?]): Rule<T> {
  return given.length === 0
    ? { expected, accepts }
    : { expected, accepts, fallback: given[0] as T };
}

/** Returns whether a number is finite in float32, the type it is used in. */
const isFinite32 = (value: unknown): value is number =>
  isNumber(value) && Number.isFinite(Math.fround(value));

/** An integer of at least 1. */
export const positiveInteger = /* @__NO_SIDE_EFFECTS__ */ (...fallback: [number?]): Rule<number> =>
  rule('a positive integer', (v) => Number.isSafeInteger(v) && (v as number) > 0, ...fallback);

/** A finite number of at least 0. */
export const nonNegative = /* @__NO_SIDE_EFFECTS__ */ (...fallback: [number?]): Rule<number> =>
  rule('a finite number ≥ 0', (v) => isFinite32(v) && v >= 0, ...fallback);

/** A finite number above 0. */
export const positive = /* @__NO_SIDE_EFFECTS__ */ (...fallback: [number?]): Rule<number> =>
  rule('a finite number > 0', (v) => isFinite32(v) && v > 0, ...fallback);

/** A finite number above 0, or null for none. */
export const positiveOrNull = /* @__NO_SIDE_EFFECTS__ */ (
  ...fallback: [(number | null)?]
): Rule<number | null> =>
  rule(
    'a finite number > 0, or null for none',
    (v) => v === null || (isFinite32(v) && v > 0),
    ...fallback,
  );

/** A number in [0, 1). */
export const decayRate = /* @__NO_SIDE_EFFECTS__ */ (...fallback: [number?]): Rule<number> =>
  rule('a number in [0, 1)', (v) => isNumber(v) && v >= 0 && v < 1, ...fallback);

/** One of a few words. */
export const oneOf = /* @__NO_SIDE_EFFECTS__ */ <T extends string>(
  words: readonly T[],
  ...fallback: [NoInfer<T>?]
): Rule<T> => ({
  ...rule(
    `one of ${words.map((w) => `"${w}"`).join(', ')}`,
    (v) => words.includes(v as T),
    ...fallback,
  ),
  words,
});

/** Makes another rule's option one that may be left out. */
export const optional = /* @__NO_SIDE_EFFECTS__ */ <T>({
  expected,
  accepts,
  words,
}: Rule<T>): Rule<T | undefined> => ({
  ...rule<T | undefined>(expected, accepts, undefined),
  ...(words && { words }),
});

/** Makes another rule's option one that may change at any step: see `setOption`. */
export const changeable = /* @__NO_SIDE_EFFECTS__ */ <T>(rule: Rule<T>): Rule<T> => ({
  ...rule,
  changeable: true,
});

/** True or false. */
export const flag = /* @__NO_SIDE_EFFECTS__ */ (...fallback: [boolean?]): Rule<boolean> =>
  rule('true or false', (v) => typeof v === 'boolean', ...fallback);

/** A number that is finite. */
export const finite: Rule<number> = rule('a finite number', isFinite32);

/** An integer of at least 0. */
export const wholeOr0 = /* @__NO_SIDE_EFFECTS__ */ (...fallback: [number?]): Rule<number> =>
  rule('an integer ≥ 0', (v) => Number.isSafeInteger(v) && (v as number) >= 0, ...fallback);

/** A seed: one of the values that the generators distinguish. */
export const seedRule: Rule<number | undefined> = rule(
  `an integer from 0 to ${2 ** 32 - 1}`,
  (v) => Number.isSafeInteger(v) && (v as number) >= 0 && (v as number) < 2 ** 32,
  undefined,
);

/** A list of distinct integers of at least 0, described in the caller's words. */
export const distinctNumbers = /* @__NO_SIDE_EFFECTS__ */ (
  expected: string,
): Rule<readonly number[]> => ({
  expected,
  accepts: (v) =>
    Array.isArray(v) &&
    v.length > 0 &&
    v.every((one) => Number.isSafeInteger(one) && one >= 0) &&
    new Set(v).size === v.length,
});

/** An integer. */
export const integer: Rule<number> = rule('an integer', Number.isSafeInteger);

/** A text. */
export const text: Rule<string> = rule('a text', (v) => typeof v === 'string');

/** A function. */
export const aFunction = /* @__NO_SIDE_EFFECTS__ */ <F>(): Rule<F> =>
  rule('a function', (v) => typeof v === 'function');

/** The shape of grey or coloured images. */
export const imageShape: Rule<readonly [number, number] | readonly [number, number, 3]> = rule(
  '[height, width] or [height, width, 3]',
  (v) =>
    Array.isArray(v) &&
    v.every((side) => Number.isSafeInteger(side) && side > 0) &&
    (v.length === 2 || (v.length === 3 && v[2] === 3)),
);

/**
 * The most places of a feature map: more would not make a readable picture, and takes memory for
 * each example.
 */
const MOST_PLACES = 2 ** 16;

/** The shape of a feature map. */
export const mapShape: Rule<readonly [number, number]> = rule(
  `[height, width] of at most ${MOST_PLACES} places`,
  (v) =>
    Array.isArray(v) &&
    v.length === 2 &&
    v.every((side) => Number.isSafeInteger(side) && side > 0) &&
    v[0] * v[1] <= MOST_PLACES,
);

/** What tfjs accepts as part of a weight's name. */
export const tensorName: Rule<string> = rule(
  'a name of letters, digits and . _ - that starts with a letter or digit',
  (v) => typeof v === 'string' && /^[A-Za-z0-9][-A-Za-z0-9._]*$/.test(v),
);

/**
 * Returns the given options with the defaults filled in.
 *
 * @param where whose options they are, for the error
 * @param alsoKnown options that other code checks; they are passed through unchanged
 * @throws SAE_OPTION for an unknown option, a missing one, or a wrong value.
 */
export function checkOptions<T extends object>(
  where: string,
  rules: Rules<T> | AnyRules,
  given: unknown,
  alsoKnown: readonly string[] = [],
): Required<T> {
  if (given === null || typeof given !== 'object' || Array.isArray(given)) {
    throw wrongOption(where, 'an object of options', given, 'Give them as {name: value, …}.');
  }
  const values = given as Record<string, unknown>;
  const known = [...Object.keys(rules), ...alsoKnown];
  for (const name of Object.keys(values)) {
    if (!known.includes(name)) throw unknownOption(where, name, known);
  }
  const checked: Record<string, unknown> = {};
  for (const [name, rule] of Object.entries<Rule<unknown>>(rules as AnyRules)) {
    checked[name] = checkOption(where, name, rule, values[name]);
  }
  return checked as Required<T>;
}

/**
 * Returns a copy of the options with one value changed, which counts from the next step on.
 *
 * @param where whose options they are, for the error
 * @param options the current options; they are not changed
 * @throws SAE_OPTION for an unknown option, one that cannot be changed, or a wrong value.
 */
export function withOption<T extends object>(
  where: string,
  rules: Rules<T>,
  options: Required<T>,
  name: string,
  value: unknown,
): Required<T> {
  const own = Object.entries<Rule<unknown>>(rules as AnyRules);
  const known = own.flatMap(([one, rule]) => (rule.changeable ? [one] : []));
  const rule = known.includes(name) ? (rules as AnyRules)[name] : undefined;
  if (rule === undefined) {
    const isFixed = own.some(([one]) => one === name);
    if (typeof name === 'string' && !isFixed) throw unknownOption(where, name, known);
    const expected = known.length > 0 ? `one of ${known.join(', ')}` : 'no option: none changes';
    const advice = isFixed ? `Make a new dictionary with another ${name}.` : undefined;
    throw wrongOption(`${where}.setOption`, expected, name, advice);
  }
  // A default applies only to an option that was never given.
  const { fallback: _, ...given } = rule;
  return { ...options, [name]: checkOption(where, name, given, value) };
}

/** Returns the value of one option, or its default. */
function checkOption<T>(where: string, name: string, rule: Rule<T>, value: unknown): T {
  if (value === undefined && 'fallback' in rule) return rule.fallback as T;
  if (!rule.accepts(value)) {
    throw wrongOption(`${where}.${name}`, rule.expected, value, adviceOn(name, rule, value));
  }
  return value as T;
}

/** Says what to do about a value that a rule does not accept. */
function adviceOn(name: string, rule: Rule<unknown>, value: unknown): string {
  if (value === undefined) return `Give ${name}, for which there is no default.`;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
  if (rule.accepts(number)) return `Give the number ${number} rather than a text.`;
  if (rule.advice !== undefined) return rule.advice;
  const near = typeof value === 'string' && rule.words && nearest(value, rule.words);
  if (near) return `Did you mean "${near}"?`;
  if (!('fallback' in rule)) return `Give ${rule.expected}.`;
  const { fallback } = rule;
  const preset = fallback === undefined ? '' : `, for ${JSON.stringify(fallback)}`;
  return `Give ${rule.expected}, or leave ${name} out${preset}.`;
}
