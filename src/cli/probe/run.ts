import * as tf from '@tensorflow/tfjs-core';
import { GatedSAE } from '../../architectures/gated';
import type { BackendPackage } from '../../backends/packages';
import { start } from '../../backends/start';
import type { StepName } from '../../engine/choice';
import type { StepTaken } from '../../engine/trainStep';
import { KerasAdam } from '../../optimizers/kerasAdam';

/** The result of probing a backend in a separate process. */
export type Probe = Working | { readonly problem: string };

/** A backend that loads and computes correctly. */
export interface Working {
  readonly gpu: boolean;
  /** The time until it was loaded and had computed something. */
  readonly startMs: number;
  /** The largest errors of a product and of the losses of a training, relative to their sizes. */
  readonly errors: { readonly matMul: number; readonly step: number };
  readonly speed?: Speed;
}

export interface Speed {
  /** 10⁹ operations per second of a large product. */
  readonly gflops: number;
  /** Rows per second of a training step. */
  readonly rowsPerSecond: number;
  /** What took that step. */
  readonly taken: StepTaken | undefined;
}

/** The allowed error. A GPU may round a product's factors to 10 bits (TF32). */
const ALLOWED = { cpu: 1e-5, gpu: 5e-3 } as const;

/**
 * Starts a backend and checks it: a product against plain sums in double precision, and the losses
 * of a few training steps against those of the kernels, which share no code with any backend.
 *
 * @param timed whether to measure its speed, which takes several seconds
 */
export async function runProbe(
  candidate: BackendPackage,
  folders: readonly string[],
  timed: boolean,
): Promise<Probe> {
  tf.enableProdMode();
  const begin = performance.now();
  const started = await start(candidate, folders);
  if ('problem' in started) return started;
  const startMs = performance.now() - begin;
  const errors = { matMul: await matMulError(), step: await stepError() };
  const allowed = started.gpu ? ALLOWED.gpu : ALLOWED.cpu;
  for (const [what, error] of Object.entries(errors)) {
    // Not "error > allowed", which NaN would pass.
    if (error <= allowed) continue;
    const name = what === 'step' ? 'a training step' : 'a product';
    return {
      problem: `it computes wrongly: ${name} is off by ${error.toExponential(1)} of its size.`,
    };
  }
  return { ...started, startMs, errors, ...(timed ? { speed: await speed() } : {}) };
}

async function matMulError(): Promise<number> {
  const [n, k, m] = [33, 65, 17];
  const a = tf.randomNormal([n, k], 0, 1, 'float32', 1);
  const b = tf.randomNormal([k, m], 0, 1, 'float32', 2);
  const product = tf.matMul(a, b);
  const [x, y, received] = await Promise.all([a.data(), b.data(), product.data()]);
  let error = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      let [sum, size] = [0, 0];
      for (let l = 0; l < k; l++) {
        const term = (x[i * k + l] as number) * (y[l * m + j] as number);
        sum += term;
        size += Math.abs(term);
      }
      const off = Math.abs((received[i * m + j] as number) - sum) / size;
      if (!(off <= error)) error = off;
    }
  }
  tf.dispose([a, b, product]);
  return error;
}

const CHECKED = { inputDim: 24, encodingDim: 96, rows: 64, steps: 5 };

async function stepError(): Promise<number> {
  const tensor = await losses('tensor');
  const sparse = await losses('sparse');
  return tensor.reduce((most, loss, i) => {
    const off = Math.abs(loss / (sparse[i] as number) - 1);
    return off <= most ? most : off;
  }, 0);
}

async function losses(step: StepName): Promise<number[]> {
  const { inputDim, encodingDim, rows, steps } = CHECKED;
  const { sae, x } = training(inputDim, encodingDim, rows, step);
  const seen: number[] = [];
  for (let i = 0; i < steps; i++) seen.push(await lossOfStep(sae, x));
  end(sae, x);
  return seen;
}

function training(inputDim: number, encodingDim: number, rows: number, step: StepName) {
  // A few directions in many dimensions: what a dictionary is made for.
  const x = tf.tidy(() => {
    const directions = tf.randomNormal([16, inputDim], 0, 0.25, 'float32', 3);
    const amounts = tf.relu(tf.randomNormal([rows, 16], 0, 1, 'float32', 4));
    return tf.matMul(amounts, directions) as tf.Tensor2D;
  });
  const sae = new GatedSAE({ inputDim, encodingDim, seed: 1 });
  sae.compile({ optimizer: new KerasAdam({ beta1: 0 }), step });
  return { sae, x };
}

const lossOfStep = async (sae: GatedSAE, x: tf.Tensor2D): Promise<number> =>
  [await sae.trainOnBatch(x)].flat()[0] as number;

function end(sae: GatedSAE, x: tf.Tensor2D): void {
  sae.optimizer.dispose();
  sae.dispose();
  x.dispose();
}

/** As large as is practical on the cpu backend. */
const PRODUCT = [256, 784, 1568] as const;
const TRAINED = { inputDim: 512, encodingDim: 4096, rows: 256 };
/** Enough for caches and clock to settle, and for six steps that choose the fastest. */
const WARM_UP_STEPS = 6;
const MEASURED_MS = 1500;

async function speed(): Promise<Speed> {
  const [n, k, m] = PRODUCT;
  const a = tf.randomNormal([n, k], 0, 1, 'float32', 1);
  const b = tf.randomNormal([k, m], 0, 1, 'float32', 2);
  const product = async () => {
    const result = tf.matMul(a, b);
    await result.data();
    result.dispose();
  };
  const ms = await shortest(product, 1);
  tf.dispose([a, b]);
  const { inputDim, encodingDim, rows } = TRAINED;
  const { sae, x } = training(inputDim, encodingDim, rows, 'auto');
  const stepMs = await shortest(() => lossOfStep(sae, x), WARM_UP_STEPS);
  const taken = sae.stepTaken;
  end(sae, x);
  return { gflops: (2 * n * k * m) / ms / 1e6, rowsPerSecond: (1000 * rows) / stepMs, taken };
}

/**
 * Returns the shortest time of an action in milliseconds: other programs can only make it longer.
 */
async function shortest(act: () => Promise<unknown>, warmUp: number): Promise<number> {
  for (let i = 0; i < warmUp; i++) await act();
  let best = Number.POSITIVE_INFINITY;
  const end = performance.now() + MEASURED_MS;
  do {
    const begin = performance.now();
    await act();
    best = Math.min(best, performance.now() - begin);
  } while (performance.now() < end);
  return best;
}
