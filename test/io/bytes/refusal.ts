import { SAEError } from '../../../src/errors';

/** The message of the SAE_FILE that something must end in. */
export async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof SAEError)) throw new Error(`expected an SAEError, got ${error}`);
  return error.message;
}
