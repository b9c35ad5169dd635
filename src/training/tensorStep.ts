import * as tf from '@tensorflow/tfjs-core';
import { stepNotFinite } from '../errors';
import type { SparseAutoencoderLayer } from '../layers/sparseAutoencoder';
import { allFinite } from '../math/finite';
import { clipFactor, globalNorm } from '../math/norms';
import type { StepResult, TrainStep } from './trainStep';

/** What a step trains, read anew at each step: a change counts from the very next one. */
export interface Trainee {
  readonly name: string;
  readonly sae: SparseAutoencoderLayer;
  readonly optimizer: tf.Optimizer;
  readonly clipNorm: number | null;
}

/**
 * The training step in tfjs operations, on whatever backend is set: the architecture's written-out
 * gradient, clipped to a global norm, one optimizer update, unit decoder rows.
 */
export class TensorStep implements TrainStep {
  constructor(private readonly trainee: Trainee) {}

  run(x: tf.Tensor2D, target: tf.Tensor2D): StepResult {
    const { sae, optimizer, clipNorm } = this.trainee;
    return tf.tidy(() => {
      const pass = sae.forward(x, target);
      const gradients = sae.gradientList(sae.backward(pass.saved, { dLoss: 1 }));
      const gradNorm = globalNorm(gradients);
      this.checkFinite({ loss: pass.loss, ...pass.terms, grad_norm: gradNorm }, x, target);

      const factor = clipNorm === null ? undefined : clipFactor(gradNorm, clipNorm);
      const named = sae.trainableWeights.map((weight, i) => {
        const gradient = gradients[i] as tf.Tensor;
        const { name } = weight.read() as tf.Variable;
        return { name, tensor: factor ? tf.mul(gradient, factor) : gradient };
      });
      optimizer.applyGradients(named);
      if (sae.trainable) sae.afterStep();
      const logs = [pass.loss, ...Object.values(pass.terms), gradNorm];
      return { logs, reconstruction: pass.reconstruction };
    });
  }

  /** Before anything is written: a step that came to NaN must leave the weights as they were. */
  private checkFinite(
    scalars: Record<string, tf.Scalar>,
    x: tf.Tensor2D,
    target: tf.Tensor2D,
  ): void {
    const values = tf.stack(Object.values(scalars)).dataSync();
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad < 0) return;
    const { name, sae, optimizer } = this.trainee;
    const term = Object.keys(scalars)[bad] as string;
    const cause = !(allFinite(x) && allFinite(target))
      ? 'data'
      : sae.weights.every((weight) => allFinite(weight.read()))
        ? 'step'
        : 'weights';
    const step = optimizer.iterations + 1;
    const where = `${sae.getClassName()} "${name}"`;
    throw stepNotFinite(where, step, term, values[bad] as number, cause);
  }
}
