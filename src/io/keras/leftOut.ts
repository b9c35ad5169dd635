import { inFile, SAEError } from '../../errors';
import type { OnUnsupported } from './training';

/** What happens to a model without it. */
const WITHOUT = {
  optimizer: 'The model comes without its optimizer: compile it anew.',
  metrics: 'The model comes without its metrics.',
  state: 'The optimizer stays as it was.',
} as const;

/** Whether to include the optimizer, and where to report that it is left out. */
export interface Leaving {
  /** undefined to include it if training can continue with it. */
  readonly includeOptimizer: boolean | undefined;
  /** Called with a sentence on what is left out. */
  readonly warn: (sentence: string) => void;
}

/**
 * Returns how to continue if the other side has no counterpart for a model's training.
 *
 * @param file how the warning refers to it
 * @param options `includeOptimizer: true` makes it an error; otherwise `warn` is called with what
 *   is left out
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
