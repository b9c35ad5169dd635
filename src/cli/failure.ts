import { missing, notEnoughMemory, SAEError, Unsaid } from '../errors';

/** An error thrown by commander, by this program's commands, or by Node. */
export type Thrown = Error & { code?: string; exitCode?: number; syscall?: string };

/** Returns the error to show to the user; undefined for an unexpected one. */
export function plainError(error: Thrown): Error | undefined {
  if (error instanceof SAEError) return inOptions(error);
  return error.syscall !== undefined ? error : (missingPackage(error) ?? outOfMemory(error));
}

/** Returns the error with this program's option names in place of what a program would call. */
function inOptions(error: SAEError): Error {
  const { cause, message } = error;
  if (!(cause instanceof Unsaid)) return error;
  return new Error(message.replace(cause.message, `--${cause.option} ${cause.example}`));
}

function missingPackage({ code, message }: Thrown): SAEError | undefined {
  const name = /Cannot find (?:package|module) '(@?[\w-]+(?:\/[\w-]+)?)'/.exec(message)?.[1];
  if (name === undefined || !/^(ERR_)?MODULE_NOT_FOUND$/.test(code ?? '')) return undefined;
  // Installing one package of tfjs alone would only show that the next is missing.
  const install = name.startsWith('@tensorflow/') ? '@tensorflow/tfjs' : name;
  return missing('gated-sae', `the npm package ${name}`, `Run npm install ${install}.`);
}

/** The messages of running out of memory: from V8, then from the backends wasm and tensorflow. */
const OUT_OF_MEMORY = [
  /^Array buffer allocation failed|^Invalid (typed )?array length|^Invalid array buffer length/,
  // The wasm backend does not check the result of its malloc, and writes there.
  /^memory access out of bounds|^offset is out of bounds|^Aborted\(\)/,
  /\bOOM when allocating/,
];

const outOfMemory = (error: Error): SAEError | undefined =>
  OUT_OF_MEMORY.some((pattern) => pattern.test(error.message))
    ? notEnoughMemory('gated-sae', error)
    : undefined;
