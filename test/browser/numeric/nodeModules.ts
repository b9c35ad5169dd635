/** What Jest's own packages import of Node, as far as they use it in a page. */

/** Of `node:async_hooks`: tests run one after another here, so that nobody asks whose turn it is. */
export class AsyncLocalStorage {
  getStore(): undefined {
    return undefined;
  }

  run<T>(_store: unknown, act: () => T): T {
    return act();
  }
}

/** Of `node:assert`: nothing here throws it. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** Of `node:url`. */
export const fileURLToPath = (url: string): string => new URL(url).pathname;

/** Of `node:util`: a test's title with its values, in order. */
export function format(title: string, ...values: unknown[]): string {
  const rest = [...values];
  const shown = title.replace(/%([sdifjoO%])/g, (place, kind: string) => {
    if (kind === '%') return '%';
    if (rest.length === 0) return place;
    const value = rest.shift();
    if (kind === 'i') return String(Math.trunc(Number(value)));
    return kind === 's' || kind === 'd' || kind === 'f' ? String(value) : JSON.stringify(value);
  });
  return [shown, ...rest.map(String)].join(' ');
}

/** Of `node:util/types`. */
export const isNativeError = (value: unknown): boolean => value instanceof Error;

/** Of `node:module`: no line of a stack is Node's own. */
export const builtinModules: string[] = [];

export default {
  AsyncLocalStorage,
  AssertionError,
  fileURLToPath,
  format,
  isNativeError,
  builtinModules,
};
