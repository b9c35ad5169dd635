import { LINE_EVERY_MS } from '../progressParts';
import { bytesIn } from './cache';

/** How often to look: often enough to see progress. */
const LOOK_EVERY_MS = 500;
const MB = 1e6;

/**
 * Shows what is being done, and how much of it is on disk, because pip and zipfile report no
 * progress otherwise. In a terminal on one line, elsewhere with an occasional line.
 */
export class NativeProgress {
  private timer: NodeJS.Timeout | undefined;
  private all: number | undefined;
  private told = Date.now();

  constructor(private readonly output: NodeJS.WriteStream) {}

  /**
   * Begins a new piece of work.
   *
   * @param folder the folder that grows meanwhile
   */
  begin(what: string, folder?: string): void {
    this.stop();
    this.output.write(`${what} …\n`);
    this.told = Date.now();
    if (folder === undefined) return;
    const look = async () => {
      const bytes = await bytesIn(folder);
      if (this.timer === timer) this.show(bytes);
    };
    const timer = setInterval(() => void look(), LOOK_EVERY_MS);
    timer.unref();
    this.timer = timer;
  }

  /** Sets the final number of bytes, once it is known. */
  total(bytes: number | undefined): void {
    this.all ??= bytes;
  }

  stop(): void {
    if (this.timer && this.output.isTTY) this.output.write('\r\u001b[K');
    clearInterval(this.timer);
    this.timer = undefined;
    this.all = undefined;
  }

  private show(bytes: number): void {
    const of = this.all === undefined ? '' : ` of ${Math.round(this.all / MB)}`;
    const text = `  ${Math.round(bytes / MB)}${of} MB`;
    if (this.output.isTTY) this.output.write(`\r\u001b[K${text}`);
    else if (Date.now() >= this.told + LINE_EVERY_MS && bytes > 0) {
      this.told = Date.now();
      this.output.write(`${text}\n`);
    }
  }
}
