import { unknownLog } from '../errors';
import type { Numbers } from '../models/trainingPlace';
import { checkOptions, flag, oneOf, type Rules, text } from '../options';
import type { Best } from './format';
import type { Run } from './runs';

/** Which epoch is the best one. */
export interface BestArgs {
  /** The log to watch: `'val_loss'`, `'loss'` or any other that `fit` gives of an epoch. */
  monitor: string;
  /**
   * Whether less or more of it is better; `'auto'`, the default, takes more of an accuracy or an
   * explained variance to be better, and less of everything else.
   */
  mode?: 'auto' | 'min' | 'max';
  /**
   * Whether the model has the best epoch's weights when training ends; false by default. The newest
   * checkpoint, from which training goes on, is that of the end all the same.
   */
  restore?: boolean;
}

const RULES: Rules<BestArgs> = {
  monitor: text,
  mode: oneOf<'auto' | 'min' | 'max'>(['auto', 'min', 'max'], 'auto'),
  restore: flag(false),
};
/** Logs of which more is better, by what stands in their names. */
const MORE_IS_BETTER = /acc|variance/i;

/** Watches one log for its best epoch. */
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
   * @param logs those that tfjs knows there will be; others' callbacks may add some
   * @param names of the checkpoints that are there
   * @throws SAE_OPTION for a log that there will not be, as far as that can be told.
   */
  begin(run: Run, logs: readonly string[], names: readonly string[]): void {
    const { monitor } = this.args;
    if (!logs.includes(monitor)) {
      const fault = unknownLog('checkpoint.best.monitor', monitor, logs);
      if (fault.isClear) throw fault.error;
    }
    const best = run.best[monitor];
    if (best === undefined || names.includes(best.name)) return;
    // What was best is in another place.
    const { [monitor]: _, ...others } = run.best;
    run.best = others;
    console.warn(`checkpoint: the best epoch by ${monitor} so far is not here; it begins anew.`);
  }

  /**
   * Notes an epoch, whose checkpoint is to have that name, if it is the best so far.
   *
   * @returns whether it is
   * @throws SAE_OPTION where it has no such log.
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

  /** The epoch whose weights the model is to have at the end. */
  toRestore(run: Run | undefined): Best | undefined {
    return this.args.restore ? run?.best[this.args.monitor] : undefined;
  }
}
