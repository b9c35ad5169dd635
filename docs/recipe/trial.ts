import * as tf from '@tensorflow/tfjs';
import {
  explainedVariance,
  GatedSAE,
  KerasAdam,
  ReluSAE,
  SAEError,
  sparsityReport,
  WarmupCosineDecay,
} from 'gated-sae-tfjs';
import { epochOrder } from '../../src/activations/shuffle';
import type { Images } from './images';

/** One training: all that decides how it goes. */
export interface Trial {
  architecture: 'gated' | 'relu';
  encodingDim: number;
  lambdaSparse: number;
  auxWeight: number;
  peakLr: number;
  /** Share of the steps over which the rate rises. */
  warmup: number;
  beta1: number;
  clipNorm: number | null;
  batchSize: number;
  epochs: number;
  /** Whether b_dec starts at the data's mean. */
  decoderBias: boolean;
  /** What all pixels are multiplied with. */
  scale: number;
  seed: number;
}

/** What came of it, on images that it has not seen. */
export interface Outcome {
  /** Optimizer steps that were taken. */
  steps: number;
  /** The error's code where training was ended by one. */
  ended: string | null;
  /** Mean number of active features an image. */
  l0: number;
  /** Share of the variance that the reconstruction keeps. */
  explainedVariance: number;
  /** Features that fire on none of the 2,000 images. */
  dead: number;
  /** See {@link shrinkage}. */
  shrinkage: number;
  /** The last epoch's logs. */
  logs: Record<string, number>;
}

/** What the quickstart does, at a size that takes seconds: one changes one thing at a time. */
export const USUAL: Trial = {
  architecture: 'gated',
  encodingDim: 784,
  lambdaSparse: 0.03,
  auxWeight: 0.1,
  peakLr: 1e-3,
  warmup: 0.1,
  beta1: 0,
  clipNorm: 1,
  batchSize: 128,
  epochs: 4,
  decoderBias: true,
  scale: 1,
  seed: 0,
};

type Model = GatedSAE | ReluSAE;

/** Trains as the trial says; the caller disposes the model. `afterEpoch` may look at it. */
export async function train(
  trial: Trial,
  x: tf.Tensor2D,
  afterEpoch: (model: Model, logs: Record<string, number>) => Promise<void> = async () => {},
): Promise<{ model: Model; logs: Record<string, number>; ended: string | null }> {
  const { architecture, encodingDim, lambdaSparse, auxWeight, clipNorm, seed } = trial;
  const shared = { inputDim: x.shape[1], encodingDim, lambdaSparse, clipNorm, seed };
  const model =
    architecture === 'relu' ? new ReluSAE(shared) : new GatedSAE({ ...shared, auxWeight });
  if (trial.decoderBias) await model.initDecoderBias(x);
  const totalSteps = trial.epochs * Math.ceil(x.shape[0] / trial.batchSize);
  const { peakLr, beta1 } = trial;
  const learningRate = new WarmupCosineDecay({
    peakLr,
    warmupSteps: Math.floor(trial.warmup * totalSteps),
    totalSteps,
  });
  // One thread, so that the numbers do not depend on how many cores there are.
  model.compile({ optimizer: new KerasAdam({ learningRate, beta1 }), threads: 1 });
  let last: Record<string, number> = {};
  let ended: string | null = null;
  try {
    await model.fitDataset(shuffledRows(x, trial), {
      epochs: trial.epochs,
      verbose: 0,
      callbacks: {
        onEpochEnd: async (_, logs) => {
          last = { ...logs } as Record<string, number>;
          await afterEpoch(model, last);
        },
      },
    });
  } catch (error) {
    if (!(error instanceof SAEError)) throw error;
    ended = error.code;
  }
  return { model, logs: last, ended };
}

/** The rows in batches, each epoch in an order of its own, which follows from the seed. */
function shuffledRows(x: tf.Tensor2D, { batchSize, seed }: Trial) {
  const rows = Uint32Array.from({ length: x.shape[0] }, (_, row) => row);
  let epoch = 0;
  return {
    size: Math.ceil(rows.length / batchSize),
    iterator() {
      const order = Int32Array.from(epochOrder(rows, seed, epoch++));
      let start = 0;
      return {
        async next(): Promise<IteratorResult<tf.Tensor2D, null>> {
          if (start >= order.length) return { value: null, done: true };
          const numbers = order.subarray(start, start + batchSize);
          start += batchSize;
          const value = tf.tidy(() => tf.gather(x, tf.tensor1d(numbers, 'int32')));
          return { value, done: false };
        },
      };
    },
  };
}

/** Trains and measures one trial. */
export async function run(given: Partial<Trial>, images: Images): Promise<Outcome> {
  const trial = { ...USUAL, ...given };
  const x = tf.mul<tf.Tensor2D>(images.training, trial.scale);
  const heldOut = tf.mul<tf.Tensor2D>(images.heldOut, trial.scale);
  const { model, logs, ended } = await train(trial, x);
  const outcome = { ...(await measure(model, heldOut)), logs, ended };
  const steps = (model.optimizer as KerasAdam).iterations;
  tf.dispose([x, heldOut]);
  model.dispose();
  return { steps, ...outcome };
}

/** L0, dead features, explained variance and shrinkage on rows. */
export async function measure(model: Model, x: tf.Tensor2D) {
  const { l0Mean, dead } = await sparsityReport(model, x);
  return {
    l0: l0Mean,
    dead,
    explainedVariance: await explainedVariance(model, x),
    shrinkage: await shrinkage(model, x),
  };
}

/**
 * How large reconstructions are, as a share of what would be best: `E‖r‖² / E[r·x]` for
 * reconstructions `r` and rows `x`, both taken from the rows' mean. 1 is right, less has shrunk.
 *
 * It is γ of Rajamanoharan et al. 2024, who take both from 0: there a picture's mean, which b_dec
 * adds whatever fires, would hide most of it.
 */
async function shrinkage(model: Model, x: tf.Tensor2D): Promise<number> {
  const xHat = await model.reconstruct(x);
  const share = tf.tidy(() => {
    const mean = tf.mean(x, 0);
    const r = tf.sub(xHat, mean);
    return tf.div(tf.sum(tf.square(r)), tf.sum(tf.mul(r, tf.sub(x, mean))));
  });
  const [value] = await share.data();
  tf.dispose([xHat, share]);
  return value as number;
}
