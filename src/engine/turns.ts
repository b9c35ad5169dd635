/**
 * Runs asynchronous work one at a time, in the order of the calls; at once if nothing is running.
 */
export class Turns {
  private last: Promise<unknown> | undefined;

  take<T>(act: () => Promise<T>): Promise<T> {
    const result = this.last?.then(act) ?? act();
    const ended: Promise<unknown> = result.then(
      () => this.end(ended),
      () => this.end(ended),
    );
    this.last = ended;
    return result;
  }

  /** Resolves when nothing is running; undefined if nothing is. */
  get ended(): Promise<unknown> | undefined {
    return this.last;
  }

  private end(turn: Promise<unknown>): void {
    if (this.last === turn) this.last = undefined;
  }
}
