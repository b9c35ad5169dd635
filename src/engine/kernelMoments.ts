import type * as tf from '@tensorflow/tfjs-core';
import type { DictionaryKernels } from '../kernels/dictionaryKernels';
import type { KerasAdam } from '../optimizers/kerasAdam';
import type { StateKeeper } from '../optimizers/kerasOptimizer';

/** The moments before an update; undefined if there were none yet. */
export type MomentsBefore = ReturnType<DictionaryKernels['readMoments']> | undefined;

/**
 * Adam's moments in the kernels' memory. The optimizer gets them back when it uses them itself, and
 * a copy when its state is read.
 *
 * It has no reference to the model: what the kernels hold must not keep the model alive.
 */
export class KernelMoments implements StateKeeper {
  /** Whether no step has been taken with them. */
  private isEmpty: boolean;
  /** Whether the optimizer has a current copy. */
  private isCopied = false;

  /**
   * Takes the moments over from the optimizer.
   *
   * @param variables the variables of the moments
   * @param settled see {@link StateKeeper}
   * @throws SAE_STATE if the optimizer's state belongs to other variables.
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

  /** Returns whether they are this optimizer's, and it has received no other state since. */
  areOf(optimizer: tf.Optimizer): boolean {
    return this.optimizer === optimizer && this.optimizer.keeper === this;
  }

  /** Copies them into the optimizer; the kernels continue with their own. */
  sync(): void {
    if (this.isEmpty || this.isCopied) return;
    this.optimizer.writeState(this.variables, this.kernels.readMoments());
    this.isCopied = true;
  }

  /** Gives them back to the optimizer, unless it has other state by now. */
  giveBack(): void {
    if (this.areOf(this.optimizer)) this.optimizer.takeState();
  }

  /** Returns a snapshot, for undoing a step. */
  before(): MomentsBefore {
    return this.isEmpty ? undefined : this.kernels.readMoments();
  }

  /** Counts a step that has changed them. */
  countStep(): void {
    this.change(1, false);
  }

  /** Restores the moments from before the last step, which no longer counts. */
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
