import * as tf from '@tensorflow/tfjs-core';
import { initializers, type LayerVariable } from '@tensorflow/tfjs-layers';
import { notBuilt, wrongWeight, wrongWeightCount, wrongWeightShape } from '../errors';
import type { EncoderSpec, StateSpec, WeightSpec } from './contract';

/** What an architecture says of its weights. */
interface Named {
  readonly encodingDim: number;
  readonly skip: boolean;
  /** Whether the encoder's matrix is drawn, or made of the decoder's later. */
  readonly encoderStart: 'glorot' | 'decoder';
  readonly encoder: EncoderSpec;
  readonly states: Readonly<Record<string, StateSpec>>;
}

/**
 * All weights in the order of files: the encoder's, the decoder's, the skip connection's, and what has
 * no gradient.
 */
export function weightSpecs(
  { encodingDim: features, encoder, encoderStart, skip, states }: Named,
  inputDim: number,
  outputDim: number,
): WeightSpec[] {
  const vectors = Object.entries(encoder.vectors);
  const trained: Omit<WeightSpec, 'trainable'>[] = [
    {
      ...{ name: encoder.matrix, shape: [inputDim, features] },
      start: encoderStart === 'glorot' ? 'glorotUniform' : 0,
    },
    ...vectors.map(([name, { start }]) => ({ name, shape: [features], start })),
    { name: 'W_dec', shape: [features, outputDim], start: 'glorotUniform' },
    { name: 'b_dec', shape: [outputDim], start: 0 },
  ];
  if (skip) trained.push({ name: 'W_skip', shape: [inputDim, outputDim], start: 0 });
  return [
    ...trained.map((spec) => ({ ...spec, trainable: true })),
    ...Object.entries(states).map(([name, { of, start }]) => {
      return { name, shape: of === 'feature' ? [features] : [], start, trainable: false };
    }),
  ];
}

/** What a weight starts from. */
export const initializerOf = ({ start }: WeightSpec, seed: number | undefined) =>
  start === 'glorotUniform'
    ? initializers.glorotUniform({ seed } as { seed: number })
    : initializers.constant({ value: start });

/** A dictionary's weights by their names, in the order of files. */
export class NamedWeights {
  private readonly named = new Map<string, LayerVariable>();
  /** Called before a weight is read: for whoever keeps newer ones elsewhere. */
  beforeReading: () => void = () => {};

  /**
   * @param where how errors name the layer
   * @param isState whether a weight has no gradient: nobody keeps a newer one of these elsewhere
   */
  constructor(
    private readonly where: () => string,
    private readonly isState: (name: string) => boolean,
  ) {}

  add(name: string, weight: LayerVariable): void {
    this.named.set(name, weight);
  }

  /**
   * The variable of a weight, brought up to date.
   *
   * @throws SAE_STATE before the layer is built.
   */
  of(name: string): LayerVariable {
    const weight = this.named.get(name);
    if (weight === undefined) throw notBuilt(this.where());
    if (!this.isState(name)) this.beforeReading();
    return weight;
  }

  /** All of them with their names, brought up to date. */
  get entries(): [string, LayerVariable][] {
    this.beforeReading();
    return [...this.named];
  }

  /** Those that have a gradient, as they were last written. */
  get learntByGradient(): LayerVariable[] {
    return [...this.named].filter(([name]) => !this.isState(name)).map(([, weight]) => weight);
  }

  /** The names of those that an optimizer moves. */
  get trainable(): string[] {
    return [...this.named].filter(([, { trainable }]) => trainable).map(([name]) => name);
  }

  /**
   * Whether a tensor can be the weight of this name.
   *
   * @throws SAE_SHAPE where it cannot.
   */
  check(name: string, given: tf.Tensor): void {
    if (!(given instanceof tf.Tensor) || given.dtype !== 'float32') {
      throw wrongWeight(this.where(), name, given);
    }
    const expected = this.of(name).shape;
    if (!tf.util.arraysEqual(expected as number[], given.shape)) {
      throw wrongWeightShape(this.where(), name, expected, given.shape);
    }
  }

  /**
   * Whether these can be the weights of such variables.
   *
   * @throws SAE_SHAPE where they cannot.
   */
  checkAll(variables: readonly LayerVariable[], given: readonly tf.Tensor[]): void {
    const nameOf = new Map([...this.named].map(([name, variable]) => [variable, name]));
    const names = variables.map((variable) => nameOf.get(variable) as string);
    const count = Array.isArray(given) ? given.length : 0;
    if (!Array.isArray(given) || count !== names.length) {
      throw wrongWeightCount(this.where(), names, count);
    }
    given.forEach((w, i) => {
      this.check(names[i] as string, w);
    });
  }
}
