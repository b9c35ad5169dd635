import { brand } from './brand';
import { adviceOnName, nearest } from './optionNames';

/**
 * What went wrong, for code that wants to react to it rather than show it: the `code` of an
 * {@link SAEError}.
 */
export type SAEErrorCode =
  /**
   * Rows, codes, weights or a file's arrays of another rank or size than the dictionary's. Give
   * rows `[..., inputDim]`, and take them from where the dictionary was trained; take weights of
   * a dictionary with the same `inputDim` and `encodingDim`.
   */
  | 'SAE_SHAPE'
  /**
   * An argument or option that is unknown, missing or outside what it takes, or sizes for which the
   * memory does not suffice. The message says what is taken, and which known name is nearest.
   */
  | 'SAE_OPTION'
  /**
   * Data that cannot be used: none at all, neither a tensor nor a dataset, as many labels or tokens
   * as there are not rows, codes or a report that are damaged. Look at what makes the data.
   */
  | 'SAE_DATA'
  /**
   * NaN or infinity in data, in weights or in a step of training. Training has ended with the last
   * good weights: clean the data, or lower the learning rate, and go on from there.
   */
  | 'SAE_NOT_FINITE'
  /**
   * Something at a moment at which it cannot be: training before `compile`, a second `fit` while one
   * is going on, frozen weights only, an optimizer's state of other variables, a picture mounted
   * outside a page, a sparse step that cannot be taken here. The message says what has to come first.
   */
  | 'SAE_STATE'
  /**
   * A file or an address that is missing, cannot be read or written, is damaged, or is of another
   * kind. Give the path of what is there; download it again where its checksum fails.
   */
  | 'SAE_FILE'
  /**
   * A file that is sound, but holds a model or an array that the other side would not compute alike.
   * The message names the layer or option, so that it can be changed before saving.
   */
  | 'SAE_UNSUPPORTED'
  /**
   * A package, a class or an ability of the page that is not there. Install it, register it with
   * `tf.serialization.registerClass`, or allow it in the page's policy, as the message says.
   */
  | 'SAE_MISSING';

/**
 * Every error that this library throws on purpose.
 *
 * The message reads `CODE where: what was expected; what came. What to do.` What each code means,
 * and what to do about it, is said at {@link SAEErrorCode}.
 *
 * @example
 * ```ts
 * import { GatedSAE, SAEError } from 'gated-sae-tfjs';
 * try {
 *   new GatedSAE({ inputDim: 784, encodingDim: 0 });
 * } catch (error) {
 *   if (error instanceof SAEError) console.log(error.code); // SAE_OPTION
 * }
 * ```
 */
export class SAEError extends Error {
  /** `'SAEError'`, as it stands before the message in a stack trace. */
  override readonly name = 'SAEError';

  /**
   * Joins code, place and sentence into one message.
   *
   * @param code what kind of error it is
   * @param where what it is about, as `GatedSAE.encodingDim` or a file's name
   * @param what what was expected, what came, and what to do
   * @param options the error that it comes from, as `cause`; none by default
   */
  constructor(
    /** What kind of error it is. */
    readonly code: SAEErrorCode,
    where: string,
    what: string,
    options?: ErrorOptions,
  ) {
    super(`${code} ${where}: ${what}`, options);
  }

  static {
    brand(SAEError, 'SAEError');
  }
}

/** Where an error is that arises within a file, which the door alone knows the name of. */
export const THE_FILE = 'the file';

/**
 * Runs what opens, reads or writes a file: the door. Errors from deep within, which say that they are
 * of {@link THE_FILE}, leave it with the file's name; those that have a name keep it.
 *
 * @param file what errors call it
 * @returns what `run` returns
 */
export function namingFile<T>(file: string, run: () => T): T {
  const fail = (error: unknown): never => {
    throw inFile(file, error);
  };
  try {
    const result = run();
    return result instanceof Promise ? (result.catch(fail) as T) : result;
  } catch (error) {
    return fail(error);
  }
}

/** The same error, of a file of that name where it has none. */
export function inFile<E>(file: string, error: E): E {
  if (!(error instanceof SAEError)) return error;
  const { message, code } = error;
  const unnamed = `${code} ${THE_FILE}:`;
  if (!message.startsWith(unnamed)) return error;
  error.message = `${code} ${file}:${message.slice(unnamed.length)}`;
  // V8 writes the message at the head of the stack once and for all.
  error.stack = error.stack?.replace(message, () => error.message);
  return error;
}

