/** Seconds from one survey to the next, at least and at most. */
const SHORTEST = 1;
const LONGEST = 8;
/** The part of training's time that surveys may take. */
const SHARE = 0.15;

/** When it is time to look at the dictionary again: seldom enough not to slow training down. */
export class SurveyTimes {
  private last = Number.NEGATIVE_INFINITY;
  private took = 0;

  get due(): boolean {
    const seconds = (performance.now() - this.last) / 1000;
    return seconds >= Math.min(LONGEST, Math.max(SHORTEST, this.took / SHARE));
  }

  /** Takes a survey, and notes how long it took. */
  async take<T>(survey: () => Promise<T>): Promise<T> {
    const start = performance.now();
    const result = await survey();
    this.last = performance.now();
    this.took = (this.last - start) / 1000;
    return result;
  }
}
