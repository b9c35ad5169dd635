import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Contestant, Turn } from './contestant';

/** What `python-interop/bench/answers.py` says at first. */
interface Greeting {
  readonly versions: Readonly<Record<string, string>>;
  /** The most memory so far, in bytes: before anything is loaded. */
  readonly bytes: number;
}

interface Answer extends Turn {
  /** The most memory that the process has ever had, in bytes. */
  readonly bytes: number;
}

/** How much of what a process complains about is told. */
const LAST_WORDS = 600;

/**
 * A contestant in a process of its own, in Python or in Node, which waits asleep while others have
 * their turn. It takes its state when it is started.
 */
export class ProcessContestant implements Contestant {
  private greeting: Greeting | undefined;
  private complaints = '';
  /** The most memory that the process has had, in bytes; 0 before the first step. */
  bytes = 0;

  private constructor(
    readonly name: string,
    private readonly process: ChildProcess,
    private readonly lines: AsyncIterator<string>,
  ) {
    process.stderr?.on('data', (text) => {
      this.complaints = `${this.complaints}${text}`.slice(-LAST_WORDS);
    });
  }

  /** Starts the process and waits until it has imported what it needs. */
  static async start(
    name: string,
    program: string,
    args: readonly string[],
    threads: number,
  ): Promise<ProcessContestant> {
    const process = spawn(program, args, { env: environment(threads) });
    process.on('error', () => {}); // the lines end then, which is noticed
    process.stdin.on('error', () => {});
    const lines = createInterface({ input: process.stdout as Readable })[Symbol.asyncIterator]();
    const contestant = new ProcessContestant(name, process, lines);
    contestant.greeting = await contestant.answer<Greeting>();
    return contestant;
  }

  get versions(): Readonly<Record<string, string>> {
    return this.greeting?.versions ?? {};
  }

  /** Of `bytes`, what the imports alone take. */
  get bytesBefore(): number {
    return this.greeting?.bytes ?? 0;
  }

  async take(steps: number): Promise<Turn> {
    this.process.stdin?.write(`${JSON.stringify({ steps })}\n`);
    const { bytes, ...turn } = await this.answer<Answer>();
    this.bytes = bytes;
    return turn;
  }

  async end(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.stdin?.end();
    await once(this.process, 'exit');
  }

  /** The next line that is JSON: packages may print what they like. */
  private async answer<T>(): Promise<T> {
    for (;;) {
      const { value, done } = await this.lines.next();
      if (done) throw new Error(`${this.name} has ended. ${this.complaints}`);
      if (value.startsWith('{')) return JSON.parse(value) as T;
    }
  }
}

/** So that a process computes with so many threads, and with none of them while it waits. */
function environment(threads: number): NodeJS.ProcessEnv {
  // Somebody may have set these to make OpenBLAS, in numpy, choose other kernels than it would.
  const { OPENBLAS_CORETYPE: _, OPENBLAS_L2_SIZE: __, ...env } = process.env;
  return {
    ...env,
    OMP_NUM_THREADS: `${threads}`,
    OMP_WAIT_POLICY: 'PASSIVE',
    CUDA_VISIBLE_DEVICES: '',
    TF_CPP_MIN_LOG_LEVEL: '3',
    HF_HUB_OFFLINE: '1', // nothing is fetched, so nobody needs to ask
    PYTHONUNBUFFERED: '1',
  };
}
