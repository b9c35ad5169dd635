import { SAEError } from '../src/errors';

/** The message of the SAEError in which something must end: a promise, or what a function does. */
export async function refusal(attempt: Promise<unknown> | (() => unknown)): Promise<string> {
  try {
    await (typeof attempt === 'function' ? attempt() : attempt);
  } catch (error) {
    if (!(error instanceof SAEError)) throw error;
    return error.message;
  }
  throw new Error('expected an SAEError; nothing was thrown');
}
