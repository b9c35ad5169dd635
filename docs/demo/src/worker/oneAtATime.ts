/** Lets several have what only one can use at a time, in the order in which they ask. */
export class OneAtATime {
  private last: Promise<unknown> = Promise.resolve();

  /** Calls `act` when it is its turn. */
  use<T>(act: () => Promise<T>): Promise<T> {
    const result = this.last.then(act);
    this.last = result.catch(() => {});
    return result;
  }

  /** Resolves when it is one's turn, with what ends it; to call that twice does no harm. */
  enter(): Promise<() => void> {
    return new Promise((entered) => {
      void this.use(() => new Promise<void>((leave) => entered(leave)));
    });
  }
}
