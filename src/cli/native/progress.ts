import { LINE_EVERY_MS } from '../progressParts';
import { bytesIn } from './cache';

/** Often enough to be seen to move. */
const LOOK_EVERY_MS = 500;
const MB = 1e6;

/**
 * Says what is being done, and how much of it is on the disk: pip and zipfile tell nobody else.
 * In a terminal in one line, elsewhere with a line now and then.
 */
export class NativeProgress {
  private timer: NodeJS.Timeout | undefined;
  private all: number | undefined;
  private told = Date.now();

  constructor(private readonly output: NodeJS.WriteStream) {}

  /**
   * A new piece of work.
   *
   * @param folder that is growing meanwhile
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

  /** How many bytes it will be, as soon as that is known. */
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
