import { duration } from './wording';

/** Where the output goes to a file or a CI log, a line comes so often. */
export const LINE_EVERY_MS = 5000;

/** How bars look. */
export const BAR = { barsize: 24, barCompleteChar: '█', barIncompleteChar: '░' };

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