const shapeText = (shape: readonly (number | null)[]) =>
  `[${shape.map((dim, i) => dim ?? (i === 0 ? 'batch' : i === shape.length - 1 ? 'width' : '?')).join(', ')}]`;

/** A value as an error message shows it: short, and text from strangers as quoted text. */
function show(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'number' || value === undefined) return String(value);
  if (isTensor(value)) return `a tensor of ${value.dtype} [${value.shape.join(', ')}]`;
  if (isA(value, 'iterator')) return 'a dataset';
  if (isA(value, 'getClassName')) return `a ${value.getClassName()}`;
  let text = Object.prototype.toString.call(value);
  // Of a Map, a Promise or a Date JSON would tell nothing, or something else.
  if (/ (Object|Array|String|Boolean|Null)\]/.test(text)) {
    try {
      text = JSON.stringify(value, (_, part) => (isTensor(part) ? show(part) : part)) ?? text;
    } catch {
      // It holds itself.
    }
  }
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/** Whether a value has a method of this name. */
const isA = <Name extends string>(
  value: unknown,
  name: Name,
): value is Record<Name, () => string> =>
  typeof (value as Record<string, unknown> | null)?.[name] === 'function';
const isTensor = (value: unknown): value is { dtype: string; shape: readonly number[] } =>
  isA(value, 'dataSync');

/** Rows whose last axis is not as wide as the dictionary; `width` is null before it has one. */
export function wrongRows(
  where: string,
  width: number | null,
  received: readonly (number | null)[],
): SAEError {
  const expected = `[..., ${width ?? 'width'}]`;
  const advice = width === null ? NO_WIDTH : rowsAdvice(width, received);
  return wrongShape(where, expected, received, advice);
}

const NO_WIDTH = "Give it at least two axes, the last one of a known size: a row's values.";

/** How such a tensor becomes rows of that width, where its shape says it. */
function rowsAdvice(width: number, received: readonly (number | null)[]): string {
  const rank = received.length;
  const ways: string[] = [];
  let values = 1; // of the axes from `first` on
  for (let first = rank - 1; first >= 0; first--) {
    values *= received[first] ?? Number.NaN;
    const isWhole = values === width || (rank === 1 && values > 0 && values % width === 0);
    if (!isWhole) continue;
    const leading = first > 0 ? received.slice(0, first) : [values / width];
    ways.push(`Reshape it to ${shapeText([...leading, width])}`);
    break;
  }
  const axis = received.indexOf(width);
  if (rank > 2 && axis >= 0) {
    const others = received.map((_, i) => i).filter((i) => i !== axis);
    ways.push(
      `if axis ${axis} is a row's values, use tf.transpose(x, ${shapeText([...others, axis])})`,
    );
  }
  const advice = ways.join('; ') || 'Use rows from the source that it was trained on';
  return `${advice.charAt(0).toUpperCase()}${advice.slice(1)}.`;
}

/** A target that is not as the input, or as a transcoder's output. */
export function wrongTarget(
  where: string,
  expected: readonly number[],
  received: readonly number[],
  isTranscoder: boolean,
): SAEError {
  const advice = isTranscoder
    ? 'Give a target for each row, as wide as the output: outputDim.'
    : 'Give a target for each row, in the same shape. Rows are their own target: leave labels out.';
  return wrongShape(where, shapeText(expected), received, advice);
}

/** A transcoder's rows without what it is to make of them. */
export function missingTarget(where: string, width: number): SAEError {
  const what = `expected a target [..., ${width}] beside the rows, as for every transcoder; received the rows alone. Give fit(x, y), or batches {xs, ys}; without outputDim and skip rows are their own target.`;
  return new SAEError('SAE_DATA', where, what);
}

/** A transcoder that a model trains, in which it gets no target. */
export function noTarget(where: string): SAEError {
  const what =
    'expected a frozen layer in a model that is trained, as it is a transcoder; received one to be trained, whose target the model cannot give. Train it as a model of its own with fit(x, y), and set trainable: false here.';
  return new SAEError('SAE_STATE', where, what);
}

