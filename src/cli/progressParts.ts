import { duration } from './wording';

/** The interval between lines, if the output goes to a file or a CI log. */
export const LINE_EVERY_MS = 5000;

/** The progress that is currently shown; it is stopped before anything else is printed. */
export interface Shown {
  progress?: { stop(): void };
}

/** The look of progress bars. */
export const BAR = { barsize: 24, barCompleteChar: '█', barIncompleteChar: '░' };

/**
 * Returns a function that formats how much is done per second, from now on.
 *
 * @param before how much was done before
 */
export function rate(before: number): (done: number) => number {
  const start = performance.now();
  return (done) => (1000 * (done - before)) / (performance.now() - start);
}

/**
 * Returns a function that formats the remaining time, from now on.
 *
 * @param all the total amount
 * @param before how much of it was done before
 */
export function timeLeft(all: number, before = 0): (done: number) => string {
  const start = performance.now();
  return (done) => {
    const seconds = (performance.now() - start) / 1000;
    return `${duration((seconds / (done - before)) * (all - done))} left`;
  };
}
