import * as tf from '@tensorflow/tfjs';
import {
  ARCHITECTURES,
  type Architecture,
  type SAEModel,
  type SparseAutoencoderLayer,
  type StepName,
} from '../../src';
import { differs, REPEATED } from '../backends/differences';
import { type NamedWeights, REFERENCES, type Reference } from '../reference';

export const INPUT_DIM = 6;
export const FEATURES = 10;

/** One architecture, as the conformance tests take it. */
export interface Subject {
  name: string;
  /** The model's. */
  className: string;
  /** The options by which its loss is another than by default. */
  form: Record<string, unknown>;
  model(args?: Record<string, unknown>): SAEModel;
  layer(args?: Record<string, unknown>): SparseAutoencoderLayer;
  /** The bodies of the step that can train it: the sparse one where it has kernels. */
  steps: Exclude<StepName, 'auto'>[];
  /** A λ other than the default, where the architecture has one. */
  lambda: { lambdaSparse?: number };
  reference: Reference;
}

/** An architecture with options, its own default ones beside them. */
function subjectOf(name: string, form: Record<string, unknown> = {}): Subject {
  const { model: Model, layer: Layer, optionNames } = ARCHITECTURES[name] as Architecture;
  const options = { ...REFERENCES[name]?.options, ...form };
  return {
    name,
    className: Model.className,
    form,
    model: (args = {}) =>
      new Model({
        ...{ inputDim: INPUT_DIM, encodingDim: FEATURES, seed: 1, ...options, ...args },
      } as never),
    layer: (args = {}) =>
      new Layer({ ...{ encodingDim: FEATURES, seed: 1, ...options, ...args } } as never),
    steps: new Layer({ encodingDim: 1 }).kernels ? ['sparse', 'tensor'] : ['tensor'],
    lambda: optionNames.includes('lambdaSparse') ? { lambdaSparse: 0.25 } : {},
    reference: REFERENCES[name]?.pass as Reference,
  };
}

/** Every architecture that the library knows: a new one is held to all of this by being listed. */
export const SUBJECTS: [string, Subject][] = Object.keys(ARCHITECTURES).map((name) => [
  name,
  subjectOf(name),
]);

/** Every architecture, and every other loss that one has. */
export const FORMS: [string, Subject][] = SUBJECTS.flatMap(([name, subject]) => [
  [name, subject],
  ...Object.entries(REFERENCES[name]?.forms ?? {}).map(([form, options]): [string, Subject] => [
    `${name}, ${form}`,
    subjectOf(name, options),
  ]),
]);

/** Every architecture, trained by every body of the step. */
export const CASES = SUBJECTS.flatMap(([name, subject]) =>
  subject.steps.map((step) => [`${name}, ${step} step`, subject, step] as const),
);

/** Rows that look random and are the same every time; the caller disposes them. */
export const rows = (count: number, seed = 1, width = INPUT_DIM): tf.Tensor2D =>
  tf.randomNormal([count, width], 0, 1, 'float32', seed) as tf.Tensor2D;

/** A layer's weights by name; they stay the layer's. */
export const named = (layer: SparseAutoencoderLayer): NamedWeights =>
  Object.fromEntries(
    layer.weights.map((w) => [w.originalName.split('/').pop() as string, w.read()]),
  );

/** Moves every weight away from where it starts, so that none is zero or shared by chance. */
export function stir(layer: SparseAutoencoderLayer, seed = 7): void {
  tf.tidy(() => {
    layer.weights.forEach((weight, i) => {
      const noise = tf.randomNormal(weight.shape as number[], 0, 0.3, 'float32', seed + i);
      weight.write(tf.add(weight.read(), noise));
    });
  });
}

export const values = (t: tf.Tensor): number[] => Array.from(t.dataSync());

/** Scalars as numbers, which are disposed. */
export function scalars(list: tf.Scalar[]): number[] {
  const numbers = list.map((scalar) => scalar.dataSync()[0] as number);
  tf.dispose(list);
  return numbers;
}

/** Gives up models, with the optimizers that train them. */
export function end(...models: SAEModel[]): void {
  for (const model of models) {
    const { optimizer } = model;
    model.dispose();
    optimizer.dispose();
  }
}

/** A matrix's numbers row by row; −0, which some backends have, is 0. */
export const rowValues = (t: tf.Tensor2D): number[][] =>
  t.arraySync().map((row) => row.map((value) => value + 0));

export function expectClose(ours: tf.Tensor, theirs: tf.Tensor, tolerance = 1e-5): void {
  expect(ours.shape).toEqual(theirs.shape);
  const [a, b] = [values(ours), values(theirs)];
  const size = Math.max(1, ...b.map(Math.abs));
  const apart = Math.max(0, ...a.map((value, i) => Math.abs(value - (b[i] as number))));
  expect(apart / size).toBeLessThanOrEqual(tolerance);
}

/** The same numbers, to the bit where a backend repeats itself. */
export function expectSame(ours: tf.Tensor, theirs: tf.Tensor): void {
  if (differs('repeated')) {
    expectClose(ours, theirs, REPEATED);
    return;
  }
  expect(ours.shape).toEqual(theirs.shape);
  expect(values(ours)).toEqual(values(theirs));
}

/** What a weight is after a step that has brought it so far: unit rows, and vectors within their bounds. */
export function settled(layer: SparseAutoencoderLayer, path: string, next: tf.Tensor): tf.Tensor {
  const name = path.split('/').pop() as string;
  if (name.startsWith('W_dec')) return tf.div(next, tf.norm(next, 2, 1, true));
  const { least } = layer.encoder.vectors[name] ?? {};
  return least === undefined ? next : tf.maximum(next, least);
}

export function expectUnitRows(layer: SparseAutoencoderLayer): void {
  tf.tidy(() => {
    for (const norm of values(tf.norm(layer.wDec.read(), 2, 1))) expect(norm).toBeCloseTo(1, 5);
  });
}
