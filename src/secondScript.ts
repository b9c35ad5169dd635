import { missing } from './errors';

/** The script that is running while this file is loaded: the tag that loaded the bundle. */
const tag =
  typeof document === 'undefined' ? null : (document.currentScript as HTMLScriptElement | null);

/** A worker has no tags, but this. */
const importInWorker = (globalThis as { importScripts?(address: string): void }).importScripts;

/**
 * The address of the first file that an error's stack names, in whatever browser: of the script that
 * has made the error.
 */
export const addressIn = (stack = ''): string | undefined =>
  /(?:https?|file):\S+?(?=:\d+:\d+)/.exec(stack)?.[0];

const own = tag?.src || (importInWorker && addressIn(new Error().stack));

/**
 * Returns the address of a second script, which is beside the first.
 *
 * @param file the file's name
 */
export function secondScript(address: string, file: string): string {
  // jsDelivr and unpkg serve the bundle at the package's own address, which is not that of a file.
  const { pathname } = new URL(address);
  const path = pathname.endsWith('.js') ? file : `${pathname.replace(/\/$/, '')}/dist/${file}`;
  return new URL(path, address).href;
}

/**
 * Returns a function that loads a second script once, when it is first needed: for the script-tag
 * bundle, which is a single file.
 *
 * @param where who needs it, for the error
 * @param file the file's name
 * @param global the global name under which the script stores its exports
 * @returns a function that throws SAE_MISSING if the script cannot be loaded.
 */
export function scriptLoader<T>(where: string, file: string, global: string): () => Promise<T> {
  const notHere = () => missing(where, `the script ${file}`, 'Load it before, by its own tag.');
  const loaded = () => (globalThis as Record<string, unknown>)[global] as T | undefined;
  let loading: Promise<void> | undefined;
  const add = async (): Promise<void> => {
    if (!own) throw notHere();
    const address = secondScript(own, file);
    if (!tag) return importInWorker?.(address);
    const script = document.createElement('script');
    script.src = address;
    if (tag.nonce) script.nonce = tag.nonce;
    script.crossOrigin = tag.crossOrigin;
    await new Promise((resolve, reject) => {
      script.onload = resolve;
      script.onerror = reject;
      document.head.append(script);
    });
  };
  return async () => {
    if (loaded() === undefined) {
      loading ??= add().catch(() => {
        loading = undefined;
        throw notHere();
      });
      await loading;
    }
    const found = loaded();
    if (found === undefined) throw notHere();
    return found;
  };
}