/** Labels of another shape than the rows have. */
export function wrongLabels(
  where: string,
  expected: readonly number[],
  received: readonly number[],
): SAEError {
  return wrongShape(where, shapeText(expected), received, 'Give one class number for each row.');
}

/** A layer of one input that was given none or several. */
export function wrongInputs(where: string, received: number): SAEError {
  const what = `expected one input; received ${received}. Concatenate them, or give each a layer.`;
  return new SAEError('SAE_SHAPE', where, what);
}

/** A dictionary in a model in `timeDistributed`, which tfjs does not ask for its loss. */
export function dictionaryInSteps(where: string, wrapper: string): SAEError {
  const what = `expected a place of its own in the model, to be trained; received one within a model in "${wrapper}", where tfjs takes no layer's loss. It takes input of any rank: use the model's layers directly, or freeze it (trainable: false).`;
  return new SAEError('SAE_STATE', where, what);
}

/** A warning: a training pass of a layer whose own loss nobody has taken. */
export const lossNotTaken = (where: string): string =>
  `${where} has a loss of its own, which nobody took in the last training pass: it was not trained by it. Where you call it in a layer of your own, hand on its losses; by hand, add layer.calculateLosses().`;

function wrongShape(
  where: string,
  expected: string,
  received: readonly (number | null)[],
  advice: string,
): SAEError {
  const what = `expected ${expected}; received ${shapeText(received)}. ${advice}`;
  return new SAEError('SAE_SHAPE', where, what);
}

/** A weight, in a file or in `setWeights`, of another shape than the dictionary's. */
export function wrongWeightShape(
  where: string,
  weight: string,
  expected: readonly (number | null)[],
  received: readonly number[],
): SAEError {
  return new SAEError(
    'SAE_SHAPE',
    where,
    `expected ${weight} of shape ${shapeText(expected)}; received ${shapeText(received)}. Use weights of a dictionary with the same inputDim and encodingDim.`,
  );
}

/** An array in a file of another shape than its layer's weight. */
export function wrongArrayShape(
  weight: string,
  expected: readonly number[],
  received: readonly number[],
): SAEError {
  return new SAEError(
    'SAE_SHAPE',
    THE_FILE,
    `expected ${weight} of shape [${expected.join(', ')}]; received [${received.join(', ')}]. Use the weights of the same model.`,
  );
}

/** A weight that is no tensor of floats. */
export function wrongWeight(where: string, weight: string, received: unknown): SAEError {
  return new SAEError(
    'SAE_SHAPE',
    where,
    `expected ${weight} as a tensor of float32; received ${show(received)}. Convert it with tf.tensor or tf.cast.`,
  );
}

/** Another number of weights than the dictionary has. */
export function wrongWeightCount(
  where: string,
  names: readonly string[],
  received: number,
): SAEError {
  return new SAEError(
    'SAE_SHAPE',
    where,
    `expected ${names.length} weights (${names.join(', ')}); received ${received}. Give all of them, in this order.`,
  );
}

/** A value that its option does not take. */
export function wrongOption(
  where: string,
  expected: string,
  received: unknown,
  advice = `Give ${expected}.`,
): SAEError {
  return new SAEError(
    'SAE_OPTION',
    where,
    `expected ${expected}; received ${show(received)}. ${advice}`,
  );
}

/**
 * A log that training does not have.
 *
 * @returns the error, and whether it is clear that there will be none, rather than one that another
 * callback adds
 */
export function unknownLog(
  where: string,
  name: string,
  known: readonly string[],
): { error: SAEError; isClear: boolean } {
  const near = nearest(name, known);
  const isUnvalidated =
    name.startsWith('val_') && !known.some((log) => log.startsWith('val_') && log !== name);
  const advice = isUnvalidated
    ? 'Give validationData or validationSplit, or watch another log.'
    : near === undefined
      ? 'Watch one of these.'
      : `Did you mean "${near}"?`;
  const text = `expected a log of this training: ${known.join(', ')}; received ${show(name)}. ${advice}`;
  const error = new SAEError('SAE_OPTION', where, text);
  // A short name is near to everything.
  return { error, isClear: isUnvalidated || (near !== undefined && name.length > 3) };
}

