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

/** A dictionary's layer in a saved model. */
export interface SavedDictionary {
  /** Its registered class name. */
  readonly className: string;
  /** The width of its rows. */
  readonly inputDim: number;
  /** Its options. */
  readonly config: tf.serialization.ConfigDict;
}

/** Options of a {@link SplicedSAELayer}. */
export type SplicedSAELayerArgs = LayerArgs &
  Omit<SpliceArgs, 'force'> & {
    /**
     * A dictionary's layer, whose weights are used but not owned, or a function that returns it:
     * tfjs walks through a configuration, but not through a function. In a saved model, its class
     * and options.
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
 * A dictionary inside a model: activations pass through it, with an edit of their codes. The
 * dictionary is fixed; training the model does not change it. {@link spliceSAE} puts it into a
 * model.
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
  /** The name under which tfjs saves and loads it. */
  static readonly className = 'SplicedSAELayer';
  /** The dictionary. */
  readonly dictionary: SparseAutoencoderLayer;
  private readonly args: SpliceArgs;
  private readonly edit: CodeEdit;
  private readonly isOwn: boolean;

  /**
   * @param args the dictionary, and the edit of its codes
   * @throws SAE_OPTION for an invalid option.
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

  /** The dictionary's weights, none of which training changes. */
  override get weights(): LayerVariable[] {
    return this.dictionary.weights;
  }

  /** None: training does not change the dictionary. */
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
   * Returns the edited activations.
   *
   * @param inputs the activations `[batch, ..., inputDim]`
   * @returns activations of the same shape; the caller disposes it.
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
   * Makes a layer from the result of `getConfig`; tfjs calls it when it loads a model.
   *
   * @typeParam T the layer's class
   * @param cls the layer's class
   * @param config its options
   * @throws SAE_OPTION for invalid options.
   */
  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    const { customObjects: _, ...args } = config;
    return new cls(args);
  }

  /** Disposes the layer; a dictionary that belongs to another model is kept. */
  override dispose(): ReturnType<layers.Layer['dispose']> {
    if (this.isOwn) return super.dispose();
    return { refCountAfterDispose: 0, numDisposedVariables: 0 };
  }
}

tf.serialization.registerClass(SplicedSAELayer);

const shapeOf = (shape: Shape | Shape[]): Shape =>
  (Array.isArray(shape[0]) ? shape[0] : shape) as Shape;

/** @throws SAE_OPTION for a class that is not registered. */
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
  // Built here, where no other layer's name is prefixed to the names of its weights: they are a
  // file's.
  layer.apply(input({ shape: [inputDim] }));
  return layer;
}
