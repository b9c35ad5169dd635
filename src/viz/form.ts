import { isObject } from '../plainData';

/** A place where a value does not have the expected form. */
export interface Misfit {
  /** The path to it: `.features[3].mean`. */
  readonly path: string;
  /** The expected form, in words. */
  readonly expected: string;
  readonly received: unknown;
}

/** A check of plain JSON; returns undefined if a value fits. */
export type Form = (value: unknown) => Misfit | undefined;

/** The form of a single value. */
export const value =
  (expected: string, accepts: (value: unknown) => boolean): Form =>
  (received) =>
    accepts(received) ? undefined : { path: '', expected, received };

/** A form, or undefined. */
export const maybe =
  (form: Form): Form =>
  (received) =>
    received === undefined ? undefined : form(received);

const within = (step: string, misfit: Misfit): Misfit => ({
  ...misfit,
  path: `${step}${misfit.path}`,
});

/** An array whose elements have a form. */
export const listOf =
  (form: Form): Form =>
  (received) => {
    if (!Array.isArray(received)) return { path: '', expected: 'an array', received };
    for (let i = 0; i < received.length; i++) {
      const misfit = form(received[i]);
      if (misfit) return within(`[${i}]`, misfit);
    }
    return undefined;
  };

/** An object with these fields; others are ignored. */
export function objectOf(fields: Readonly<Record<string, Form>>): Form {
  const forms = Object.entries(fields);
  return (received) => {
    if (!isObject(received)) return { path: '', expected: 'an object', received };
    for (const [name, form] of forms) {
      const misfit = form(received[name]);
      if (misfit) return within(`.${name}`, misfit);
    }
    return undefined;
  };
}

/** An object whose fields, whatever their names, have a form. */
export const recordOf =
  (form: Form): Form =>
  (received) => {
    if (!isObject(received)) return { path: '', expected: 'an object', received };
    for (const name of Object.keys(received)) {
      const misfit = form(received[name]);
      if (misfit) return within(`[${JSON.stringify(name)}]`, misfit);
    }
    return undefined;
  };
