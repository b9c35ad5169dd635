import { isObject } from '../plainData';

/** Where a value has another form than it should. */
export interface Misfit {
  /** The way to it: `.features[3].mean`. */
  readonly path: string;
  /** In words. */
  readonly expected: string;
  readonly received: unknown;
}

/** What plain JSON should look like; undefined where a value does. */
export type Form = (value: unknown) => Misfit | undefined;

/** A value by itself. */
export const value =
  (expected: string, accepts: (value: unknown) => boolean): Form =>
  (received) =>
    accepts(received) ? undefined : { path: '', expected, received };

/** Something else, or left out. */
export const maybe =
  (form: Form): Form =>
  (received) =>
    received === undefined ? undefined : form(received);

const within = (step: string, misfit: Misfit): Misfit => ({
  ...misfit,
  path: `${step}${misfit.path}`,
});

/** An array, each part of which has a form. */
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

/** An object with these fields; what else it has is not looked at. */
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

/** An object each of whose fields, whatever its name, has a form. */
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
