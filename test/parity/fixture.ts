import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { GatedSAE, KerasAdam, type LearningRateSchedule, WarmupCosineDecay } from '../../src';

/** What python-interop/make_fixtures.py has written. */
export const FIXTURES = join(__dirname, 'fixtures');

export const WEIGHTS = ['W_gate', 'b_gate', 'r_mag', 'b_mag', 'W_dec', 'b_dec'] as const;
export const LOSSES = ['loss', 'L_reconstruct', 'L_sparsity', 'L_aux'] as const;

export interface ArrayJSON {
  shape: number[];
  dtype: 'float32' | 'float64';
  base64: string;
}
export type Weights = Record<(typeof WEIGHTS)[number], ArrayJSON>;
export interface OptimizerJSON {
  learning_rate: number | ScheduleJSON;
  beta_1: number;
  beta_2: number;
  epsilon: number;
}
export interface ScheduleJSON {
  peak_lr: number;
  warmup_steps: number;
  total_steps: number;
}
type Losses = Record<(typeof LOSSES)[number], number>;
export interface Case {
  case: string;
  config: {
    input_dim: number;
    encoding_dim: number;
    lambda_sparse: number;
    aux_weight: number;
    clip_norm: number | null;
  };
  optimizer: OptimizerJSON;
  weights: Weights;
  batches: ArrayJSON[];
  steps: (Losses & { grad_norm: number; gradients: Weights })[];
  weights_after: Record<string, Weights>;
  evaluate: Losses;
  forward: Record<'codes' | 'pi_gate' | 'relu_pi_gate' | 'reconstruction', ArrayJSON>;
  sparsity_report: Record<string, number>;
  decoder_sharpness: { per_feature: ArrayJSON; mean: number };
}

export const read = <T>(name: string): T =>
  JSON.parse(readFileSync(join(FIXTURES, `${name}.json`), 'utf8')) as T;

export function numbers({ dtype, base64 }: ArrayJSON): Float32Array | Float64Array {
  const bytes = Uint8Array.from(Buffer.from(base64, 'base64'));
  return dtype === 'float64' ? new Float64Array(bytes.buffer) : new Float32Array(bytes.buffer);
}

export const tensor = (array: ArrayJSON): tf.Tensor =>
  tf.tensor(Float32Array.from(numbers(array)), array.shape);

export function schedule(json: ScheduleJSON): LearningRateSchedule {
  const { peak_lr: peakLr, warmup_steps: warmupSteps, total_steps: totalSteps } = json;
  return new WarmupCosineDecay({ peakLr, warmupSteps, totalSteps });
}

export function adam({ learning_rate, beta_1, beta_2, epsilon }: OptimizerJSON): KerasAdam {
  const learningRate = typeof learning_rate === 'number' ? learning_rate : schedule(learning_rate);
  return new KerasAdam({ learningRate, beta1: beta_1, beta2: beta_2, epsilon });
}

/** A model of a Python config; the caller disposes it. */
export function modelOf(config: Case['config']): GatedSAE {
  return new GatedSAE({
    inputDim: config.input_dim,
    encodingDim: config.encoding_dim,
    lambdaSparse: config.lambda_sparse,
    auxWeight: config.aux_weight,
    clipNorm: config.clip_norm,
  });
}

/** The model of a case, at the weights it starts from; the caller disposes it. */
export function model({ config, weights }: Case): GatedSAE {
  const sae = modelOf(config);
  setWeights(sae, weights);
  return sae;
}

export function setWeights(sae: GatedSAE, weights: Weights): void {
  tf.tidy(() => sae.setWeights(WEIGHTS.map((name) => tensor(weights[name]))));
}

const largest = (values: ArrayLike<number>) =>
  Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** The largest difference of two arrays. */
export function difference(ours: ArrayLike<number>, theirs: ArrayLike<number>): number {
  expect(ours.length).toBe(theirs.length);
  return largest(Array.from(ours, (value, i) => value - (theirs[i] as number)));
}

/** The largest difference of two arrays, in units of the second's largest value. */
export function relativeDifference(ours: ArrayLike<number>, theirs: ArrayLike<number>): number {
  const most = largest(theirs);
  const apart = difference(ours, theirs);
  return most === 0 ? apart : apart / most;
}

/**
 * What parity came to, by quantity: the largest of each is kept, and written down for the test
 * command to print.
 */
export class Figures {
  private readonly worst = new Map<string, { value: number; limit: number; in: string }>();

  constructor(private readonly title: string) {}

  /** Expects `value` to be within `limit`, and remembers it. */
  within(limit: number, quantity: string, value: number, where: string): void {
    const before = this.worst.get(quantity);
    if (!(before && before.value >= value)) this.worst.set(quantity, { value, limit, in: where });
    if (!(value <= limit)) throw new Error(`${where}: ${quantity} differs by ${value} > ${limit}`);
  }

  write(): void {
    const folder = join(__dirname, '..', '..', '.cache', 'parity');
    mkdirSync(folder, { recursive: true });
    const rows = [...this.worst].map(([quantity, figure]) => ({ quantity, ...figure }));
    const title = `${this.title}, ${tf.getBackend()}`;
    const file = `${title.replace(/\W+/g, '-')}.json`;
    writeFileSync(join(folder, file), JSON.stringify({ title, rows }));
  }
}
