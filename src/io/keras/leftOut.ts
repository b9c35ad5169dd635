import { SAEError } from '../../errors';
import type { OnUnsupported } from './training';

/** What becomes of a model without it. */
const WITHOUT = {
  optimizer: 'The model comes without its optimizer: compile it anew.',
  metrics: 'The model comes without its metrics.',
  state: 'The optimizer stays as it was.',
} as const;

/**
 * How to go on where the other side has no counterpart of how a model is trained.
 *
 * @param insist makes it an error; else it is left out with a warning
 * @param warn takes the sentence
 */
export const leavingOut =
  (insist: boolean | undefined, warn: (sentence: string) => void): OnUnsupported =>
  (what, make) => {
    try {
      return make();
    } catch (error) {
      const unsupported = error instanceof SAEError && error.code === 'SAE_UNSUPPORTED';
      if (insist || !unsupported) throw error;
      warn(`${error.message} ${WITHOUT[what]}`);
      return undefined;
    }
  };
