import { constants } from 'node:os';
import type { RowDataset, RowIterator } from '../activations/rows';

/** Thrown when work ends at the user's request; carries the exit code for it. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  /** 128 plus the signal's number, as in shells: 130 for Ctrl-C. */
  readonly exitCode: number;

  constructor(signal: InterruptingSignal) {
    super(`Interrupted by ${signal}.`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

type InterruptingSignal = 'SIGINT' | 'SIGTERM';
const SIGNALS: readonly InterruptingSignal[] = ['SIGINT', 'SIGTERM'];
/** One Ctrl-C may arrive twice: from the terminal, and again from npm, which passes it on. */
const ECHO_MS = 1000;

/**
 * Runs work that Ctrl-C (or SIGTERM) can end gracefully: the first signal aborts the `AbortSignal`
 * that the work receives; a second one ends the process at once, as it would without this function.
 *
 * @param announce called at the first signal, to tell the user what happens now
 */
export async function untilInterrupted<T>(
  announce: () => void,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const stopListening = () => {
    for (const name of SIGNALS) process.removeListener(name, interrupt);
  };
  function interrupt(name: InterruptingSignal) {
    if (controller.signal.aborted) return;
    controller.abort(new Interruption(name));
    setTimeout(stopListening, ECHO_MS).unref();
    announce();
  }
  for (const name of SIGNALS) process.on(name, interrupt);
  try {
    return await work(controller.signal);
  } finally {
    // After an interruption the timer does it: until then an echo must not end the process.
    if (!controller.signal.aborted) stopListening();
  }
}

/** The same rows, but pending signals are handled before each batch, and end the pass. */
export class InterruptibleRows implements RowDataset {
  constructor(
    private readonly rows: RowDataset,
    private readonly signal: AbortSignal,
  ) {}

  /** Number of batches in one pass, if known. */
  get size(): number | null {
    return this.rows.size ?? null;
  }

  /** @throws from `next`, the signal's reason. */
  async iterator(): Promise<RowIterator> {
    const iterator = await this.rows.iterator();
    return {
      next: async () => {
        await new Promise((resolve) => setImmediate(resolve));
        this.signal.throwIfAborted();
        return iterator.next();
      },
    };
  }
}
