/** Where a run waits while it is closed. */
export class Gate {
  private opened: Deferred | undefined;
  private reached: Deferred | undefined;

  /** Closes it; resolves when somebody has come to wait there, or it has been opened again. */
  async close(): Promise<void> {
    this.opened ??= deferred();
    this.reached ??= deferred();
    await this.reached.promise;
  }

  open(): void {
    this.reached?.resolve();
    this.opened?.resolve();
    this.reached = undefined;
    this.opened = undefined;
  }

  /** Resolves when it is open. */
  async pass(): Promise<void> {
    this.reached?.resolve();
    await this.opened?.promise;
  }
}

interface Deferred {
  promise: Promise<void>;
  resolve: () => void;
}

function deferred(): Deferred {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
