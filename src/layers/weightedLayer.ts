import * as tf from '@tensorflow/tfjs-core';
import { initializers, type LayerVariable, layers } from '@tensorflow/tfjs-layers';
import {
  disposedModel,
  notBuilt,
  wrongWeight,
  wrongWeightCount,
  wrongWeightShape,
} from '../errors';
import { normOf } from '../math/norms';
import type { EncoderSpec, StateSpec, WeightSpec } from './contract';

/** A layer with the weights of a dictionary, by name: creates, reads and writes them. */
export abstract class WeightedLayer extends layers.Layer {
  /** Number of features in the dictionary. */
  abstract readonly encodingDim: number;
  /** Whether `x · W_skip` is added to the reconstruction. */
  abstract readonly skip: boolean;
  /**
   * The initial values of the encoder's matrix.
   *
   * @internal
   */
  abstract readonly encoderStart: 'glorot' | 'decoder';
  /** The encoder's weights; the decoder's W_dec and b_dec follow. */
  abstract readonly encoder: EncoderSpec;
  /**
   * Everything that is learnt without a gradient, in the order of files.
   *
   * @internal
   */
  abstract get states(): Readonly<Record<string, StateSpec>>;

  /** The weights by name, in the order of files. */
  private readonly named = new Map<string, LayerVariable>();
  private beforeReading: () => void = () => {};

  /**
   * Creates the weights, each with its own seed: equal seeds would give equal numbers.
   *
   * @param seed undefined for random weights
   * @internal
   */
  protected makeWeights(inputDim: number, outputDim: number, seed: number | undefined): void {
    this.weightSpecs(inputDim, outputDim).forEach(({ name, shape, start, trainable }, i) => {
      const own = { seed: seed === undefined ? undefined : seed + i } as { seed: number };
      const initializer =
        start === 'glorotUniform'
          ? initializers.glorotUniform(own)
          : initializers.constant({ value: start });
      const weight = this.addWeight(name, shape, 'float32', initializer, undefined, trainable);
      this.named.set(name, weight);
    });
    if (this.encoderStart === 'decoder')
      startFromDecoder(this.wDec, this.weight(this.encoder.matrix));
  }

  /**
   * Returns all weights in the order of files: the encoder's, the decoder's, the skip connection's,
   * the states.
   */
  private weightSpecs(inputDim: number, outputDim: number): WeightSpec[] {
    const { encodingDim: features, encoder, encoderStart } = this;
    const { matrix, vectors } = encoder;
    const drawn = encoderStart === 'glorot' ? 'glorotUniform' : 0;
    const skip = { name: 'W_skip', shape: [inputDim, outputDim], start: 0, trainable: true };
    return [
      { name: matrix, shape: [inputDim, features], start: drawn, trainable: true },
      ...Object.entries(vectors).map(([name, { start }]) => {
        return { name, shape: [features], start, trainable: true };
      }),
      { name: 'W_dec', shape: [features, outputDim], start: 'glorotUniform', trainable: true },
      { name: 'b_dec', shape: [outputDim], start: 0, trainable: true },
      ...(this.skip ? [skip] : []),
      ...Object.entries(this.states).map(([name, { of, start }]) => {
        return { name, shape: of === 'feature' ? [features] : [], start, trainable: false };
      }),
    ];
  }

  /**
   * Width of the rows.
   *
   * @throws SAE_STATE before the layer is built, which happens when it first receives an input.
   */
  get inputDim(): number {
    return this.weight(this.encoder.matrix).shape[0] as number;
  }

  /**
   * Width of the reconstructions: the same as `inputDim`, unless `outputDim` says otherwise.
   *
   * @throws SAE_STATE before the layer is built, which happens when it first receives an input.
   */
  get outputDim(): number {
    return this.wDec.shape[1] as number;
  }

  /**
   * The dictionary: `[features, outputDim]`, one row per feature, of norm 1 once trained unless
   * rows are free.
   */
  get wDec(): LayerVariable {
    return this.weight('W_dec');
  }

  /** The bias of the reconstruction: `[outputDim]`. */
  get bDec(): LayerVariable {
    return this.weight('b_dec');
  }

  /**
   * Returns the variable of a weight, up to date.
   *
   * @param name a name from `encoder`, or `W_dec`, `b_dec`
   * @throws SAE_STATE before the layer is built.
   */
  protected weight(name: string): LayerVariable {
    const weight = this.named.get(name);
    if (weight === undefined) throw notBuilt(this.where);
    // What has no gradient is never newer anywhere else.
    if (!(name in this.states)) this.beforeReading();
    return weight;
  }

  /**
   * Returns the value of a weight.
   *
   * @typeParam T the weight's rank
   * @param name a name from `encoder`, or `W_dec`, `b_dec`
   * @returns a tensor that remains the layer's: do not dispose it.
   * @throws SAE_STATE before the layer is built.
   */
  read<T extends tf.Tensor>(name: string): T {
    return this.weight(name).read() as T;
  }

