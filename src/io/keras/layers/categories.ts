import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { wrongOption } from '../../../errors';
import type { LayerArgs } from '../../../layers/sparseAutoencoder';
import { Preprocessing } from './preprocessing';

/** How categories are output: as numbers, as one vector each, or as one vector for a whole row. */
type OutputMode = 'int' | 'oneHot' | 'multiHot' | 'count';

/** Layers that output encoded categories. */
abstract class Categories extends Preprocessing {
  protected constructor(
    args: LayerArgs,
    own: object,
    private readonly outputMode: OutputMode,
    /** The number of categories. */
    private readonly depth: number,
  ) {
    super(args, own);
  }

  /** Returns the category of each value, int32. */
  protected abstract categories(x: tf.Tensor): tf.Tensor;

  /** @throws SAE_OPTION for rows that are not vectors, if each becomes one vector. */
  override build(inputShape: Shape | Shape[]): void {
    const { length: rank } = inputShape as Shape;
    if (rank > 2 && (this.outputMode === 'multiHot' || this.outputMode === 'count')) {
      const expected = 'a vector of categories for each row';
      throw wrongOption(
        `${this.getClassName()} "${this.name}"`,
        expected,
        `an input of rank ${rank}`,
      );
    }
    super.build(inputShape);
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const shape = inputShape as Shape;
    if (this.outputMode === 'int') return shape;
    const isAlone = shape.length > 1 && shape[shape.length - 1] === 1;
    const isEach = this.outputMode === 'oneHot' && !isAlone;
    return [...(isEach ? shape : shape.slice(0, -1)), this.depth];
  }

  protected compute(x: tf.Tensor): tf.Tensor {
    const found = this.categories(x);
    if (this.outputMode === 'int') return found;
    const each = oneHot(found, this.depth);
    if (this.outputMode === 'multiHot') return tf.max(each, -2);
    if (this.outputMode === 'count') return tf.sum(each, -2);
    const isAlone = x.rank > 1 && x.shape[x.rank - 1] === 1;
    return isAlone ? tf.squeeze(each, [-2 + each.rank]) : each;
  }
}

/**
 * Returns one vector per category: 1 at the category, if it exists, and 0 elsewhere. Uses floats:
 * tfjs's wasm backend has one-hot vectors of integers only, and its webgpu backend later confuses
 * integers with floats.
 */
function oneHot(categories: tf.Tensor, depth: number): tf.Tensor {
  const each = tf.expandDims(tf.cast(categories, 'float32'), -1);
  return tf.step(tf.sub(1, tf.abs(tf.sub(each, tf.range(0, depth)))));
}

/**
 * Keras's CategoryEncoding. That of tfjs-layers has the same options, but changes the shape of its
 * input, and throws for an excess category, which Keras ignores.
 */
export class KerasCategoryEncoding extends Categories {
  static readonly className = 'KerasCategoryEncoding';

  constructor({
    numTokens,
    outputMode = 'multiHot',
    ...args
  }: LayerArgs & { numTokens: number; outputMode?: OutputMode }) {
    super(args, { numTokens, outputMode }, outputMode, numTokens);
  }

  protected categories(x: tf.Tensor): tf.Tensor {
    return tf.cast(x, 'int32');
  }
}

/** Keras's Discretization, which tfjs-layers lacks: the bin that each value falls into. */
export class Discretization extends Categories {
  static readonly className = 'Discretization';
  private readonly bounds: readonly number[];

  constructor({
    binBoundaries,
    outputMode = 'int',
    ...args
  }: LayerArgs & { binBoundaries: readonly number[]; outputMode?: OutputMode }) {
    super(args, { binBoundaries, outputMode }, outputMode, binBoundaries.length + 1);
    this.bounds = binBoundaries;
  }

  /** Returns the number of boundaries at or below each value. */
  protected categories(x: tf.Tensor): tf.Tensor {
    const bounds = tf.tensor1d([...this.bounds], 'float32');
    const isAbove = tf.greaterEqual(tf.expandDims(x, -1), bounds);
    // tfjs's webgpu backend sums booleans only as floats.
    return tf.cast(tf.sum(tf.cast(isAbove, 'float32'), -1), 'int32');
  }
}
