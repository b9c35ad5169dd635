import * as tf from '@tensorflow/tfjs-core';
import type { Gradients, Pass, Saved, Upstream } from './contract';

/** What an architecture provides so that its gradient is known without autodiff. */
interface Differentiable {
  readonly trainedPrefixes: readonly number[] | undefined;
  forward(x: tf.Tensor2D, target: tf.Tensor2D, training: boolean): Pass;
  backward(saved: Saved, upstream: Upstream): Gradients;
  gradientList(gradients: Gradients): tf.Tensor[];
}

/**
 * Runs a forward pass on a gradient tape, with the architecture's own gradient instead of
 * autodiff's.
 *
 * A tfjs operation with a custom gradient has one output, so output and loss pass through the tape
 * as one vector and are split afterwards.
 *
 * @param x `[batch, inputDim]`, input and target
 * @param returns which of the two the model continues with
 * @param weights the trainable weights, in the order of the gradients
 * @param onCodes receives the codes `[batch, features]`, which this function disposes
 * @returns both; the caller disposes them.
 */
export function trainingCall(
  layer: Differentiable,
  x: tf.Tensor2D,
  returns: 'reconstruction' | 'codes',
  weights: readonly tf.Tensor[],
  onCodes?: (codes: tf.Tensor2D) => void,
): { output: tf.Tensor2D; loss: tf.Scalar } {
  let shape: [number, number] = [0, 0];
  const packed = tf.customGrad((...inputsAndSave) => {
    const [input] = inputsAndSave as [tf.Tensor2D];
    const save = inputsAndSave[inputsAndSave.length - 1] as tf.GradSaveFunc;
    // Before the step is counted, since later ones depend on the count.
    const prefixes = layer.trainedPrefixes;
    const pass = layer.forward(input, input, true);
    onCodes?.(pass.codes);
    const output = pass[returns];
    shape = output.shape;
    const names = Object.keys(pass.saved);
    save(Object.values(pass.saved));
    return {
      value: tf.concat([tf.reshape(output, [-1]), tf.reshape(pass.loss, [1])]),
      gradFunc: (dPacked: tf.Tensor, tensors: tf.Tensor[]) => {
        const saved = Object.fromEntries(names.map((name, i) => [name, tensors[i]])) as Saved;
        const [dOutput, dLoss] = unpack(dPacked as tf.Tensor1D, shape);
        const dReturned = returns === 'codes' ? { dCodes: dOutput } : { dReconstruction: dOutput };
        const gradients = layer.backward(saved, { dLoss, prefixes, ...dReturned });
        return [gradients.input(), ...layer.gradientList(gradients)];
      },
    };
  })(x, ...weights);
  const [output, loss] = unpack(packed as tf.Tensor1D, shape);
  return { output, loss };
}

function unpack(packed: tf.Tensor1D, shape: [number, number]): [tf.Tensor2D, tf.Scalar] {
  const size = shape[0] * shape[1];
  return [
    tf.reshape(tf.slice(packed, 0, size), shape),
    tf.reshape(tf.slice(packed, size, 1), []) as tf.Scalar,
  ];
}

/**
 * Runs `act` right after an optimizer has written `variable`.
 *
 * `model.fit` of an ordinary tfjs model has no hook after the optimizer, and never applies weight
 * constraints; the one thing that every tf.Optimizer does is `variable.assign`. A write after a
 * recorded forward pass within the same synchronous run counts as the optimizer's: `minimize` never
 * waits, and it may write twice if tfjs lists a shared layer's weights twice.
 *
 * @returns a function to call in a recorded forward pass: the next write is the optimizer's.
 */
export function afterOptimizerUpdate(variable: tf.Variable, act: () => void): () => void {
  let updateExpected = false;
  const assign = variable.assign.bind(variable);
  variable.assign = (value) => {
    assign(value);
    if (updateExpected) act();
  };
  return () => {
    updateExpected = true;
    queueMicrotask(() => {
      updateExpected = false;
    });
  };
}
