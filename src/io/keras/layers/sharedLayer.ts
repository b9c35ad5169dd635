import * as tf from '@tensorflow/tfjs-core';
import { type LayerVariable, layers, type Shape } from '@tensorflow/tfjs-layers';
import type { Kwargs, LayerArgs } from '../../../layers/sparseAutoencoder';

/** A class and its options, in the form of tfjs inside a layer's options. */
interface Serialized {
  readonly className: string;
  readonly config: tf.serialization.ConfigDict;
}

interface SharedLayerOptions {
  /** The layer. */
  readonly layer: layers.Layer;
  /** What its places in one model have in common; layers of other models may share it too. */
  readonly share: string;
  /** The number of its places. */
  readonly places: number;
  /** Whether this place lists its weights, as exactly one does. */
  readonly lists?: boolean;
}

/** Layers of the model under construction, with the number of their remaining places. */
const waiting = new Map<string, { layer: layers.Layer; left: number }>();

/**
 * One place of a layer that has several: for example inside a nested model and outside it.
 *
 * tfjs creates a new layer for each place in a saved model, and rejects two with one name. Here
 * each place is a separate layer that computes with the shared one. The first that is created lists
 * the weights, so that each is saved, and trained, once.
 */
export class SharedLayer extends layers.Layer {
  static readonly className = 'SharedLayer';
  /** The layer that computes. */
  readonly layer: layers.Layer;
  private readonly share: string;
  private readonly places: number;
  private readonly lists: boolean;

  constructor({ layer, share, places, lists = true, ...args }: LayerArgs & SharedLayerOptions) {
    super(args);
    this.layer = layer;
    this.share = share;
    this.places = places;
    this.lists = lists;
    this.supportsMasking = true;
  }

  override build(inputShape: Shape | Shape[]): void {
    if (!this.layer.built) {
      this.layer.build(inputShape);
      this.layer.built = true;
    }
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Kwargs): tf.Tensor | tf.Tensor[] {
    return this.layer.call(inputs, kwargs);
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
    return this.layer.computeOutputShape(inputShape);
  }

  override computeMask(
    inputs: tf.Tensor | tf.Tensor[],
    mask?: tf.Tensor | tf.Tensor[],
  ): tf.Tensor | tf.Tensor[] {
    return this.layer.computeMask(inputs, mask);
  }

  override get trainable(): boolean {
    // The base class calls this before there is a layer.
    return this.layer?.trainable ?? true;
  }

  override set trainable(trainable: boolean) {
    if (this.layer !== undefined) this.layer.trainable = trainable;
  }

  override get trainableWeights(): LayerVariable[] {
    return this.lists ? this.layer.trainableWeights : [];
  }

  override get nonTrainableWeights(): LayerVariable[] {
    return this.lists ? this.layer.nonTrainableWeights : [];
  }

  override get losses(): layers.Layer['losses'] {
    return this.lists ? this.layer.losses : [];
  }

  override getConfig(): tf.serialization.ConfigDict {
    const layer = { className: this.layer.getClassName(), config: this.layer.getConfig() };
    const { share, places } = this;
    return { ...super.getConfig(), layer, share, places };
  }

  /** @nocollapse */
  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    const {
      layer: serialized,
      share,
      places,
      ...args
    } = config as unknown as LayerArgs & {
      layer: Serialized;
      share: string;
      places: number;
    };
    const known = waiting.get(share);
    const layer = known?.layer ?? made(serialized);
    const left = (known?.left ?? places) - 1;
    waiting.delete(share);
    if (left > 0) {
      waiting.set(share, { layer, left });
      // A model is created synchronously: what remains afterwards was not requested.
      queueMicrotask(() => {
        if (waiting.get(share)?.layer === layer) waiting.delete(share);
      });
    }
    return new cls({ ...args, layer, share, places, lists: known === undefined } as never);
  }
}

/** Creates the layer of a class that is registered with tfjs. */
function made({ className, config }: Serialized): layers.Layer {
  const [cls, fromConfig] = tf.serialization.SerializationMap.getMap().classNameMap[
    className
  ] as unknown as [unknown, (cls: unknown, config: unknown) => layers.Layer];
  return fromConfig(cls, config);
}
