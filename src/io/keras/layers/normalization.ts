import * as tf from '@tensorflow/tfjs-core';
import { initializers, type LayerVariable, type Shape } from '@tensorflow/tfjs-layers';
import { wrongOption } from '../../../errors';
import type { LayerArgs } from '../../../layers/sparseAutoencoder';
import { Preprocessing } from './preprocessing';

/** Numbers in JSON: one, or lists of them. */
export type Numbers = number | readonly Numbers[];

/** Options of a {@link Normalization} besides those of every layer. */
interface NormalizationOptions {
  /** The axes along which each index has its own mean and variance; none for a single one. */
  readonly axis: readonly number[];
  /** Whether it applies the inverse. */
  readonly invert: boolean;
  /** Mean and variance if they are given; null if they are weights. */
  readonly mean: Numbers | null;
  readonly variance: Numbers | null;
}

/** Keeps a deviation of 0 from being a divisor, as in Keras. */
const LEAST_DEVIATION = 1e-7;

/**
 * Keras's Normalization, which tfjs-layers lacks:
 *
 *     y = (x − μ) / max(√σ², 1e-7)        or, inverted, y = x · max(√σ², 1e-7) + μ
 *
 * Mean μ and variance σ² are weights that training does not change, besides a `count` that Keras
 * writes and nothing reads; or they are options. Only Python learns them from data, with `adapt`.
 */
export class Normalization extends Preprocessing {
  static readonly className = 'Normalization';
  private readonly options: NormalizationOptions;
  private moments: () => readonly tf.Tensor[] = () => [];

  /** @throws SAE_OPTION for a mean without a variance, or the reverse. */
  constructor({
    axis = -1,
    invert = false,
    mean = null,
    variance = null,
    ...args
  }: LayerArgs &
    Partial<Omit<NormalizationOptions, 'axis'>> & { axis?: number | readonly number[] | null }) {
    const axes = axis === null ? [] : typeof axis === 'number' ? [axis] : [...axis];
    const options = { axis: axes, invert, mean, variance };
    super(args, options);
    this.options = options;
    this.supportsMasking = true;
    if ((mean === null) === (variance === null)) return;
    throw wrongOption(`Normalization "${this.name}"`, 'mean and variance, or neither', 'one');
  }

  /** @throws SAE_OPTION for axes that the input lacks, or whose length is unknown. */
  override build(inputShape: Shape | Shape[]): void {
    const shape = inputShape as Shape;
    const { axis, mean, variance } = this.options;
    const axes = [...new Set(axis.map((a) => (a < 0 ? a + shape.length : a)))].sort(
      (a, b) => a - b,
    );
    const sizes = axes.map((a) => shape[a]);
    if (!sizes.every((size) => typeof size === 'number')) {
      const dims = shape.map((size) => size ?? 'null').join(', ');
      const expected = `axes of the input [${dims}] whose length is known`;
      throw wrongOption(`Normalization "${this.name}": axis`, expected, axis);
    }
    /**
     * Returns the shape that broadcasts over the input, with as many of the last axes as it has.
     */
    const over = (own: readonly number[]): number[] => {
      const dims = shape.map(() => 1);
      own.forEach((size, i) => {
        dims[axes[axes.length - own.length + i] as number] = size;
      });
      return dims;
    };
    if (mean === null || variance === null) {
      const weight = (name: string, of: readonly number[], start: 'zeros' | 'ones') =>
        this.addWeight(name, [...of], 'float32', initializers[start](), undefined, false);
      const learnt: readonly LayerVariable[] = [
        weight('mean', sizes, 'zeros'),
        weight('variance', sizes, 'ones'),
      ];
      weight('count', [], 'zeros');
      this.moments = () => learnt.map((one) => tf.reshape(one.read(), over(sizes)));
    } else {
      const given = [mean, variance] as tf.TensorLike[];
      this.moments = () =>
        given
          .map((values) => tf.tensor(values, undefined, 'float32'))
          .map((values) => tf.reshape(values, over(values.shape)));
    }
    super.build(inputShape);
  }

  protected compute(x: tf.Tensor): tf.Tensor {
    const [mean, variance] = this.moments() as [tf.Tensor, tf.Tensor];
    const deviation = tf.maximum(tf.sqrt(variance), LEAST_DEVIATION);
    return this.options.invert
      ? tf.add(tf.mul(x, deviation), mean)
      : tf.div(tf.sub(x, mean), deviation);
  }
}
