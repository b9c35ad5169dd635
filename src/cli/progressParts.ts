import { duration } from './wording';

/** Where the output goes to a file or a CI log, a line comes so often. */
export const LINE_EVERY_MS = 5000;

/** What shows progress now; stopped before anything else is printed. */
export interface Shown {
  progress?: { stop(): void };
}

/** How bars look. */
export const BAR = { barsize: 24, barCompleteChar: '█', barIncompleteChar: '░' };

/**
 * Says how much comes in a second, from now on.
 *
 * @param before how much had come before
 */
export function rate(before: number): (done: number) => number {
  const start = performance.now();
  return (done) => (1000 * (done - before)) / (performance.now() - start);
}

/**
 * Says how long work still takes, from now on.
 *
 * @param all how much there is to do
 * @param before how much of it was done before
 */
export function timeLeft(all: number, before = 0): (done: number) => string {
  const start = performance.now();
  return (done) => {
    const seconds = (performance.now() - start) / 1000;
    return `${duration((seconds / (done - before)) * (all - done))} left`;
  };
}
