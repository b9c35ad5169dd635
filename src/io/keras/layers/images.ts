import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { wrongOption } from '../../../errors';
import { AT_RANDOM } from '../../../layers/kerasLayers';
import type { LayerArgs } from '../../../layers/sparseAutoencoder';
import { Preprocessing } from './preprocessing';

interface Size {
  /** The height in pixels. */
  readonly height: number;
  /** The width in pixels. */
  readonly width: number;
}

/** Keras's CenterCrop, for images at least as large as the crop; Keras resizes smaller ones. */
export class KerasCenterCrop extends Preprocessing {
  static readonly className = 'KerasCenterCrop';
  private readonly size: Size;

  constructor({ height, width, ...args }: LayerArgs & Size) {
    super(args, { height, width });
    this.size = { height, width };
  }

  /** @throws SAE_OPTION for images that are smaller, or of unknown size. */
  override build(inputShape: Shape | Shape[]): void {
    const [, height, width] = inputShape as Shape;
    if (Number(height) < this.size.height || Number(width) < this.size.width) {
      const expected = `images of ${this.size.height}×${this.size.width} pixels or more`;
      throw wrongOption(`CenterCrop "${this.name}"`, expected, `${height}×${width}`);
    }
    super.build(inputShape);
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const [batch = null, , , channels = null] = inputShape as Shape;
    return [batch, this.size.height, this.size.width, channels];
  }

  protected compute(x: tf.Tensor): tf.Tensor {
    const { height, width } = this.size;
    const [batch, h, w, channels] = x.shape as [number, number, number, number];
    const begin = [0, Math.floor((h - height) / 2), Math.floor((w - width) / 2), 0];
    return tf.slice(x, begin, [batch, height, width, channels]);
  }
}

/** Keras's Resizing. That of tfjs-layers aligns corners instead of edges. */
export class KerasResizing extends Preprocessing {
  static readonly className = 'KerasResizing';
  private readonly size: Size;
  private readonly interpolation: string;

  constructor({
    height,
    width,
    interpolation = 'bilinear',
    ...args
  }: LayerArgs & Size & { interpolation?: 'bilinear' | 'nearest' }) {
    super(args, { height, width, interpolation });
    this.size = { height, width };
    this.interpolation = interpolation;
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const [batch = null, , , channels = null] = inputShape as Shape;
    return [batch, this.size.height, this.size.width, channels];
  }

  protected compute(x: tf.Tensor): tf.Tensor {
    const { height, width } = this.size;
    const resize =
      this.interpolation === 'nearest' ? tf.image.resizeNearestNeighbor : tf.image.resizeBilinear;
    return resize(x as tf.Tensor4D, [height, width], false, true);
  }
}

/** The options of a layer that tfjs handles itself. */
const OF_TFJS = ['name', 'trainable', 'dtype', 'batchInputShape', 'inputShape', 'customObjects'];

/** Layers that pass images on unchanged, as Keras does unless the model is trained. */
export const LAYERS_AT_RANDOM = AT_RANDOM.map(
  (className) =>
    class extends Preprocessing {
      static readonly className = className;
      hasWarned = false;

      constructor(args: LayerArgs) {
        super(
          args,
          Object.fromEntries(Object.entries(args).filter(([option]) => !OF_TFJS.includes(option))),
        );
      }

      override call(
        inputs: tf.Tensor | tf.Tensor[],
        kwargs: Parameters<Preprocessing['call']>[1],
      ): tf.Tensor | tf.Tensor[] {
        if (kwargs?.['training'] && !this.hasWarned) {
          this.hasWarned = true;
          console.warn(`${className} "${this.name}" changes nothing in training here.`);
        }
        return super.call(inputs, kwargs);
      }

      compute(x: tf.Tensor): tf.Tensor {
        return x.clone();
      }
    },
);
