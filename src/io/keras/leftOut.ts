import { inFile, SAEError } from '../../errors';
import type { OnUnsupported } from './training';

/** What becomes of a model without it. */
const WITHOUT = {
  optimizer: 'The model comes without its optimizer: compile it anew.',
  metrics: 'The model comes without its metrics.',
  state: 'The optimizer stays as it was.',
} as const;

/** Whether the optimizer goes to the other side, and who is told where it does not. */
export interface Leaving {
  /** undefined for "where training can go on with it". */
  readonly includeOptimizer: boolean | undefined;
  /** Takes a sentence on what is left out. */
  readonly warn: (sentence: string) => void;
}

/**
 * How to go on where the other side has no counterpart of how a model is trained.
 *
 * @param file what the warning calls it
 * @param options true to `includeOptimizer` makes it an error; else `warn` is told what is left out
 */
export const leavingOut =
  (file: string, { includeOptimizer, warn }: Leaving): OnUnsupported =>
  (what, make) => {
    try {
      return make();
    } catch (error) {
      const unsupported = error instanceof SAEError && error.code === 'SAE_UNSUPPORTED';
      if (includeOptimizer || !unsupported) throw error;
      warn(`${inFile(file, error).message} ${WITHOUT[what]}`);
      return undefined;
    }
  };