  /** Every weight, up to date, in the order of files: the encoder's, `W_dec`, `b_dec`. */
  override get weights(): LayerVariable[] {
    this.beforeReading();
    return super.weights;
  }

  /**
   * Every weight with its own name.
   *
   * @internal
   */
  get namedWeights(): readonly (readonly [string, LayerVariable])[] {
    this.beforeReading();
    return [...this.named];
  }

  /**
   * The weights that have a gradient, in the order of files, as they were last written.
   *
   * @internal
   */
  get variables(): LayerVariable[] {
    return [...this.named].filter(([name]) => !(name in this.states)).map(([, weight]) => weight);
  }

  /**
   * The names of the weights that an optimizer updates, in the order of `trainableWeights`.
   *
   * @internal
   */
  get trainedNames(): string[] {
    return [...this.named].filter(([, { trainable }]) => trainable).map(([name]) => name);
  }

  /**
   * The variables of what is learnt without a gradient, in the order of `states`.
   *
   * @internal
   */
  get stateVariables(): LayerVariable[] {
    return Object.keys(this.states).map((name) => this.weight(name));
  }

  /**
   * Writes what is learnt without a gradient.
   *
   * @param next new values by name; they remain the caller's
   * @internal
   */
  writeStates(next: Readonly<Record<string, tf.Tensor>>): void {
    for (const [name, value] of Object.entries(next)) this.weight(name).write(value);
  }

  /**
   * Registers a function to call before the weights are read, for an object that keeps newer ones.
   *
   * @internal
   */
  syncBeforeReading(sync: () => void): void {
    this.beforeReading = sync;
  }

  /**
   * Replaces the layer's weights; the new ones are copied.
   *
   * @param weights in the order of `weights`; they remain the caller's
   * @throws SAE_SHAPE for a wrong number of weights, or a weight of a wrong shape.
   */
  override setWeights(weights: tf.Tensor[]): void {
    const nameOf = new Map([...this.named].map(([name, variable]) => [variable, name]));
    const names = this.weights.map((variable) => nameOf.get(variable) as string);
    const count = Array.isArray(weights) ? weights.length : 0;
    if (!Array.isArray(weights) || count !== names.length) {
      throw wrongWeightCount(this.where, names, count);
    }
    weights.forEach((weight, i) => {
      this.checkWeight(names[i] as string, weight);
    });
    super.setWeights(weights);
  }

  /**
   * Checks that a tensor can be the weight with this name.
   *
   * @throws SAE_SHAPE if it cannot.
   * @internal
   */
  checkWeight(name: string, given: tf.Tensor): void {
    if (!(given instanceof tf.Tensor) || given.dtype !== 'float32') {
      throw wrongWeight(this.where, name, given);
    }
    const expected = this.weight(name).shape;
    if (!tf.util.arraysEqual(expected as number[], given.shape)) {
      throw wrongWeightShape(this.where, name, expected, given.shape);
    }
  }

  /** Disposes the weights. Disposing twice is harmless. */
  override dispose(): ReturnType<layers.Layer['dispose']> {
    if (this._refCount === 0) return { refCountAfterDispose: 0, numDisposedVariables: 0 };
    const result = super.dispose();
    if (this._refCount === 0) this.beforeReading = () => this.assertNotDisposed();
    return result;
  }

  /**
   * @throws SAE_STATE after `dispose`.
   * @internal
   */
  protected override assertNotDisposed(): void {
    if (this._refCount === 0) throw disposedModel(this.where);
  }

  /**
   * How errors refer to it.
   *
   * @internal
   */
  protected get where(): string {
    return `${this.getClassName()} "${this.name}"`;
  }
}

/**
 * Scales the rows of a new decoder to norm 1, and sets the encoder's matrix to its transpose. It
 * does not use tfjs's backend, so a seed gives the same numbers on every one.
 *
 * @param decoder `[features, inputDim]`
 * @param matrix the encoder's matrix, `[inputDim, features]`
 */
function startFromDecoder(decoder: LayerVariable, matrix: LayerVariable): void {
  const [features, width] = decoder.shape as [number, number];
  // Those of a blueprint have a shape but no values.
  if (decoder.read().size !== features * width) return;
  const rows = decoder.read().dataSync<'float32'>().slice();
  const columns = new Float32Array(rows.length);
  for (let feature = 0; feature < features; feature++) {
    const row = rows.subarray(feature * width, (feature + 1) * width);
    const norm = normOf(row) || 1;
    row.forEach((value, i) => {
      row[i] = value / norm;
      columns[i * features + feature] = row[i] as number;
    });
  }
  tf.tidy(() => {
    decoder.write(tf.tensor2d(rows, [features, width]));
    matrix.write(tf.tensor2d(columns, [width, features]));
  });
}
