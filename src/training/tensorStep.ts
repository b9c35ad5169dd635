import * as tf from '@tensorflow/tfjs-core';
import { clipFactor, globalNorm } from '../math/norms';
import { LastGoodWeights } from './lastGoodWeights';
import { stepFault } from './stepFault';
import type { StepBatch, StepResult, Trainee, TrainStep } from './trainStep';

/**
 * The training step in tfjs operations, on whatever backend is set: the architecture's written-out
 * gradient, clipped to a global norm, one optimizer update, unit decoder rows.
 */
export class TensorStep implements TrainStep {
  readonly taken = { step: 'tensor' } as const;
  private readonly lastGood = new LastGoodWeights();

  constructor(private readonly trainee: Trainee) {}

  async run(batch: StepBatch): Promise<StepResult> {
    return tf.tidy(() => this.take(batch) as StepResult & tf.TensorContainerObject);
  }

  private take({ x, target, reconstruct }: StepBatch): StepResult {
    const { sae, optimizer, clipNorm } = this.trainee;
    const pass = sae.forward(x, target, true);
    const gradients = sae.gradientList(sae.backward(pass.saved, { dLoss: 1 }));
    const gradNorm = globalNorm(gradients);
    this.checkFinite({ loss: pass.loss, ...pass.terms, grad_norm: gradNorm }, x, target);

    const variables = sae.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const factor = clipNorm === null ? undefined : clipFactor(gradNorm, clipNorm);
    const named = variables.map(({ name }, i) => {
      const gradient = gradients[i] as tf.Tensor;
      return { name, tensor: factor ? tf.mul(gradient, factor) : gradient };
    });
    this.lastGood.aroundUpdate(variables, () => {
      optimizer.applyGradients(named);
      sae.afterStep();
    });
    const logs = [pass.loss, ...Object.values(pass.terms), gradNorm];
    return { logs, ...(reconstruct && { reconstruction: pass.reconstruction }) };
  }

  /** Before anything is written: a step that came to NaN must not reach the weights. */
  private checkFinite(scalars: Record<string, tf.Scalar>, x: tf.Tensor, target: tf.Tensor): void {
    const numbers = tf.stack(Object.values(scalars)).dataSync();
    const values = Object.fromEntries(
      Object.keys(scalars).map((name, i) => [name, numbers[i] as number]),
    );
    const takeBack = () => this.lastGood.restore();
    const fault = stepFault({ trainee: this.trainee, x, target, values, takeBack });
    if (fault) throw fault;
  }

  dispose(): void {
    this.lastGood.dispose();
  }
}
