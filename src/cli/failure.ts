import { missing, notEnoughMemory, SAEError, Unsaid } from '../errors';

/** Something that is thrown by commander, by this program's commands, or by Node. */
export type Thrown = Error & { code?: string; exitCode?: number; syscall?: string };

/** The error as it is to be told to the user; undefined for one that nobody has foreseen. */
export function plainError(error: Thrown): Error | undefined {
  if (error instanceof SAEError) return inOptions(error);
  return error.syscall !== undefined ? error : (missingPackage(error) ?? outOfMemory(error));
}

/** The error with this program's option in the place of what a program would call. */
function inOptions(error: SAEError): Error {
  const { cause, message } = error;
  if (!(cause instanceof Unsaid)) return error;
  return new Error(message.replace(cause.message, `--${cause.option} ${cause.example}`));
}

function missingPackage({ code, message }: Thrown): SAEError | undefined {
  const name = /Cannot find (?:package|module) '(@?[\w-]+(?:\/[\w-]+)?)'/.exec(message)?.[1];
  if (name === undefined || !/^(ERR_)?MODULE_NOT_FOUND$/.test(code ?? '')) return undefined;
  // One of tfjs's parts would only miss the next one.
  const install = name.startsWith('@tensorflow/') ? '@tensorflow/tfjs' : name;
  return missing('gated-sae', `the npm package ${name}`, `Run npm install ${install}.`);
}

/** How it reads when memory runs out: from V8, then from the backends wasm and tensorflow. */
const OUT_OF_MEMORY = [
  /^Array buffer allocation failed|^Invalid (typed )?array length|^Invalid array buffer length/,
  // The wasm backend does not look at what its malloc answers, and writes there.
  /^memory access out of bounds|^offset is out of bounds|^Aborted\(\)/,
  /\bOOM when allocating/,
];

const outOfMemory = (error: Error): SAEError | undefined =>
  OUT_OF_MEMORY.some((pattern) => pattern.test(error.message))
    ? notEnoughMemory('gated-sae', error)
    : undefined;
