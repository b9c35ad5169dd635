import { constants } from 'node:os';
import type { RowDataset, RowIterator } from '../activations/rows';

/** What work ends with when the user has asked it to end; carries the exit code for it. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  /** 128 plus the signal's number, as shells have it: 130 for Ctrl-C. */
  readonly exitCode: number;

  constructor(signal: InterruptingSignal) {
    super(`Interrupted by ${signal}.`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

type InterruptingSignal = 'SIGINT' | 'SIGTERM';
const SIGNALS: readonly InterruptingSignal[] = ['SIGINT', 'SIGTERM'];
/** One Ctrl-C may come twice: from the terminal, and again from npm, which passes it on. */
const ECHO_MS = 1000;

/**
 * Runs work that Ctrl-C (or SIGTERM) asks to end well: the first one aborts the signal that the
 * work gets, a second one ends the process at once, as without this.
 *
 * @param announce called at the first one, to tell the user what happens now
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

/** The same rows, but each batch lets pending signals arrive first, and ends the pass if one has. */
export class InterruptibleRows implements RowDataset {
  constructor(
    private readonly rows: RowDataset,
    private readonly signal: AbortSignal,
  ) {}

  /** Number of batches in one pass, where it is known. */
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