/** An option that does not exist. */
export function unknownOption(where: string, name: string, known: readonly string[]): SAEError {
  const options = known.length > 0 ? `options among ${known.join(', ')}` : 'no options';
  return new SAEError(
    'SAE_OPTION',
    where,
    `expected ${options}; received ${show(name)}. ${adviceOnName(name, known)}`,
  );
}

/** Data in which there is nothing to do. */
export function emptyData(where: string, received: string): SAEError {
  return new SAEError(
    'SAE_DATA',
    where,
    `expected at least one row; received ${received}. Give a tensor with rows, or a dataset that hands out its batches anew in each pass.`,
  );
}

/** Data of another kind than it is to have: by default a tensor. */
export function wrongData(
  where: string,
  received: unknown,
  expected = 'a tensor of numbers [..., width]',
): SAEError {
  const text = `expected ${expected}; received ${show(received)}. ${adviceOnData(received)}`;
  return new SAEError('SAE_DATA', where, text);
}

/** What a dataset hands out, and a dataset, in words. */
export const BATCHES = 'batches [..., width], bare or as {xs} or {xs, ys}';
export const A_DATASET = `a dataset of ${BATCHES}`;

/** How such data becomes what it is to be. */
function adviceOnData(received: unknown): string {
  if (typeof received === 'function') return 'Make a dataset of it: tf.data.generator(…).';
  if (isTensor(received)) return 'Give a tensor of numbers to fit, evaluate or encode.';
  if (isA(received, 'iterator')) {
    return 'Give a dataset to fitDataset, evaluateDataset, or what reads a batch at a time.';
  }
  if (isA(received, 'then')) return 'Await it first.';
  if (Array.isArray(received) && received.some(isTensor)) {
    return 'Join the tensors with tf.concat, or give one at a time.';
  }
  return 'Make a tensor of the data: tf.tensor2d(rows).';
}

/** A tensor that somebody has disposed, or a tidy around an asynchronous call. */
export function disposedTensor(where: string): SAEError {
  return new SAEError(
    'SAE_STATE',
    where,
    'expected a tensor that holds its values; received one that is disposed. Dispose it once all that uses it is awaited; what tf.tidy has made is gone at its end.',
  );
}

/** A batch that its dataset has handed out before. */
export function disposedBatch(where: string): SAEError {
  const text =
    'expected a batch that holds its values; received one that is disposed, as each is once it is used. Have the dataset make its batches anew in each pass, as tf.data.generator does.';
  return new SAEError('SAE_DATA', where, text);
}

/** A model that is used, or goes on training, after its `dispose`. */
export function disposedModel(where: string, cause?: unknown): SAEError {
  return new SAEError(
    'SAE_STATE',
    where,
    'expected a model that holds its weights; received one that is disposed. Await fit before dispose, having set stopTraining = true to end it early; or make or load the model anew.',
    cause === undefined ? undefined : { cause },
  );
}

/** A dataset whose elements are single rows. */
export function unbatched(where: string, width: number, received: string): SAEError {
  return new SAEError(
    'SAE_SHAPE',
    where,
    `expected [..., ${width}]; received ${received}. Call dataset.batch(32) first: it hands out single rows.`,
  );
}

/** Rows that are all alike, of whose variance nothing can be explained. */
export function noVariance(where: string, rows: number): SAEError {
  return new SAEError(
    'SAE_DATA',
    where,
    `expected rows that differ; received ${rows} with the same values, whose variance is 0: a share of it is undefined. Give more rows, or others.`,
  );
}

/** Sparse codes that no dictionary of that size has. */
export function wrongCodes(where: string, expected: string, received: unknown): SAEError {
  return new SAEError(
    'SAE_DATA',
    where,
    `expected ${expected}; received ${show(received)}. Use codes as encodeSparse gives them.`,
  );
}

/** A label that is none of the classes. */
export function wrongLabel(
  where: string,
  classes: number,
  received: unknown,
  row: number,
): SAEError {
  return new SAEError(
    'SAE_DATA',
    where,
    `expected integers from 0 to ${classes - 1}; received ${show(received)} for row ${row}. Number the classes from 0, and name each of them.`,
  );
}

