/**
 * `npm run bench`: one training step at the quickstart's size, side by side in one run.
 *
 * Ours and autodiff of the same formulas take turns, so that a machine whose speed drifts slows
 * both; what is printed are medians and their ratio.
 */
import { cpus } from 'node:os';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { GatedSAE, KerasAdam, useFastMatMul } from '../../src';
import { unitRows } from '../../src/math/norms';
import { pass } from '../reference/gated';

const SIZE = { batch: 256, inputDim: 784, encodingDim: 6272 };
const ROUNDS = 4;
/** How many times faster than autodiff ours is to be. */
const WANTED_RATIO = 8;

interface Contestant {
  name: string;
  backend: string;
  step: () => Promise<void>;
  milliseconds: number[];
}

async function main(): Promise<void> {
  const contestants = [...wasm(), ...(await native())];
  for (const contestant of contestants) await timed(contestant); // warms up: not counted
  for (const contestant of contestants) contestant.milliseconds = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const contestant of contestants) await timed(contestant);
  }
  report(contestants);
}

/** What trains at the quickstart's size; everything it holds lasts as long as the process. */
function trainee() {
  const { inputDim, encodingDim } = SIZE;
  const sae = new GatedSAE({ inputDim, encodingDim, auxWeight: 0.1, seed: 1 });
  sae.compile({ optimizer: new KerasAdam({ learningRate: 1e-4, beta1: 0 }) });
  const x = tf.randomUniform([SIZE.batch, SIZE.inputDim], 0, 1, 'float32', 1) as tf.Tensor2D;
  return { sae, x };
}

function wasm(): Contestant[] {
  const asTfjsHasIt = tf.getKernel('BatchMatMul', 'wasm') as tf.KernelConfig;
  const slowMatMul = () => {
    tf.unregisterKernel('BatchMatMul', 'wasm');
    tf.registerKernel(asTfjsHasIt);
  };
  const { ours, naive } = steps();
  return [
    { name: 'autodiff of the formulas', prepare: slowMatMul, step: naive },
    { name: 'autodiff, with our matMul', prepare: useFastMatMul, step: naive },
    { name: 'GatedSAE, tensor step', prepare: useFastMatMul, step: ours },
  ].map(({ name, prepare, step }) => ({
    name,
    backend: 'wasm',
    milliseconds: [],
    step: async () => {
      prepare();
      await step();
    },
  }));
}

/** The same on TensorFlow's own kernels, where tfjs-node is installed. */
async function native(): Promise<Contestant[]> {
  const name = '@tensorflow/tfjs-node';
  try {
    await import(name);
  } catch {
    console.log(`${name} is not installed: no column for it.`);
    return [];
  }
  const { ours, naive } = steps();
  return [
    { name: 'autodiff of the formulas', backend: 'tensorflow', step: naive, milliseconds: [] },
    { name: 'GatedSAE, tensor step', backend: 'tensorflow', step: ours, milliseconds: [] },
  ];
}

/** One step each of ours and of autodiff, on the backend that is set when they first run. */
function steps() {
  let made: ReturnType<typeof trainee> | undefined;
  const get = () => {
    made ??= trainee();
    return made;
  };
  const ours = async () => {
    const { sae, x } = get();
    await sae.trainOnBatch(x);
  };
  const naive = async () => {
    const { sae, x } = get();
    const loss = tf.tidy(() => {
      const weights = Object.fromEntries(
        sae.weights.map((w) => [w.originalName.split('/').pop() as string, w.read()]),
      );
      const variables = sae.weights.map((w) => w.read() as tf.Variable);
      const { value, grads } = tf.variableGrads(
        () => pass(x, x, weights, sae.sae.options as never).loss,
        variables,
      );
      const norm = tf.sqrt(tf.addN(Object.values(grads).map((g) => tf.sum(tf.square(g)))));
      const factor = tf.minimum(1, tf.div(1, norm));
      const clipped = variables.map(({ name }) => ({
        name,
        tensor: tf.mul(grads[name] as tf.Tensor, factor),
      }));
      sae.optimizer.applyGradients(clipped);
      sae.sae.wDec.write(unitRows(sae.sae.wDec.read() as tf.Tensor2D));
      return value;
    });
    await loss.data();
    loss.dispose();
  };
  return { ours, naive };
}

async function timed(contestant: Contestant): Promise<void> {
  await tf.setBackend(contestant.backend);
  const start = performance.now();
  await contestant.step();
  contestant.milliseconds.push(performance.now() - start);
}

const median = (values: number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] as number) + (sorted[Math.floor(middle)] as number)) / 2;
};

function report(contestants: Contestant[]): void {
  const { batch, inputDim, encodingDim } = SIZE;
  const [cpu] = cpus();
  console.log(`\nOne training step, ${inputDim} → ${encodingDim}, batch ${batch}`);
  console.log(`${cpu?.model} × ${cpus().length}, Node ${process.version}, tfjs ${tf.version.tfjs}`);
  console.log(`medians of ${ROUNDS} rounds in turn (fastest to slowest)\n`);
  const best = (name: string) =>
    contestants.find((c) => c.name === name && c.backend === 'wasm') as Contestant;
  const ours = median(best('GatedSAE, tensor step').milliseconds);
  for (const { name, backend, milliseconds } of contestants) {
    const ms = median(milliseconds);
    const range = `${Math.min(...milliseconds).toFixed(0)}–${Math.max(...milliseconds).toFixed(0)}`;
    const columns = [
      name.padEnd(28),
      backend.padEnd(12),
      `${ms.toFixed(0)} ms`.padStart(9),
      `(${range})`.padStart(14),
      `${(ms / ours).toFixed(2)} × ours`.padStart(16),
    ];
    console.log(columns.join(''));
  }
  const ratio = median(best('autodiff of the formulas').milliseconds) / ours;
  console.log(`\nautodiff : ours on wasm = ${ratio.toFixed(1)} (wanted: at least ${WANTED_RATIO})`);
  console.log(
    `peak memory of this process ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`,
  );
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
