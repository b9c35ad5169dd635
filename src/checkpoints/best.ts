import { unknownLog } from '../errors';
import type { Numbers } from '../models/trainingPlace';
import { checkOptions, flag, oneOf, type Rules, text } from '../options';
import type { Best } from './format';
import type { Run } from './runs';

/** Options for which epoch is the best. */
export interface BestArgs {
  /** The log to watch: `'val_loss'`, `'loss'` or any other that `fit` logs per epoch. */
  monitor: string;
  /**
   * Whether lower or higher is better; `'auto'`, the default, prefers higher values of an accuracy
   * or an explained variance, and lower values of everything else.
   */
  mode?: 'auto' | 'min' | 'max';
  /**
   * Whether the model gets the best epoch's weights when training ends; false by default. Training
   * still resumes from the newest checkpoint, which is that of the end.
   */
  restore?: boolean;
}

const RULES: Rules<BestArgs> = {
  monitor: text,
  mode: oneOf<'auto' | 'min' | 'max'>(['auto', 'min', 'max'], 'auto'),
  restore: flag(false),
};
/** Logs where higher is better, by parts of their names. */
const MORE_IS_BETTER = /acc|variance/i;

/** Watches a log for its best epoch. */
export class BestWatch {
  private readonly args: Required<BestArgs>;
  private readonly sign: number;

  /** @throws SAE_OPTION */
  constructor(args: BestArgs) {
    this.args = checkOptions<BestArgs>('checkpoint.best', RULES, args);
    const { monitor, mode } = this.args;
    const more = mode === 'auto' ? MORE_IS_BETTER.test(monitor) : mode === 'max';
    this.sign = more ? 1 : -1;
  }

  /**
   * @param logs the logs that tfjs announces; other callbacks may add some
   * @param names the names of existing checkpoints
   * @throws SAE_OPTION for a log that will not exist, as far as that is known.
   */
  begin(run: Run, logs: readonly string[], names: readonly string[]): void {
    const { monitor } = this.args;
    if (!logs.includes(monitor)) {
      const fault = unknownLog('checkpoint.best.monitor', monitor, logs);
      if (fault.isClear) throw fault.error;
    }
    const best = run.best[monitor];
    if (best === undefined || names.includes(best.name)) return;
    // The best epoch so far is in another place.
    const { [monitor]: _, ...others } = run.best;
    run.best = others;
    console.warn(`checkpoint: the best epoch by ${monitor} so far is not here; it begins anew.`);
  }

  /**
   * Records an epoch if it is the best so far; its checkpoint will have the given name.
   *
   * @returns whether it is the best so far
   * @throws SAE_OPTION if it does not have the log.
   */
  takes(run: Run, logs: Numbers, name: string): boolean {
    const { monitor } = this.args;
    const value = logs[monitor];
    if (value === undefined) {
      throw unknownLog('checkpoint.best.monitor', monitor, Object.keys(logs)).error;
    }
    const before = run.best[monitor]?.value ?? Number.NEGATIVE_INFINITY * this.sign;
    if (!(this.sign * value > this.sign * before)) return false;
    run.best = { ...run.best, [monitor]: { name, value } };
    return true;
  }

  /** Returns the epoch whose weights the model should get at the end. */
  toRestore(run: Run | undefined): Best | undefined {
    return this.args.restore ? run?.best[this.args.monitor] : undefined;
  }
}