/** Another number of rows than of what there must be one of for each. */
export function differentRows(
  where: string,
  what: string,
  received: number | string,
  rows: number | string,
): SAEError {
  return new SAEError(
    'SAE_DATA',
    where,
    `expected as many ${what} as rows; received ${received} for ${rows} rows. Give one for each row, in the order of the rows.`,
  );
}

/** NaN or infinite values in data. */
export function dataNotFinite(where: string): SAEError {
  return new SAEError(
    'SAE_NOT_FINITE',
    where,
    'expected finite values; received NaN or an infinity in the data. Remove or repair those rows.',
  );
}

/** A file's weights that hold NaN or an infinity. */
export function weightsNotFinite(weight: string, count: number): SAEError {
  const values = `${count} NaN or infinite value${count === 1 ? '' : 's'}`;
  return new SAEError(
    'SAE_NOT_FINITE',
    THE_FILE,
    `expected finite weights; received ${values} in ${weight}. Load with allowNonFinite: true to have them all the same.`,
  );
}

/** A training step that gave NaN or an infinity, after which no weight was changed. */
export function stepNotFinite(
  where: string,
  step: number,
  term: string,
  value: number,
  cause: 'data' | 'size' | 'weights' | 'step',
  lastGood: number,
): SAEError {
  const advice = {
    data: 'The batch holds NaN or an infinity: remove or repair those rows.',
    size: 'The batch holds values whose squares overflow float32: remove those rows, or scale the data down.',
    weights: 'They hold NaN or an infinity: load or initialise them anew.',
    step: 'Lower the learning rate.',
  }[cause];
  return new SAEError(
    'SAE_NOT_FINITE',
    where,
    `expected a finite ${term} at step ${step}; received ${value}. Weights are those after step ${lastGood}. ${advice}`,
  );
}

/** An evaluation of finite data that gave NaN or an infinity. */
export function lossNotFinite(where: string, value: number): SAEError {
  return modelNotFinite(where, 'a finite loss', String(value));
}

/** A model whose weights, or what comes of them, are not finite. */
export function modelNotFinite(where: string, expected: string, received: string): SAEError {
  return new SAEError(
    'SAE_NOT_FINITE',
    where,
    `expected ${expected}; received ${received}. Load or initialise the weights anew, or scale the data down.`,
  );
}

/** Training or evaluation before `compile`. */
export function notCompiled(where: string): SAEError {
  return new SAEError(
    'SAE_STATE',
    where,
    'expected a compiled model; received one without an optimizer. Call compile({optimizer: new KerasAdam()}) first.',
  );
}

/** A bias or a scale from the data for a dictionary that has learnt with another. */
export function alreadyTrained(where: string, received: string, what = 'b_dec'): SAEError {
  return new SAEError(
    'SAE_STATE',
    where,
    `expected a model before its training; received ${received}, whose ${what} this would replace. Leave it out, or give force: true.`,
  );
}

/** The folding of a scale that is not known. */
export function noScale(where: string): SAEError {
  const text =
    'expected a scale that is learnt; received none. Train the model, or call initNormalization(x) first.';
  return new SAEError('SAE_STATE', where, text);
}

/** A schedule after whose end training goes on and changes nothing. */
export const scheduleEnded = (where: string, iterations: number, totalSteps: number): string =>
  `${where}: the learning rate is 0 from here on, for ${iterations} steps have been taken and the schedule has totalSteps: ${totalSteps}. Set optimizer.learningRate to train on.`;

/** Training of a model or layer that is frozen. */
export function nothingToTrain(where: string): SAEError {
  return new SAEError(
    'SAE_STATE',
    where,
    'expected weights to train; received a model whose weights are all frozen. Set trainable = true first.',
  );
}

/** A second training while one is going on. */
export function alreadyTraining(where: string): SAEError {
  return new SAEError(
    'SAE_STATE',
    where,
    'expected one training at a time; received a second call of fit. Wait for the first to end.',
  );
}

/** Somebody else's code that throws undefined or the like, which tells nothing. */
export function nothingThrown(where: string, thrown: unknown): SAEError {
  const expected = 'callbacks, metrics and data that throw an Error where they fail';
  const advice = 'One of them threw that: have it throw an Error that says what is wrong.';
  return wrongOption(where, expected, thrown, advice);
}

