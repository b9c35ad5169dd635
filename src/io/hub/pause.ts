/** Waits, unless the signal is aborted first: then it throws the signal's reason. */
export function pause(ms: number, signal?: AbortSignal | null): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/** The wait before the second attempt; it doubles before each further one. */
const FIRST_MS = 250;
/** The most attempts of a request: with the waits in between, some 16 seconds. */
export const MOST_ATTEMPTS = 7;

/** Returns the wait after a number of failed attempts, from 1. */
export const waitAfter = (attempts: number): number => FIRST_MS * 2 ** (attempts - 1);
