import json from './layers.json';

/**
 * The correspondence between Keras and tfjs-layers, in both directions: the meaning of layers.json,
 * which python-interop/ reads too.
 *
 * Each entry of `layers`, `dictionaries`, `initializers` and the like is a Keras class, with its
 * name in tfjs if that differs and a rule for each of its options. Anything that is not in the
 * table is rejected, naming the class or the option.
 */

/** JSON values, including Python's NaN and Infinity. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** How the value of an option is converted. */
export type Codec =
  /** Unchanged. */
  | 'value'
  /** A number that must be a float in Python even if it is an integer. */
  | 'float'
  /** An axis that must be the last one in tfjs. */
  | 'last_axis'
  /** An axis for which tfjs treats any negative value as the last one. */
  | 'axis'
  /** One or several axes that tfjs counts from the front once. */
  | 'axes'
  /** An axis of both inputs, or one of each. */
  | 'axis_of_each'
  /** Axes numbered from 1, excluding the batch. */
  | 'axes_from_1'
  /**
   * The padding of a convolution, which tfjs's wasm backend gets wrong for windows shorter than
   * strides.
   */
  | 'padding_of_images'
  /** The padding in three dimensions, supported for windows at least as long as their strides. */
  | 'padding_of_volumes'
  /** A function's name, through `activations`. */
  | 'activation'
  | 'initializer'
  | 'regularizer'
  /** An integer or null; Keras may have a generator object, which becomes null. */
  | 'seed'
  /** A finite number; null for none, which Python may also write as Infinity. */
  | 'finite_or_null'
  /** The same, but Keras also treats 0 and less as none. */
  | 'limit'
  /** The dtype of an input: floats become float32, integers int32. */
  | 'input_dtype'
  /** A number or a schedule, through `schedules`. */
  | 'learning_rate'
  /** A number, or lists of numbers, which Python may also store as an array; null. */
  | 'numbers'
  /**
   * The height of a crop, if the image is known to be at least as large; its width together with
   * it.
   */
  | 'crop_size'
  /** How categories are encoded, if the rows are vectors. */
  | 'output_mode'
  /** The boundaries of bins, which must be given. */
  | 'bin_boundaries'
  /**
   * The shape of a Reshape, with open dimensions resolved, since tfjs would resolve them only when
   * it runs.
   */
  | 'target_shape'
  | 'layer'
  | 'layers'
  /** A Bidirectional's second layer: it must be the first one, reversed. */
  | 'backward_layer'
  /** An option of Keras that does not affect the computation: omitted on both sides. */
  | 'unused'
  /** Like 'unused', for options that only matter before weights exist. */
  | 'only_at_start'
  /** An option of tfjs that Keras rejects: omitted in Keras. */
  | 'only_here';

/** An option that may only have values that both sides compute in the same way. */
export interface Restriction {
  readonly only: readonly Json[];
  /** Why another value is rejected. */
  readonly why: string;
  /** Whether the value is passed on; otherwise it is omitted, since it is the default of both. */
  readonly carry?: boolean;
  /** Whether Keras needs it, because its default differs. */
  readonly write?: boolean;
}

/** An option with another name in tfjs. */
export interface Renamed {
  readonly tfjs: string;
  readonly as: Codec;
}

/** A codec, the name of a restriction in `rules`, or an option with another name. */
type OptionEntry = string | Renamed;