/** A callback where it cannot do what it is for. */
export function wrongMoment(where: string, expected: string, received: string): SAEError {
  const text = `expected ${expected}; received ${received}. Give it as a callback to fit or fitDataset of a GatedSAE or another dictionary.`;
  return new SAEError('SAE_STATE', where, text);
}

/**
 * The end of one model's training beside others.
 *
 * @param model as errors name it
 * @param reason what has ended it
 */
export function stoppedTogether(where: string, model: string, reason: unknown): SAEError {
  const code = reason instanceof SAEError ? reason.code : 'SAE_STATE';
  const said = String(reason instanceof Error ? reason.message : reason).replace(/\.$/, '');
  const text = `expected every model to train to its end; ${model} has stopped: ${said}. The others have gone on to their end.`;
  return new SAEError(code, where, text, { cause: reason });
}

/** What decides how a training goes on, other than it was begun with. */
export function otherTraining(
  where: string,
  name: string,
  expected: unknown,
  received: unknown,
): SAEError {
  const isData = name === 'rows' || name === 'batches';
  return new SAEError(
    isData ? 'SAE_DATA' : 'SAE_OPTION',
    isData ? where : `${where}.${name}`,
    `expected ${show(expected)}${isData ? ` ${name}` : ''}, with which the training was begun; received ${show(received)}. Train on as it was begun, or without resumeAt.`,
  );
}

/** A place in the training of another model. */
export function otherModel(where: string, expected: string, received: string): SAEError {
  const text = `expected the model that resume gave with this place, ${expected}; received one ${received}. Train the model that came with the place.`;
  return new SAEError('SAE_STATE', `${where}.resumeAt`, text);
}

/** A dataset that ends before the place where training is to go on. */
export function tooFewBatches(where: string, expected: number, received: number): SAEError {
  const text = `expected at least ${expected} batches, which have been trained on; received ${received}. Train on with the data that it was begun with, or without resumeAt.`;
  return new SAEError('SAE_DATA', where, text);
}

/** A layer that does not know its input's width yet. */
export function notBuilt(where: string): SAEError {
  return new SAEError(
    'SAE_STATE',
    where,
    'expected a layer that is built; received one that has seen no input. Apply it to rows, or give inputShape in a model.',
  );
}

/** Optimizer state that does not belong to the variables it is to update. */
export function wrongOptimizerState(where: string, expected: string, received: string): SAEError {
  return new SAEError(
    'SAE_STATE',
    where,
    `expected ${expected}; received ${received}. Load the state that was saved with this model, or start with a new optimizer.`,
  );
}

/** A file that is missing, damaged, or not what it should be. */
export function badFile(
  file: string,
  expected: string,
  received: string,
  advice: string,
  cause?: unknown,
): SAEError {
  return new SAEError(
    'SAE_FILE',
    file,
    `expected ${expected}; received ${received}. ${advice}`,
    cause === undefined ? undefined : { cause },
  );
}

/** The same, where the door knows which file it is. */
export const badContent = (
  expected: string,
  received: string,
  advice: string,
  cause?: unknown,
): SAEError => badFile(THE_FILE, expected, received, advice, cause);

/** A file's weights whose names are not this dictionary's. */
export function wrongFileWeights(
  where: string,
  expected: readonly string[],
  received: readonly string[],
): SAEError {
  const names = received.slice(0, 12).map((name) => show(name));
  return badFile(
    where,
    `the weights ${expected.join(', ')}`,
    names.length === 0 ? 'none' : names.join(', '),
    'Load a file that was saved from a model of this class.',
  );
}

/** A package or a class that is not there. */
export function missing(where: string, expected: string, advice: string): SAEError {
  return new SAEError('SAE_MISSING', where, `expected ${expected}; it is not here. ${advice}`);
}

/** A system that something does not run on. */
export function wrongMachine(
  where: string,
  expected: string,
  received: string,
  advice: string,
): SAEError {
  const text = `expected ${expected}; received ${received}. ${advice}`;
  return new SAEError('SAE_UNSUPPORTED', where, text);
}

