import type { Callback } from '@tensorflow/tfjs-layers';
import { badFile } from '../errors';
import { numbersOf } from '../models/course';
import { checkOptions, optional, type Rules, text } from '../options';
import { LogFile } from './logFile';
import { StepLogger } from './stepLogger';

/** Options of {@link csvLogger}. */
export interface CSVLoggerArgs {
  /** The file; not available in pages, where `text` has the table. None by default. */
  to?: string | undefined;
}

const RULES: Rules<CSVLoggerArgs> = { to: optional(text) };
const WHERE = 'csvLogger';
const LEADING = ['epoch', 'step'];

/**
 * A callback that writes the logs of each epoch as a table: see {@link csvLogger}.
 *
 * @example
 * ```ts
 * import { CSVLogger } from 'gated-sae-tfjs';
 * const table = new CSVLogger(); // for `callbacks`; table.text has what it has written
 * console.log(table instanceof CSVLogger); // true
 * ```
 */
export class CSVLogger extends StepLogger {
  private columns: readonly string[] | undefined;
  private readonly lines: string[] = [];
  private readonly file: LogFile | undefined;

  /**
   * Checks the arguments; writes nothing yet.
   *
   * @param args the file to write
   * @throws SAE_OPTION for an unknown option or a wrong value.
   */
  constructor(args: CSVLoggerArgs = {}) {
    super();
    const { to } = checkOptions<CSVLoggerArgs>(WHERE, RULES, args);
    this.file = to === undefined ? undefined : new LogFile(WHERE, to, 'Leave out to, read text.');
  }

  /** The table so far: a header and one line per epoch. */
  get text(): string {
    return this.lines.map((line) => `${line}\n`).join('');
  }

  /** Keeps the file's lines from before the model's next step, and creates the folder. */
  override async onTrainBegin(): Promise<void> {
    const before = (await this.file?.read()) ?? this.text;
    await this.file?.makeFolder();
    this.lines.length = 0;
    this.columns = undefined;
    if (before === '') return;
    const [header, ...rows] = before.split('\n') as [string, ...string[]];
    const columns = header.split(',');
    if (!LEADING.every((name, i) => columns[i] === name)) {
      const received = `a file that begins with ${JSON.stringify(header)}`;
      throw badFile(
        this.file?.path ?? WHERE,
        'a table of csvLogger',
        received,
        'Name another file.',
      );
    }
    // After the end of the last line there is nothing, or a line that a crash cut off.
    const whole = rows.slice(0, -1);
    const kept = whole.filter(
      (row) => Number(row.split(',')[LEADING.indexOf('step')]) <= this.steps,
    );
    if (kept.length > 0) {
      this.lines.push(header, ...kept);
      this.columns = columns;
    }
    await this.file?.replace(this.text);
  }

  /**
   * Adds a line.
   *
   * @param epoch the epoch, from 0 on
   * @param logs the epoch's logs
   */
  override async onEpochEnd(
    epoch: number,
    logs?: Parameters<Callback['onEpochEnd']>[1],
  ): Promise<void> {
    const row: Record<string, number> = {
      epoch: epoch + 1,
      step: this.steps,
      ...(await numbersOf(logs)),
    };
    const isFirst = this.columns === undefined;
    const columns = this.columns ?? Object.keys(row);
    this.columns = columns;
    const unknown = Object.keys(row).filter((name) => !columns.includes(name));
    if (unknown.length > 0) {
      const expected = `logs of the columns ${columns.join(', ')}`;
      const advice = 'Go on with the same metrics and validation, or name another file.';
      throw badFile(this.file?.path ?? WHERE, expected, `${unknown.join(', ')} too`, advice);
    }
    const lines = [
      ...(isFirst ? [columns.join(',')] : []),
      columns.map((column) => row[column] ?? '').join(','),
    ];
    this.lines.push(...lines);
    await this.file?.append(lines.map((line) => `${line}\n`).join(''));
  }
}

/**
 * Returns a callback that writes the logs of each epoch as CSV: `epoch` from 1 on, `step`, the
 * number of optimizer steps so far, and everything that the epoch logs, with full precision.
 *
 * When the training of a saved model continues, so does the file: lines of steps that the model has
 * not taken, from before a crash or from another training, are removed. A new model therefore
 * begins a new table.
 *
 * @param args `to`, the file. In pages omit it: `text` has the table, for example as
 *   `new Blob([logger.text], { type: 'text/csv' })` for a download
 * @returns a callback for `fit` and `fitDataset`
 * @throws SAE_OPTION for an unknown option or a wrong value; SAE_MISSING for a file in a page.
 *   `fit` throws SAE_FILE for a file that cannot be written or is not such a table.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { csvLogger, GatedSAE } from 'gated-sae-tfjs';
 * const sae = new GatedSAE({ inputDim: 8, encodingDim: 32 });
 * sae.compile();
 * const log = csvLogger();
 * await sae.fit(tf.randomUniform([64, 8]), { epochs: 2, verbose: 0, callbacks: log });
 * console.log(log.text); // epoch,step,loss,L_reconstruct,…
 * ```
 */
export function csvLogger(args: CSVLoggerArgs = {}): CSVLogger {
  return new CSVLogger(args);
}
