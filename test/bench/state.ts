import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { GatedSAE, KerasAdam, type StepName } from '../../src';

/** The weights by their names, in the order of the layer. */
export const WEIGHTS = ['W_gate', 'b_gate', 'r_mag', 'b_mag', 'W_dec', 'b_dec'] as const;

/** What every contestant trains with. So low a rate leaves the state as it is; the work is the same. */
export const RECIPE = {
  lambdaSparse: 1e-3,
  auxWeight: 0.1,
  clipNorm: 1,
  learningRate: 1e-6,
  beta1: 0,
  beta2: 0.999,
  epsilon: 1e-7,
} as const;

/** The loss of a state, as one or the other package defines it. */
export interface Losses {
  readonly gatedSae: number;
  readonly saeLens: number;
}

/** Weights and a batch, from which every contestant takes the same step. */
export interface State {
  /** The name of its folder. */
  readonly name: string;
  readonly title: string;
  readonly batch: number;
  readonly inputDim: number;
  readonly features: number;
  /** In the order of {@link WEIGHTS}. */
  readonly weights: readonly Float32Array[];
  /** `[batch, inputDim]` */
  readonly x: Float32Array;
  /** Mean number of codes above 0 in an example of the batch. */
  readonly l0: number;
  readonly losses: Losses;
}

/** A model with a state's weights, compiled to train by the recipe. */
export function modelIn(
  { inputDim, features, weights }: Pick<State, 'inputDim' | 'features' | 'weights'>,
  compile: { step?: StepName; threads?: number } = {},
): GatedSAE {
  const { lambdaSparse, auxWeight, clipNorm, ...adam } = RECIPE;
  const sizes = { inputDim, encodingDim: features };
  const sae = new GatedSAE({ ...sizes, lambdaSparse, auxWeight, clipNorm, seed: 0 });
  tf.tidy(() => {
    const all = shapes(inputDim, features);
    sae.setWeights(all.map((shape, i) => tf.tensor(weights[i] as Float32Array, shape)));
  });
  sae.compile({ optimizer: new KerasAdam(adam), ...compile });
  return sae;
}

/** Of the weights, in their order. */
function shapes(inputDim: number, features: number): number[][] {
  const vectors = [[features], [features], [features]];
  return [[inputDim, features], ...vectors, [features, inputDim], [inputDim]];
}

/** Writes a state for contestants in another process: its recipe and shapes, and raw float32. */
export function writeState(folder: string, state: State): void {
  const { name, l0, batch, inputDim, features } = state;
  const weights = shapes(inputDim, features).map((shape, i) => {
    return [WEIGHTS[i] as string, { shape, values: state.weights[i] as Float32Array }] as const;
  });
  const saeLens = { architecture: 'gated', options: { l1_coefficient: RECIPE.lambdaSparse } };
  writeArrays(
    folder,
    { name, l0, recipe: RECIPE, saeLens },
    { ...Object.fromEntries(weights), x: { shape: [batch, inputDim], values: state.x } },
  );
}

/** Writes arrays as raw float32, and their shapes beside what else there is to say. */
export function writeArrays(
  folder: string,
  meta: object,
  arrays: Readonly<Record<string, { shape: readonly number[]; values: Float32Array }>>,
): void {
  mkdirSync(folder, { recursive: true });
  const all = Object.entries(arrays);
  const shapes = Object.fromEntries(all.map(([name, { shape }]) => [name, shape]));
  writeFileSync(join(folder, 'meta.json'), `${JSON.stringify({ ...meta, shapes }, null, 1)}\n`);
  for (const [name, { values }] of all) writeFloats(join(folder, `${name}.f32`), values);
}

function writeFloats(file: string, values: Float32Array): void {
  const bytes = Buffer.alloc(values.byteLength);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  values.forEach((value, i) => {
    view.setFloat32(4 * i, value, true);
  });
  writeFileSync(file, bytes);
}