/** Another program that has not done what it was started for. */
export function toolFailed(
  where: string,
  expected: string,
  received: string,
  advice: string,
): SAEError {
  const text = `expected ${expected}; received ${show(received)}. ${advice}`;
  return new SAEError('SAE_STATE', where, text);
}

/** A binding that was built but does not load, or computes wrongly. */
export function bindingFails(where: string, problem: string, folder: string): SAEError {
  return toolFailed(
    where,
    'a binding that loads and computes rightly',
    problem,
    `Remove ${folder} and try again, or take another TensorFlow by --python.`,
  );
}

/** A package that would bring a second copy of tfjs-core, whose tensors the first does not know. */
export function differentCopies(
  where: string,
  expected: string,
  received: string,
  name: string,
  version: string,
): SAEError {
  const what = `expected ${name} to use the copy of @tensorflow/tfjs-core in ${expected}`;
  const text = `${what}; received ${received}. Install ${name}@${version}, the version of the other parts of tfjs.`;
  return new SAEError('SAE_STATE', where, text);
}

/** What is wrong, and yet need not be an error: some things work with two copies of tfjs. */
export const twoCopies = (ours: string): string =>
  `gated-sae-tfjs: expected one copy of @tensorflow/tfjs-core; there are two, and ours is ${ours}. ` +
  "tf.loadLayersModel of the other one does not know this library's classes. Run " +
  '`npm ls @tensorflow/tfjs-core`, and install all of @tensorflow in one version; with script ' +
  'tags, load tfjs once.';

/** The same of this library: all works, but each copy has threads and memory of its own. */
export const twoOfUs = (): string =>
  'gated-sae-tfjs: expected one copy of itself; there are two, as an import and a require, two ' +
  "versions or two script tags. They know each other's classes, and what both load is twice in " +
  'memory. Use import everywhere or require everywhere (`npm ls gated-sae-tfjs` lists versions); ' +
  'in a page, load it once.';

/** What the operating system says, in words, and what to do about it. */
const SYSTEM_ERRORS: { readonly [code: string]: readonly [received: string, advice: string] } = {
  ENOENT: [
    'nothing there',
    'Give the path of what is there; a relative one starts where the program was started.',
  ],
  ENOTDIR: ['a path through a file', 'Give a path that leads through folders only.'],
  EEXIST: ['a file', 'Choose another path.'],
  EACCES: ['"permission denied"', 'Change its permissions, or choose another path.'],
  EPERM: ['"operation not permitted"', 'Change its permissions, or choose another path.'],
  EROFS: ['a read-only file system', 'Choose another path.'],
  ENOSPC: ['a full disk', 'Make room on it, or choose another path.'],
  EDQUOT: ['a full quota', 'Make room, or choose another path.'],
  EFBIG: ['a file too long for its file system', 'Choose a path on another one.'],
  EISDIR: ['a folder', 'Choose another path.'],
  ENOTEMPTY: ['a folder that is not empty', 'Choose another path.'],
  EBUSY: ['a file in use', 'Close what has it open, or choose another path.'],
  ETXTBSY: ['a program that is running', 'Choose another path.'],
  ELOOP: ['links that lead in a circle', 'Give the path of what they were to lead to.'],
  ENAMETOOLONG: ['too long a name', 'Choose a shorter one.'],
  EINVAL: ['a name or place that the system does not take', 'Choose another path.'],
  EIO: ['a disk or a connection that fails', 'Check it, or choose another path.'],
  ESTALE: ['a network folder that is gone', 'Connect it again.'],
  ETIMEDOUT: ['a network folder that does not answer', 'Connect it again.'],
  ENODEV: ['a device that is gone', 'Connect it again, or choose another path.'],
  ENXIO: ['a device that is gone', 'Connect it again, or choose another path.'],
  ENFILE: ['too many open files on this machine', 'Close some, and try again.'],
  ENOMEM: ['too little memory', 'Close other programs, and try again.'],
  EMFILE: ['too many open files', 'Close some, or raise the limit (ulimit -n).'],
};

/** A file or folder that the operating system refuses to read or to write. */
export function fileRefused(file: string, expected: string, error: unknown): SAEError {
  const { code, message } = error as { code?: string; message?: string };
  const known = Object.hasOwn(SYSTEM_ERRORS, code ?? '') ? SYSTEM_ERRORS[code ?? ''] : undefined;
  const [received, advice] = known ?? [
    show(message),
    'Try again, or another disk: that is what the system reported.',
  ];
  return badFile(file, expected, received, advice, error);
}

