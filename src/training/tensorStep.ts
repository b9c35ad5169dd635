import * as tf from '@tensorflow/tfjs-core';
import { stepNotFinite } from '../errors';
import type { SparseAutoencoderLayer } from '../layers/sparseAutoencoder';
import { allFinite } from '../math/finite';
import { clipFactor, globalNorm } from '../math/norms';
import { LastGoodWeights } from './lastGoodWeights';
import type { StepResult, TrainStep } from './trainStep';

/** What a step trains, read anew at each step: a change counts from the very next one. */
export interface Trainee {
  /** How errors name it. */
  readonly where: string;
  readonly sae: SparseAutoencoderLayer;
  readonly optimizer: tf.Optimizer;
  readonly clipNorm: number | null;
}

/**
 * The training step in tfjs operations, on whatever backend is set: the architecture's written-out
 * gradient, clipped to a global norm, one optimizer update, unit decoder rows.
 */
export class TensorStep implements TrainStep {
  private readonly lastGood = new LastGoodWeights();

  constructor(private readonly trainee: Trainee) {}

  run(x: tf.Tensor2D, target: tf.Tensor2D): StepResult {
    const { sae, optimizer, clipNorm } = this.trainee;
    return tf.tidy(() => {
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
      return { logs, reconstruction: pass.reconstruction };
    });
  }

  /** Before anything is written: a step that came to NaN must not reach the weights. */
  private checkFinite(
    scalars: Record<string, tf.Scalar>,
    x: tf.Tensor2D,
    target: tf.Tensor2D,
  ): void {
    const values = tf.stack(Object.values(scalars)).dataSync();
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad < 0) return;
    const { where, optimizer } = this.trainee;
    const term = Object.keys(scalars)[bad] as string;
    const step = optimizer.iterations + 1;
    const fault = (cause: 'data' | 'weights' | 'step', lastGood: number) =>
      stepNotFinite(where, step, term, values[bad] as number, cause, lastGood);
    if (!(allFinite(x) && allFinite(target))) throw fault('data', step - 1);
    // The update before this one went too far: its loss is what has just come to NaN.
    if (this.lastGood.restore()) throw fault('step', step - 2);
    const finite = this.trainee.sae.weights.every((weight) => allFinite(weight.read()));
    throw fault(finite ? 'step' : 'weights', step - 1);
  }

  dispose(): void {
    this.lastGood.dispose();
  }
}
