import * as tf from '@tensorflow/tfjs-core';
import { noGradient, noGradientKernel, notDifferentiable } from '../../errors';
import type { Host, ModelInputs } from '../host';

/** What tfjs says where a backend lacks a kernel, and where an operation has no gradient. */
const NO_KERNEL = /[Kk]ernel '(\w+)' not registered for backend '([\w-]+)'/;
const NO_GRADIENT = /gradient/i;

/**
 * The gradient of a number by a layer's tensor, which a change is added to.
 *
 * @param of a scalar of the model's outputs, in operations that can be differentiated
 * @param change where the gradient is taken: added to the layer's tensor
 * @param advice what to do where there is no gradient, for the error
 * @returns of the tensor's shape; the caller disposes it.
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
        // An output that the layer does not lead to has a gradient too: 0.
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

/** What tfjs leaves where it fails on its way back: the values that the gradient was to be made of. */
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
