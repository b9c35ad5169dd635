import type { Callback } from '@tensorflow/tfjs-layers';
import { numbersOf } from '../models/course';
import { checkOptions, oneOf, type Rules, text } from '../options';
import { fileStart, scalars } from './eventFile';
import { LogFile } from './logFile';
import { StepLogger } from './stepLogger';

/** Options of {@link tensorBoard}. */
export interface TensorBoardArgs {
  /** The folder to pass to `tensorboard --logdir`. */
  to: string;
  /** Whether to write the logs of each batch too; `'epoch'` by default. */
  updateFreq?: 'epoch' | 'batch';
}

const RULES: Rules<TensorBoardArgs> = {
  to: text,
  updateFreq: oneOf<'epoch' | 'batch'>(['epoch', 'batch'], 'epoch'),
};
const WHERE = 'tensorBoard';
const VALIDATION = 'val_';

type Logs = Parameters<Callback['onEpochEnd']>[1];
type Scalars = Record<string, number>;

/** The number of event files that this process has begun. */
let begun = 0;

/**
 * A callback that writes event files for TensorBoard: see {@link tensorBoard}.
 *
 * @example
 * ```ts
 * import { StepLogger, TensorBoard } from 'gated-sae-tfjs';
 * const board = new TensorBoard({ to: 'runs' }); // for `callbacks`
 * console.log(board instanceof StepLogger); // true
 * ```
 */
export class TensorBoard extends StepLogger {
  private readonly args: Required<TensorBoardArgs>;
  /** The files of each run: training, validation. */
  private readonly files = new Map<string, LogFile>();
  private firstStep = 0;

  /**
   * Checks the arguments; writes nothing yet.
   *
   * @param args where to write, and how often
   * @throws SAE_OPTION for an unknown option or a wrong value; SAE_MISSING in a page.
   */
  constructor(args: TensorBoardArgs) {
    super();
    this.args = checkOptions<TensorBoardArgs>(WHERE, RULES, args);
    this.file('train'); // so that in a page it fails at once
    this.files.clear();
  }

  /** Begins new files, after those of earlier sessions. */
  override async onTrainBegin(): Promise<void> {
    this.files.clear();
    this.firstStep = this.steps + 1;
    begun += 1;
    await this.opened('train'); // so that a folder that cannot be written fails now
  }

  /**
   * Writes a batch's logs, if requested.
   *
   * @param _batch not used
   * @param logs the batch's logs
   */
  override async onBatchEnd(_batch: number, logs?: Logs): Promise<void> {
    if (this.args.updateFreq !== 'batch') return;
    await this.write('train', 'batch_', await numbersOf(logs));
  }

  /**
   * Writes an epoch's logs.
   *
   * @param _epoch not used
   * @param logs the epoch's logs
   */
  override async onEpochEnd(_epoch: number, logs?: Logs): Promise<void> {
    const all = Object.entries(await numbersOf(logs));
    const held = all.filter(([name]) => name.startsWith(VALIDATION));
    const trained = all.filter(([name]) => !name.startsWith(VALIDATION));
    await this.write('train', 'epoch_', Object.fromEntries(trained));
    const bare = held.map(([name, value]) => [name.slice(VALIDATION.length), value] as const);
    if (bare.length === 0) return;
    await this.write('validation', 'epoch_', Object.fromEntries(bare));
  }

  private async write(run: string, prefix: string, values: Scalars): Promise<void> {
    const tagged = Object.entries(values).map(([name, value]) => [prefix + name, value] as const);
    const file = await this.opened(run);
    await file.append(scalars(this.steps, Object.fromEntries(tagged)));
  }

  private async opened(run: string): Promise<LogFile> {
    const known = this.files.get(run);
    if (known) return known;
    const file = this.file(run);
    await file.makeFolder();
    for (const record of fileStart(this.firstStep)) await file.append(record);
    this.files.set(run, file);
    return file;
  }

  /** Opens a run's file. TensorBoard reads a run's files in the order of their names. */
  private file(run: string): LogFile {
    const name = ['events.out.tfevents', Date.now(), globalThis.process?.pid ?? 0, begun].join('.');
    return new LogFile(WHERE, `${this.args.to}/${run}/${name}`, 'In pages, use csvLogger.');
  }
}

/**
 * Returns a callback that writes logs for TensorBoard: each epoch's as `epoch_loss`, `epoch_l0` and
 * so on, in the runs `train` and `validation`, named like those of Keras's own callback; and each
 * batch's as `batch_loss`, if `updateFreq` is `'batch'`. Steps are the optimizer's, which are saved
 * with a model: training that continues in the same folder continues the same curves, and later
 * steps left over from a crash do not count.
 *
 * Works in Node. View the logs with `tensorboard --logdir FOLDER`, from Python's package
 * tensorboard.
 *
 * @param args `to`, the folder; `updateFreq`
 * @returns a callback for `fit` and `fitDataset`
 * @throws SAE_OPTION for an unknown option or a wrong value; SAE_MISSING in a page. `fit` throws
 *   SAE_FILE if the files cannot be written.
 * @example
 * ```ts
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import * as tf from '@tensorflow/tfjs';
 * import { GatedSAE, tensorBoard } from 'gated-sae-tfjs';
 * const sae = new GatedSAE({ inputDim: 8, encodingDim: 32 });
 * sae.compile();
 * const callbacks = tensorBoard({ to: join(tmpdir(), 'logs') });
 * await sae.fit(tf.randomUniform([64, 8]), { epochs: 2, verbose: 0, callbacks });
 * ```
 */
export function tensorBoard(args: TensorBoardArgs): TensorBoard {
  return new TensorBoard(args);
}
