import * as tf from '@tensorflow/tfjs-core';
import { clipFactor, globalNorm } from '../math/norms';
import { kerasOptimizer } from '../optimizers/optimizerBefore';
import { LastUpdate } from './lastUpdate';
import { measuredPass, readMeasures } from './measuredPass';
import { stepFault } from './stepFault';
import type { StepBatch, StepResult, Trainee, TrainStep } from './trainStep';

/**
 * The training step in tfjs operations, on any backend: the architecture's written-out gradient,
 * clipped to a global norm, one optimizer update, unit decoder rows.
 */
export class TensorStep implements TrainStep {
  readonly taken = { step: 'tensor' } as const;
  private readonly lastUpdate = new LastUpdate();

  constructor(private readonly trainee: Trainee) {}

  /**
   * Takes a step. The caller awaits one step before the next, since a step's loss must be that of
   * its weights.
   */
  async run(batch: StepBatch): Promise<StepResult> {
    const { scalars, numbers, gradients, states, reconstruction } = tf.tidy(() =>
      this.differentiate(batch),
    );
    const logs = Object.values(scalars);
    const held = reconstruction ? [...logs, reconstruction] : logs;
    try {
      const measured = await this.checkFinite(Object.keys(scalars), numbers, batch);
      tf.tidy(() => this.update(gradients, states, logs.at(-1) as tf.Scalar));
      batch.tally?.add(readMeasures(measured, batch.target.shape));
      return { logs, ...(reconstruction && { reconstruction }) };
    } catch (error) {
      tf.dispose(held);
      throw error;
    } finally {
      tf.dispose([numbers, gradients, states]);
    }
  }

  /**
   * Returns the loss, its terms and the gradients' norm, separately and as one vector followed by
   * the measures; the gradients; and what is learnt without one.
   */
  private differentiate({ x, target, reconstruct, tally }: StepBatch) {
    const { sae } = this.trainee;
    const pass = sae.forward(x, target, true);
    const gradients = sae.gradientList(sae.backward(pass.saved, { dLoss: 1 }));
    const scalars = { loss: pass.loss, ...pass.terms, grad_norm: globalNorm(gradients) };
    const states = sae.statesAfter(pass.codes);
    const measured = tally ? [measuredPass(pass, target)] : [];
    const numbers = tf.concat([tf.stack(Object.values(scalars)), ...measured]);
    return {
      ...{ scalars, numbers, gradients, states },
      reconstruction: reconstruct && pass.reconstruction,
    };
  }

  private update(
    gradients: readonly tf.Tensor[],
    states: Readonly<Record<string, tf.Tensor>>,
    gradNorm: tf.Scalar,
  ): void {
    const { sae, optimizer, clipNorm } = this.trainee;
    const variables = sae.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const factor = clipNorm === null ? undefined : clipFactor(gradNorm, clipNorm);
    const named = variables.map(({ name }, i) => {
      const gradient = gradients[i] as tf.Tensor;
      return { name, tensor: factor ? tf.mul(gradient, factor) : gradient };
    });
    const learnt = sae.stateVariables.map((state) => state.read() as tf.Variable);
    this.lastUpdate.make(optimizer, [...variables, ...learnt], () => {
      const keras = kerasOptimizer(optimizer);
      if (keras) keras.update(named);
      else optimizer.applyGradients(named);
      sae.afterStep();
      // Averages the weights as the step leaves them; weights set to averages do not have unit
      // rows.
      if (keras?.average(variables)) sae.afterStep();
      sae.writeStates(states);
    });
  }

  /**
   * Checks the step before anything is written: NaN must not reach the weights.
   *
   * It waits for a GPU without blocking the page; on WebGPU, every other way is very slow.
   *
   * @returns the measures
   */
  private async checkFinite(
    names: readonly string[],
    scalars: tf.Tensor,
    { x, target }: StepBatch,
  ): Promise<Float32Array> {
    const numbers = await scalars.data<'float32'>();
    const values = Object.fromEntries(names.map((name, i) => [name, numbers[i] as number]));
    const takeBack = () => this.lastUpdate.takeBack();
    const fault = stepFault({ trainee: this.trainee, x, target, values, takeBack });
    if (fault) throw fault;
    return numbers.subarray(names.length);
  }

  dispose(): void {
    this.lastUpdate.dispose();
  }
}
