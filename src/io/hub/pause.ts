/** Waits, unless the signal is aborted first: then it throws what that says. */
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

/** How long is waited before the second attempt; twice as long before each that follows. */
const FIRST_MS = 250;
/** How often a request is made before it is given up: with the waits in between, some 16 seconds. */
export const MOST_ATTEMPTS = 7;

/** The wait after so many failed attempts, from 1. */
export const waitAfter = (attempts: number): number => FIRST_MS * 2 ** (attempts - 1);
