import { nearest } from '../optionNames';
import { SAEError } from './saeError';
import { show } from './words';

/** The place of an error inside a file, whose name only the function that opened it knows. */
export const THE_FILE = 'the file';

/**
 * Runs code that reads or writes a file. An error from inside, whose place is {@link THE_FILE},
 * leaves with the file's name; one that already has a name keeps it.
 *
 * @param file how errors refer to the file
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

/** Returns the same error, with the file's name if it had none. */
export function inFile<E>(file: string, error: E): E {
  if (!(error instanceof SAEError)) return error;
  const { message, code } = error;
  const unnamed = `${code} ${THE_FILE}:`;
  if (!message.startsWith(unnamed)) return error;
  error.message = `${code} ${file}:${message.slice(unnamed.length)}`;
  // V8 writes the message at the head of the stack only once.
  error.stack = error.stack?.replace(message, () => error.message);
  return error;
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

/** The same from inside a file, whose name is added later. */
export const badContent = (
  expected: string,
  received: string,
  advice: string,
  cause?: unknown,
): SAEError => badFile(THE_FILE, expected, received, advice, cause);

/** Weights in a file whose names are not this dictionary's. */
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

/** The operating system's errors in words, and what to do about them. */
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

/** A file or folder that the operating system refuses to read or write. */
export function fileRefused(file: string, expected: string, error: unknown): SAEError {
  const { code, message } = error as { code?: string; message?: string };
  const known = Object.hasOwn(SYSTEM_ERRORS, code ?? '') ? SYSTEM_ERRORS[code ?? ''] : undefined;
  const [received, advice] = known ?? [
    show(message),
    'Try again, or another disk: that is what the system reported.',
  ];
  return badFile(file, expected, received, advice, error);
}

/** A field of a model.json with an unexpected value. */
export function badModelJson(field: string, expected: string, received: unknown): SAEError {
  const advice = 'Save the model again, or restore it from a copy.';
  return badContent(`${field} to be ${expected}`, show(received), advice);
}

/** A valid array in a `.npy` file that cannot be read here. */
export function unsupportedArray(expected: string, received: string, instead: string): SAEError {
  return new SAEError(
    'SAE_UNSUPPORTED',
    THE_FILE,
    `expected ${expected}; received ${received}. Save it with np.save(file, ${instead}).`,
  );
}

/** Something in a pickle that is more than data, or data of an unsupported kind. */
export function unsupportedPickle(expected: string, received: string): SAEError {
  return new SAEError(
    'SAE_UNSUPPORTED',
    THE_FILE,
    `expected ${expected}; received ${received}. Save model.state_dict(), or a dict of tensors and numbers, with torch.save.`,
  );
}

/** An array in a file with another shape than its layer's weight. */
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

/** An option of a layer or optimizer that exists only in Keras or only in tfjs. */
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

/** A class that exists only in Keras or only in tfjs. */
export function noCounterpartClass(kind: string, received: string, advice: string): SAEError {
  const what = `expected ${kind} that Keras and tfjs-layers share; received ${received}. ${advice}`;
  return new SAEError('SAE_UNSUPPORTED', THE_FILE, what);
}

/** The state in a file of an optimizer with other settings than the model's. */
export function otherOptimizerState(expected: string, received: string): SAEError {
  return new SAEError(
    'SAE_UNSUPPORTED',
    THE_FILE,
    `expected the state of ${expected}; received that of ${received}. Compile the model as it was when it was saved, or load with includeOptimizer: false.`,
  );
}

/** A field of Keras's config.json with an unexpected value. */
export function badKerasConfig(field: string, expected: string, received: unknown): SAEError {
  return badContent(`${field} to be ${expected}`, show(received), 'Save it again with Keras 3.');
}

/** An ONNX model that cannot be changed as requested. */
export function unsupportedOnnx(expected: string, received: string, advice = ''): SAEError {
  const what = `expected ${expected}; received ${received}.${advice && ` ${advice}`}`;
  return new SAEError('SAE_UNSUPPORTED', THE_FILE, what);
}

/** The most characters of names from an untrusted file that are compared with another name. */
const MOST_COMPARED = 4096;
const LONG_NAME = 200;

/** A tensor name that no node of a model has. */
export function unknownTensor(where: string, name: unknown, known: readonly string[]): SAEError {
  const some = known.slice(0, MOST_COMPARED).filter(({ length }) => length < LONG_NAME);
  const isShort = typeof name === 'string' && name.length < LONG_NAME;
  const near = isShort ? nearest(name, some) : undefined;
  const advice = near ? `Did you mean ${show(near)}?` : 'Call listTensors for the names.';
  const what = `expected the name of a tensor that the model computes; received ${show(name)}. ${advice}`;
  return new SAEError('SAE_OPTION', where, what);
}
