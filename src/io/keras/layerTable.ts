import json from './layers.json';

/**
 * What Keras and tfjs-layers call the same things, in both directions: the meaning of layers.json,
 * which python-interop/ reads too.
 *
 * Each entry of `layers`, `dictionaries`, `initializers` and the like is a Keras class, with its
 * name in tfjs where that differs and a rule for each of its options. What is not in the table is refused, by the name of the class or of the option.
 */

/** What JSON holds, Python's numbers NaN and Infinity included. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** How the value of an option is carried over. */
export type Codec =
  /** As it is. */
  | 'value'
  /** A number that Python has to see as a float even where it is whole. */
  | 'float'
  /** An axis that in tfjs has to be the last one. */
  | 'last_axis'
  /** An axis of which tfjs takes any negative one for the last. */
  | 'axis'
  /** One axis, or several, that tfjs counts from the front once and for all. */
  | 'axes'
  /** An axis of both inputs, or one of each. */
  | 'axis_of_each'
  /** Axes numbered from 1, without the batch. */
  | 'axes_from_1'
  /** The padding of a convolution, which tfjs's wasm backend mistakes for windows shorter than strides. */
  | 'padding_of_images'
  /** The padding of three dimensions, where windows are as long as their strides. */
  | 'padding_of_volumes'
  /** A function's name, through `activations`. */
  | 'activation'
  | 'initializer'
  | 'regularizer'
  /** An integer or null; Keras may have a generator object there, which becomes null. */
  | 'seed'
  /** A finite number; null for none, which Python may also write as Infinity. */
  | 'finite_or_null'
  /** The same, where Keras also takes 0 and less for none. */
  | 'limit'
  /** The dtype of an input: floats become float32, integers int32. */
  | 'input_dtype'
  /** A number or a schedule, through `schedules`. */
  | 'learning_rate'
  /** A number, or lists of them, that Python may also have as an array; null. */
  | 'numbers'
  /** The height of a crop, where the image is known to be as large; its width along with it. */
  | 'crop_size'
  /** How categories are encoded, where the rows are vectors. */
  | 'output_mode'
  /** The boundaries of bins, which are known. */
  | 'bin_boundaries'
  /** The shape of a Reshape, where tfjs finds no dimension that is left open before it runs. */
  | 'target_shape'
  | 'layer'
  | 'layers'
  /** A Bidirectional's second layer: it has to be the first one, turned round. */
  | 'backward_layer'
  /** An option of Keras without influence on what is computed: left out in tfjs, and in Keras. */
  | 'unused'
  /** As 'unused', for what only matters before weights are there. */
  | 'only_at_start'
  /** An option of tfjs alone that Keras refuses to know: left out in Keras. */
  | 'only_here';

/** An option that may only have what computes alike in both. */
export interface Restriction {
  readonly only: readonly Json[];
  /** Why another value is refused. */
  readonly why: string;
  /** Whether the value is passed on; else it is left out, being the default of both. */
  readonly carry?: boolean;
  /** Whether Keras has to be told, its default being another. */
  readonly write?: boolean;
}

/** An option under another name in tfjs. */
export interface Renamed {
  readonly tfjs: string;
  readonly as: Codec;
}

/** A codec, the name of a restriction in `rules`, or an option of another name. */
type OptionEntry = string | Renamed;

export interface ClassEntry {
  /** The class in tfjs, where it is called otherwise. */
  readonly tfjs?: string;
  /** A class that is not Keras's own: what it is registered as, and the module it is in. */
  readonly registered_name?: string;
  readonly module?: string;
  readonly options: { readonly [option: string]: OptionEntry };
  /** What becomes of a mask on the input, where tfjs does as Keras. */
  readonly mask?: 'passes' | 'uses';
  /** Options of tfjs that Keras has not, where tfjs's default is not what Keras means. */
  readonly fixed?: JsonObject;
  /** Whether a class of this name in tfjs is this one where it has the fixed options, else another. */
  readonly told_by_fixed?: boolean;
  /** Backends of tfjs whose results are wrong: it does not open there. */
  readonly wrong_on?: readonly string[];
  /** Weights that Keras keeps as integers, by their names in tfjs, where all are floats. */
  readonly integers?: readonly string[];
  /** The fewest and the most dimensions of what it takes in tfjs, the batch counted. */
  readonly ranks?: readonly [fewest: number, most: number];
  /** What it is in tfjs for inputs of a rank that tfjs's own does not take, by that rank. */
  readonly of_rank?: {
    readonly [rank: string]: { readonly tfjs: string; readonly config: JsonObject };
  };
  /** Layers within it: the name of their group in the weights file, and their property in tfjs. */
  readonly parts?: { readonly [group: string]: string };
  /** Arguments of a call without influence on what is computed. */
  readonly ignored?: readonly string[];
  /** The argument that tfjs takes as further inputs. */
  readonly extra_inputs?: string;
  /** tfjs writes the options of its cell among its own. */
  readonly repeats_cell?: boolean;
  /** What Keras has where only the class is named, as older releases wrote it. */
  readonly defaults?: JsonObject;
  /** What an optimizer keeps of each variable, in the order of Keras's files. */
  readonly slots?: readonly string[];
  /** The option without which it keeps nothing. */
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

/** An option's rule, its names resolved. */
export interface OptionRule {
  readonly keras: string;
  readonly tfjs: string;
  readonly rule: Codec | Restriction;
}

const ownValue = <T>(map: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(map, key) ? map[key] : undefined;

/** Whether a model's class is an architecture of this library. */
export const isDictionary = (className: string): boolean =>
  Object.hasOwn(TABLE.dictionaries, className);

/** A class by its Keras name; undefined for one that is not in the table. */
export const kerasEntry = (section: Section, name: string): ClassEntry | undefined =>
  ownValue(section, name);

/**
 * A class by its tfjs name, with its Keras name. Where several share it, it is the one that these options
 * tell from the others, or the first.
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

/** The rules of a class's options. */
export function optionRules({ options }: ClassEntry): readonly OptionRule[] {
  return Object.entries(options).map(([keras, entry]) => {
    const [tfjs, rule] = typeof entry === 'string' ? [keras, entry] : [entry.tfjs, entry.as];
    return { keras, tfjs, rule: ownValue(TABLE.rules, rule) ?? (rule as Codec) };
  });
}

/** A name in tfjs for one in Keras; undefined for one that is not in the table. */
export const tfjsName = (names: Names, keras: string): string | undefined => ownValue(names, keras);

/** A name in Keras for one in tfjs; undefined for one that is not in the table. */
export const kerasName = (names: Names, tfjs: string): string | undefined =>
  Object.entries(names).find(([, name]) => name === tfjs)?.[0] ??
  (Object.hasOwn(names, tfjs) ? tfjs : undefined);
