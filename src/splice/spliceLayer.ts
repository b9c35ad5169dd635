import * as tf from '@tensorflow/tfjs-core';
import { input, type LayerVariable, layers, type Shape } from '@tensorflow/tfjs-layers';
import { brand } from '../brand';
import { unknownDictionaryLayer, wrongOption, wrongSpliceWidth } from '../errors';
import { type LayerArgs, TFJS_OPTIONS } from '../layers/architectureLayer';
import { SparseAutoencoderLayer } from '../layers/sparseAutoencoder';
import { checkOptions, optional, type Rule, tensorName } from '../options';
import { isObject } from '../plainData';
import { type CodeEdit, editThrough } from './codeEdit';
import { codeEditOf, SPLICE_RULES, type SpliceArgs } from './spliceArgs';

/** A dictionary's layer as a saved model has it. */
export interface SavedDictionary {
  /** Its class, as tfjs knows it. */
  readonly className: string;
  /** The width of its rows. */
  readonly inputDim: number;
  /** Its options. */
  readonly config: tf.serialization.ConfigDict;
}

/** What a {@link SplicedSAELayer} takes. */
export type SplicedSAELayerArgs = LayerArgs &
  Omit<SpliceArgs, 'force'> & {
    /**
     * A dictionary's layer, whose weights are used and stay its own, or what gives it: a configuration is gone
     * through by tfjs, a function is not. In a saved model, its class and options.
     */
    dictionary: SparseAutoencoderLayer | (() => SparseAutoencoderLayer) | SavedDictionary;
  };

const { force: _, ...EDIT_RULES } = SPLICE_RULES;
const DICTIONARY_RULE: Rule<unknown> = {
  expected: "a dictionary's layer, as the sae of a GatedSAE",
  accepts: (v) =>
    v instanceof SparseAutoencoderLayer ||
    typeof v === 'function' ||
    (isObject(v) && typeof v['className'] === 'string' && isObject(v['config'])),
};

/**
 * A dictionary within a model: activations pass through it, with an edit of their codes. The dictionary is
 * fixed: a training of the model leaves it as it is. {@link spliceSAE} puts it into a model.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { GatedSAE, SplicedSAELayer } from 'gated-sae-tfjs';
 * const sae = new GatedSAE({ inputDim: 8, encodingDim: 32 });
 * const model = tf.sequential({
 *   layers: [
 *     tf.layers.dense({ units: 8, inputShape: [4] }),
 *     new SplicedSAELayer({ dictionary: sae.sae, mode: 'ablate', features: [3] }),
 *     tf.layers.dense({ units: 2 }),
 *   ],
 * });
 * console.log(model.outputShape); // [null, 2]
 * ```
 */
export class SplicedSAELayer extends layers.Layer {
  /** By which tfjs knows it. */
  static readonly className = 'SplicedSAELayer';
  /** The dictionary. */
  readonly dictionary: SparseAutoencoderLayer;
  private readonly args: SpliceArgs;
  private readonly edit: CodeEdit;
  private readonly isOwn: boolean;

  /**
   * @param args the dictionary, and what becomes of its codes
   * @throws SAE_OPTION for an option that is none.
   */
  constructor(args: SplicedSAELayerArgs) {
    const rules = { name: optional(tensorName), dictionary: DICTIONARY_RULE, ...EDIT_RULES };
    checkOptions(SplicedSAELayer.className, rules, args, TFJS_OPTIONS);
    const { dictionary, mode, features, value, error, ...layerArgs } = args;
    super(layerArgs);
    this.isOwn =
      typeof dictionary !== 'function' && !(dictionary instanceof SparseAutoencoderLayer);
    this.dictionary = layerOf(dictionary);
    const given = Object.entries({ mode, features, value, error });
    this.args = Object.fromEntries(given.filter(([, v]) => v !== undefined && v !== null));
    this.edit = codeEditOf(this.getClassName(), this.dictionary.encodingDim, this.args);
    this.supportsMasking = true;
    this.trainable = false;
  }

  static {
    brand(SplicedSAELayer, 'SplicedSAELayer');
  }

  /**
   * Checks the width of the input.
   *
   * @param inputShape `[batch, ..., inputDim]`
   * @throws SAE_SHAPE for activations of another width than the dictionary's.
   */
  override build(inputShape: Shape | Shape[]): void {
    const shape = shapeOf(inputShape);
    const width = shape.at(-1);
    const { inputDim } = this.dictionary;
    if (width !== inputDim) throw wrongSpliceWidth(`layer "${this.name}"`, inputDim, shape);
    super.build(inputShape);
  }

  /** The dictionary's weights, none of which a training changes. */
  override get weights(): LayerVariable[] {
    return this.dictionary.weights;
  }

  /** None: a training leaves the dictionary as it is. */
  override get trainableWeights(): LayerVariable[] {
    return [];
  }

  /** The dictionary's weights. */
  override get nonTrainableWeights(): LayerVariable[] {
    return this.dictionary.weights;
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    return shapeOf(inputShape);
  }

  /**
   * What passes on.
   *
   * @param inputs the activations `[batch, ..., inputDim]`
   * @returns of the same shape; the caller disposes it.
   */
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor;
    return tf.tidy(() => editThrough(this.dictionary, x, this.edit));
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { dictionary } = this;
    return {
      ...super.getConfig(),
      ...(this.args as tf.serialization.ConfigDict),
      dictionary: {
        className: dictionary.getClassName(),
        inputDim: dictionary.inputDim,
        config: dictionary.getConfig(),
      },
    };
  }

  /**
   * A layer from what `getConfig` gave; tfjs calls it when it loads a model.
   *
   * @typeParam T the layer's class
   * @param cls the layer's class
   * @param config its options
   * @throws SAE_OPTION for options that are none.
   */
  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    const { customObjects: _, ...args } = config;
    return new cls(args);
  }

  /** The dictionary of somebody's model stays. */
  override dispose(): ReturnType<layers.Layer['dispose']> {
    if (this.isOwn) return super.dispose();
    return { refCountAfterDispose: 0, numDisposedVariables: 0 };
  }
}

tf.serialization.registerClass(SplicedSAELayer);

const shapeOf = (shape: Shape | Shape[]): Shape =>
  (Array.isArray(shape[0]) ? shape[0] : shape) as Shape;

/** @throws SAE_OPTION for a class that nobody has registered. */
function layerOf(given: SplicedSAELayerArgs['dictionary']): SparseAutoencoderLayer {
  if (typeof given === 'function') {
    const layer: unknown = given();
    if (layer instanceof SparseAutoencoderLayer) return layer;
    throw wrongOption('SplicedSAELayer.dictionary', DICTIONARY_RULE.expected, layer);
  }
  if (given instanceof SparseAutoencoderLayer) return given;
  const { className, config, inputDim } = given;
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  const [cls] = classNameMap[className] ?? [];
  if (cls === undefined) throw unknownDictionaryLayer(className);
  const LayerClass = cls as unknown as typeof SparseAutoencoderLayer;
  const layer = LayerClass.fromConfig(LayerClass as never, config) as SparseAutoencoderLayer;
  // Here, where no other layer's name goes before those of its weights: they are a file's.
  layer.apply(input({ shape: [inputDim] }));
  return layer;
}