export interface ClassEntry {
  /** The class in tfjs, if it has another name. */
  readonly tfjs?: string;
  /** For a class that is not Keras's own: its registered name, and its module. */
  readonly registered_name?: string;
  readonly module?: string;
  readonly options: { readonly [option: string]: OptionEntry };
  /** What happens to a mask of the input, if tfjs does the same as Keras. */
  readonly mask?: 'passes' | 'uses';
  /**
   * Options of tfjs that Keras does not have, and whose default in tfjs differs from what Keras
   * means.
   */
  readonly fixed?: JsonObject;
  /**
   * Whether a class with this name in tfjs is this one if it has the fixed options, and otherwise
   * another.
   */
  readonly told_by_fixed?: boolean;
  /** Backends of tfjs that give wrong results: it does not open there. */
  readonly wrong_on?: readonly string[];
  /** Weights that Keras stores as integers, by their names in tfjs, where all are floats. */
  readonly integers?: readonly string[];
  /** The least and the greatest number of dimensions of its input in tfjs, including the batch. */
  readonly ranks?: readonly [fewest: number, most: number];
  /** The tfjs class for inputs of a rank that its own does not support, by rank. */
  readonly of_rank?: {
    readonly [rank: string]: { readonly tfjs: string; readonly config: JsonObject };
  };
  /** Layers within it: the name of their group in the weights file, and their property in tfjs. */
  readonly parts?: { readonly [group: string]: string };
  /** Arguments of a call that do not affect the computation. */
  readonly ignored?: readonly string[];
  /** The argument that tfjs takes as further inputs. */
  readonly extra_inputs?: string;
  /** Whether tfjs writes the options of its cell among its own. */
  readonly repeats_cell?: boolean;
  /** The options in Keras if only the class is named, as older releases wrote it. */
  readonly defaults?: JsonObject;
  /** The state of an optimizer per variable, in the order of Keras's files. */
  readonly slots?: readonly string[];
  /** The option without which it has no state. */
  readonly slots_where?: string;
}

/** One part of the table: classes by their Keras name. */
export type Section = Readonly<Record<string, ClassEntry>>;
type Names = Readonly<Record<string, string>>;

interface Table {
  /** What to do about some classes that are not in the table. */
  readonly refused: Names;
  readonly rules: Readonly<Record<string, Restriction>>;
  readonly activations: Names;
  readonly losses: Names;
  readonly metrics: Names;
  readonly layers: Section;
  readonly dictionaries: Section;
  readonly initializers: Section;
  readonly regularizers: Section;
  readonly optimizers: Section;
  readonly schedules: Section;
  readonly loss_classes: Section;
  readonly metric_classes: Section;
}

export const TABLE = json as unknown as Table;

/** An option's rule, with its names resolved. */
export interface OptionRule {
  readonly keras: string;
  readonly tfjs: string;
  readonly rule: Codec | Restriction;
}

const ownValue = <T>(map: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(map, key) ? map[key] : undefined;

/** Returns whether a model's class is an architecture of this library. */
export const isDictionary = (className: string): boolean =>
  Object.hasOwn(TABLE.dictionaries, className);

/** Returns a class by its Keras name; undefined if it is not in the table. */
export const kerasEntry = (section: Section, name: string): ClassEntry | undefined =>
  ownValue(section, name);

/**
 * Returns a class by its tfjs name, with its Keras name. If several share it, these options select
 * one of them, or it is the first.
 */
export function tfjsEntry(
  section: Section,
  name: string,
  options: JsonObject = {},
): readonly [keras: string, entry: ClassEntry] | undefined {
  const found = Object.entries(section).filter(([keras, { tfjs = keras }]) => tfjs === name);
  const isTold = ([, { told_by_fixed: told, fixed = {} }]: (typeof found)[0]) =>
    told && Object.entries(fixed).every(([option, value]) => options[option] === value);
  return found.find(isTold) ?? found[0];
}

/** Returns the rules of a class's options. */
export function optionRules({ options }: ClassEntry): readonly OptionRule[] {
  return Object.entries(options).map(([keras, entry]) => {
    const [tfjs, rule] = typeof entry === 'string' ? [keras, entry] : [entry.tfjs, entry.as];
    return { keras, tfjs, rule: ownValue(TABLE.rules, rule) ?? (rule as Codec) };
  });
}

/** Returns the tfjs name for a Keras name; undefined if it is not in the table. */
export const tfjsName = (names: Names, keras: string): string | undefined => ownValue(names, keras);

/** Returns the Keras name for a tfjs name; undefined if it is not in the table. */
export const kerasName = (names: Names, tfjs: string): string | undefined =>
  Object.entries(names).find(([, name]) => name === tfjs)?.[0] ??
  (Object.hasOwn(names, tfjs) ? tfjs : undefined);
