import { COMMANDS, type Command, instantiate, type KernelExports } from './exports';
import { startWorker, type Thread } from './startWorker';
import { SIZE_COUNT, WORDS } from './worker';

/** What is no command ends a thread. */
const END = COMMANDS.length;

/** A thread is gone, and with it what it was doing. */
export class ThreadLost extends Error {
  override readonly name = 'ThreadLost';
}

/** What a crew works on. */
export interface CrewStart {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  architecture: string;
  threads: number;
}

/**
 * The threads that compute on one memory, and this one.
 *
 * With one thread it is this one that computes. With several, this one only waits for the others,
 * and never blocks: a page stays alive, and a thread that dies is noticed.
 */
export class Crew {
  /** This thread's own instance. */
  readonly kernels: KernelExports;
  private readonly words: Int32Array;
  private readonly workers: Thread[] = [];
  private pending: PromiseWithResolvers | undefined;
  private lost: Error | undefined;

  /** @throws where a worker cannot be started. */
  constructor(private readonly start: CrewStart) {
    const { module, memory, architecture, threads } = start;
    this.kernels = instantiate(module, memory, architecture);
    this.words = new Int32Array(memory.buffer, 0, WORDS.sizes + SIZE_COUNT);
    if (threads === 1) return;
    try {
      for (let thread = 0; thread < threads; thread++) {
        this.workers.push(startWorker({ ...start, thread }, this.events));
      }
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Number of threads that compute. */
  get threads(): number {
    return this.start.threads;
  }

  /** Lays the memory out, in all instances. */
  async configure(sizes: readonly number[]): Promise<number> {
    const end = this.kernels.configure(...sizes);
    if (this.threads > 1) {
      this.words.set(sizes, WORDS.sizes);
      await this.tell('configure');
    }
    return end;
  }

  /**
   * Has all threads carry out a command, one command at a time.
   *
   * Rejects where a thread is lost; the others are ended then, for they wait for it.
   */
  async run(command: Exclude<Command, 'configure'>): Promise<void> {
    if (this.threads === 1) this.kernels[command](0);
    else await this.tell(command);
  }

  /** Ends the threads; what they were doing is rejected when all of them are gone. */
  dispose(): void {
    const lost = this.lost ?? new ThreadLost('the threads have been ended');
    this.lost = lost;
    const { pending } = this;
    this.pending = undefined;
    if (this.workers.length === 0) return;
    // A page takes seconds to end a thread that sleeps: better it wakes up and ends by itself.
    this.words[WORDS.command] = END;
    Atomics.add(this.words, WORDS.generation, 1);
    Atomics.notify(this.words, WORDS.generation);
    const gone = Promise.allSettled(this.workers.splice(0).map((worker) => worker.terminate()));
    void gone.then(() => pending?.reject(lost));
  }

  private async tell(command: Command): Promise<void> {
    if (this.lost) throw this.lost;
    const { words } = this;
    words[WORDS.command] = COMMANDS.indexOf(command);
    words[WORDS.finished] = 0;
    const pending = promiseWithResolvers();
    this.pending = pending;
    this.keepAlive(true);
    Atomics.add(words, WORDS.generation, 1);
    Atomics.notify(words, WORDS.generation);
    try {
      await pending.promise;
    } finally {
      this.keepAlive(false);
    }
  }

  private keepAlive(awake: boolean): void {
    for (const worker of this.workers) worker.keepAlive(awake);
  }

  private readonly events = {
    finished: (): void => {
      this.pending?.resolve();
      this.pending = undefined;
    },
    failed: (reason: string): void => {
      this.lost ??= new ThreadLost(`a thread was lost: ${reason}`);
      this.dispose();
    },
  };
}

interface PromiseWithResolvers {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
}

function promiseWithResolvers(): PromiseWithResolvers {
  let resolve: () => void = () => {};
  let reject: (reason: Error) => void = () => {};
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
