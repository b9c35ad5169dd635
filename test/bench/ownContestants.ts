import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import type { SAEModel, StepName } from '../../src';
import { restoreOldUtil } from '../../src/backends/olderNode';
import { unitRows } from '../../src/math/norms';
import { pass } from '../reference/gated';
import { OwnContestant } from './contestant';
import { modelIn, type State } from './state';

/** Before anybody of this library has put a faster one in its place. */
const MAT_MUL_OF_TFJS = tf.getKernel('BatchMatMul', 'wasm') as tf.KernelConfig;
const NODE_BACKEND = '@tensorflow/tfjs-node';

/** What a step needs of a state. */
export type Start = Pick<State, 'batch' | 'inputDim' | 'features' | 'weights' | 'x'>;

const batchOf = ({ x, batch, inputDim }: Start) => tf.tensor2d(x, [batch, inputDim]);

/** A step of this library, by `trainOnBatch`. */
export async function libraryStep(
  name: string,
  state: Start,
  { backend = 'wasm', ...compile }: { backend?: string; step: StepName; threads?: number },
): Promise<OwnContestant> {
  await tf.setBackend(backend);
  return stepOf(name, modelIn(state, compile), batchOf(state), backend);
}

/** A step of a model that is compiled, by `trainOnBatch`; it and the batch are disposed at the end. */
export function stepOf(
  name: string,
  sae: SAEModel,
  x: tf.Tensor2D,
  backend = 'wasm',
): OwnContestant {
  const step = async () => ((await sae.trainOnBatch(x)) as number[])[0] as number;
  return new OwnContestant(name, step, disposal(sae, x), () => tf.setBackend(backend));
}

/** `tf.variableGrads` of the formulas as they are written, with tfjs's own product. */
export async function naiveAutodiff(name: string, state: State): Promise<OwnContestant> {
  await tf.setBackend('wasm');
  const sae = modelIn(state);
  const x = batchOf(state);
  const variables = sae.weights.map((weight) => weight.read() as tf.Variable);
  const names = sae.weights.map((weight) => weight.originalName.split('/').pop() as string);
  const options = { ...sae.sae.options };
  const lossOf = () =>
    pass(x, x, Object.fromEntries(names.map((n, i) => [n, variables[i] as tf.Tensor])), options)
      .loss;

  const step = async () => {
    const loss = tf.tidy(() => {
      const { value, grads } = tf.variableGrads(lossOf, variables);
      const norm = tf.sqrt(tf.addN(Object.values(grads).map((g) => tf.sum(tf.square(g)))));
      const factor = tf.minimum(1, tf.div(1, norm)); // clipping to norm 1
      const clipped = variables.map(({ name }) => ({
        name,
        tensor: tf.mul(grads[name] as tf.Tensor, factor),
      }));
      sae.optimizer.applyGradients(clipped);
      sae.sae.wDec.write(unitRows(sae.sae.wDec.read() as tf.Tensor2D));
      return value;
    });
    const [number] = await loss.data();
    loss.dispose();
    return number as number;
  };
  return new OwnContestant(name, step, disposal(sae, x), async () => {
    await tf.setBackend('wasm');
    tf.unregisterKernel('BatchMatMul', 'wasm');
    tf.registerKernel(MAT_MUL_OF_TFJS);
  });
}

const disposal = (sae: SAEModel, x: tf.Tensor) => () => {
  sae.optimizer.dispose(); // before it gets back what the kernels keep for it
  sae.dispose();
  x.dispose();
};

/** The version of tfjs-node; undefined where it is not installed, or has no binding. */
export async function tfjsNodeVersion(): Promise<string | undefined> {
  restoreOldUtil();
  try {
    const { version } = (await import(NODE_BACKEND)) as { version: Record<string, string> };
    return version['tfjs-node'] ?? 'installed';
  } catch {
    return undefined;
  }
}
