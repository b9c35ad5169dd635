import type * as tf from '@tensorflow/tfjs-core';
import type { DictionaryKernels } from '../kernels/dictionaryKernels';
import type { KerasAdam } from '../optimizers/kerasAdam';
import type { StateKeeper } from '../optimizers/kerasOptimizer';

/** The moments before an update; undefined where there were none yet. */
export type MomentsBefore = ReturnType<DictionaryKernels['readMoments']> | undefined;

/**
 * Adam's moments in the kernels' memory. The optimizer has them again when it is to use them itself, and
 * a copy of them when somebody reads its state.
 *
 * It knows no model: what the kernels keep must not keep that.
 */
export class KernelMoments implements StateKeeper {
  /** Whether no step has been taken with them. */
  private isEmpty: boolean;
  /** Whether the optimizer has a copy of them as they are. */
  private isCopied = false;

  /**
   * Takes the moments over from the optimizer.
   *
   * @param variables whose moments they are
   * @param settled as the optimizer wants it of a keeper
   * @throws SAE_STATE where the optimizer's state is that of others.
   */
  constructor(
    private readonly optimizer: KerasAdam,
    private readonly kernels: DictionaryKernels,
    private readonly variables: readonly tf.Variable[],
    readonly settled: StateKeeper['settled'],
  ) {
    const moments = optimizer.readState(variables);
    kernels.writeMoments(moments);
    this.isEmpty = moments.every((each) => each === undefined);
    optimizer.writeState([], []);
    optimizer.keeper = this;
  }

  /** Whether they are this optimizer's, and it has got no others since. */
  areOf(optimizer: tf.Optimizer): boolean {
    return this.optimizer === optimizer && this.optimizer.keeper === this;
  }

  /** Copies them into the optimizer; the kernels go on from their own. */
  sync(): void {
    if (this.isEmpty || this.isCopied) return;
    this.optimizer.writeState(this.variables, this.kernels.readMoments());
    this.isCopied = true;
  }

  /** Gives them back to the optimizer, unless it has others by now. */
  giveBack(): void {
    if (this.areOf(this.optimizer)) this.optimizer.takeState();
  }

  /** Them as they are, to go back to. */
  before(): MomentsBefore {
    return this.isEmpty ? undefined : this.kernels.readMoments();
  }

  /** Counts a step that has changed them. */
  countStep(): void {
    this.change(1, false);
  }

  /** Goes back to what they were before the last step, which no longer counts. */
  takeBack(before: MomentsBefore): void {
    this.kernels.writeMoments(before ?? []);
    this.change(-1, before === undefined);
  }

  private change(steps: 1 | -1, isEmpty: boolean): void {
    if (this.isCopied) this.optimizer.writeState([], []);
    this.isCopied = false;
    this.isEmpty = isEmpty;
    this.optimizer.countSteps(steps);
  }
}
