import * as tf from '@tensorflow/tfjs-core';
import { type LayerVariable, layers, type Shape } from '@tensorflow/tfjs-layers';
import type { Kwargs, LayerArgs } from '../../../layers/sparseAutoencoder';

/** A class and its options, as tfjs has them within a layer's options. */
interface Serialized {
  readonly className: string;
  readonly config: tf.serialization.ConfigDict;
}

interface SharedLayerOptions {
  /** The layer. */
  readonly layer: layers.Layer;
  /** What its places in one model have in common, and layers of other models may have too. */
  readonly share: string;
  /** How many places it has. */
  readonly places: number;
  /** Whether this place lists its weights, as one of them does. */
  readonly lists?: boolean;
}

/** Layers of the model that is being made, and the places that they have yet to take. */
const waiting = new Map<string, { layer: layers.Layer; left: number }>();

/**
 * One place of a layer that stands in several: inside a nested model and outside it, say.
 *
 * tfjs makes a layer anew for each place in a saved model, and refuses two of one name. Here each
 * place is a layer of its own that computes by the one that they share. The first that is made lists
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
    // The base class asks before there is a layer.
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
      // A model is made in one go: what is left after it, it has not asked for.
      queueMicrotask(() => {
        if (waiting.get(share)?.layer === layer) waiting.delete(share);
      });
    }
    return new cls({ ...args, layer, share, places, lists: known === undefined } as never);
  }
}

/** The layer of a class that is known to tfjs. */
function made({ className, config }: Serialized): layers.Layer {
  const [cls, fromConfig] = tf.serialization.SerializationMap.getMap().classNameMap[
    className
  ] as unknown as [unknown, (cls: unknown, config: unknown) => layers.Layer];
  return fromConfig(cls, config);
}