/** An array in a `.npy` file that is sound, but not read here. */
export function unsupportedArray(expected: string, received: string, instead: string): SAEError {
  return new SAEError(
    'SAE_UNSUPPORTED',
    THE_FILE,
    `expected ${expected}; received ${received}. Save it with np.save(file, ${instead}).`,
  );
}

/** Another number of labels, tokens or names than there are rows or classes. */
export function wrongCount(file: string, expected: string, received: string): SAEError {
  return new SAEError(
    'SAE_DATA',
    file,
    `expected ${expected}; received ${received}. Give as many, in the same order.`,
  );
}

/** A field of a model.json that holds something other than the format has there. */
export function badModelJson(field: string, expected: string, received: unknown): SAEError {
  const advice = 'Save the model again, or restore it from a copy.';
  return badContent(`${field} to be ${expected}`, show(received), advice);
}

/** An option of a layer or optimizer that means something on one side of Keras and tfjs only. */
export function noCounterpart(
  object: string,
  option: string,
  value: unknown,
  advice: string,
): SAEError {
  const what = `expected options of ${object} that Keras and tfjs-layers share`;
  const text = `${what}; received ${option} = ${show(value)}. ${advice}`;
  return new SAEError('SAE_UNSUPPORTED', THE_FILE, text);
}

/** A class that is on one side of Keras and tfjs only. */
export function noCounterpartClass(kind: string, received: string, advice: string): SAEError {
  const what = `expected ${kind} that Keras and tfjs-layers share; received ${received}. ${advice}`;
  return new SAEError('SAE_UNSUPPORTED', THE_FILE, what);
}

/** The state in a file of an optimizer that is set another way than the model's. */
export function otherOptimizerState(expected: string, received: string): SAEError {
  return new SAEError(
    'SAE_UNSUPPORTED',
    THE_FILE,
    `expected the state of ${expected}; received that of ${received}. Compile the model as it was when it was saved, or load with includeOptimizer: false.`,
  );
}

/** A field of Keras's config.json that holds something other than the format has there. */
export function badKerasConfig(field: string, expected: string, received: unknown): SAEError {
  return badContent(`${field} to be ${expected}`, show(received), 'Save it again with Keras 3.');
}

/** A training step that cannot be the sparse one, though it was asked for. */
export function noSparseStep(where: string, obstacle: string): SAEError {
  return new SAEError(
    'SAE_STATE',
    where,
    `expected what step: 'sparse' needs; received ${show(obstacle)}. Compile with step: 'auto'.`,
  );
}

/** Kernels that have stopped in the middle of something; the weights are in the layer. */
export function kernelsLost(where: string, error: Error): SAEError {
  return new SAEError(
    'SAE_STATE',
    where,
    `expected its threads to finish; received ${show(error.message)}. Weights are those after the last whole step: save them, or train on.`,
    { cause: error },
  );
}

/** A run for whose features and batches the memory does not suffice. */
export function notEnoughMemory(
  where: string,
  error: Error,
  lower = 'features or the batch size',
): SAEError {
  return new SAEError(
    'SAE_OPTION',
    where,
    `expected enough memory for that many features; there is not enough (${show(error.message)}). Lower the number of ${lower}.`,
    { cause: error },
  );
}

/** A feature report that is none, or is damaged. */
export function badReport(where: string, expected: string, received: unknown): SAEError {
  const text = `expected ${expected}; received ${show(received)}. Make the report with featureReport.`;
  return new SAEError('SAE_DATA', where, text);
}

/** A feature report on rows of another kind than a picture needs. */
export function wrongReportKind(where: string, expected: string, received: unknown): SAEError {
  const text = `expected a feature report of kind "${expected}"; received one of kind ${show(received)}. Make it with imageShape.`;
  return new SAEError('SAE_DATA', where, text);
}

/** What only a page can do, called elsewhere. */
export function notInPage(where: string): SAEError {
  const text = 'expected a page with a document; there is none here. Use toSVG, toPNG or toHTML.';
  return new SAEError('SAE_STATE', where, text);
}
