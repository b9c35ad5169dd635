import * as tf from '@tensorflow/tfjs-core';
import { noGradient, noGradientKernel, notDifferentiable } from '../../errors';
import type { Host, ModelInputs } from '../host';

/** tfjs's messages if a backend lacks a kernel, and if an operation has no gradient. */
const NO_KERNEL = /[Kk]ernel '(\w+)' not registered for backend '([\w-]+)'/;
const NO_GRADIENT = /gradient/i;

/**
 * Returns the gradient of a number with respect to a layer's tensor, to which a change is added.
 *
 * @param of returns a scalar of the model's outputs, in differentiable operations
 * @param change added to the layer's tensor: where the gradient is taken
 * @param advice what to do if there is no gradient, for the error
 * @returns a tensor of the same shape; the caller disposes it.
 * @throws SAE_UNSUPPORTED for a model, an operation or a backend without a gradient.
 */
export function gradientAt(
  where: string,
  host: Host,
  inputs: ModelInputs,
  layer: string,
  change: tf.Tensor,
  of: (outputs: readonly tf.Tensor[]) => tf.Tensor,
  advice: string,
): tf.Tensor {
  assertDifferentiable(where, host, advice);
  try {
    return tf.tidy(() =>
      tf.grad((delta) => {
        const edit = (hidden: tf.Tensor) => tf.add(hidden, delta);
        const number = of(host.forward(inputs, { layer, edit }));
        // An output that does not depend on the layer has a gradient too: 0.
        return tf.add(number, tf.mul(tf.sum(delta), 0));
      })(change),
    );
  } catch (error) {
    dropTape();
    const { message } = error as Error;
    const [, kernel, backend] = NO_KERNEL.exec(message) ?? [];
    if (kernel !== undefined && backend !== undefined) {
      const loaded = Object.keys(tf.engine().registryFactory);
      const others = loaded.filter((name) => tf.getKernel(kernel, name) !== undefined);
      throw noGradientKernel(where, kernel, backend, others, advice);
    }
    if ((error as Error).name === 'Error' && NO_GRADIENT.test(message)) {
      throw noGradient(where, error as Error, advice);
    }
    throw error;
  }
}

/**
 * Disposes what tfjs leaves if its backward pass fails: the values that the gradient was to be
 * computed from.
 */
function dropTape(): void {
  const { state } = tf.engine();
  if (state.gradientDepth > 0 || !state.activeTape) return;
  for (const { saved = [] } of state.activeTape) tf.dispose(saved);
  (state as { activeTape: unknown }).activeTape = null;
}

/** @throws SAE_UNSUPPORTED for a model that another runtime computes. */
export function assertDifferentiable(
  where: string,
  host: Host,
  advice: string,
): asserts host is Host & Required<Pick<Host, 'forward'>> {
  if (host.forward === undefined) {
    throw notDifferentiable(where, host.name, `${advice[0]?.toUpperCase()}${advice.slice(1)}`);
  }
}
