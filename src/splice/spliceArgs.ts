import { wrongOption } from '../errors';
import {
  checkOptions,
  distinctNumbers,
  finite,
  flag,
  oneOf,
  optional,
  type Rule,
  type Rules,
} from '../options';
import type { CodeEdit } from './codeEdit';

/** What a spliced dictionary does to the activations that pass through it. */
export type SpliceMode = 'reconstruct' | 'ablate' | 'clamp' | 'scale' | 'add';

/** Options of {@link spliceSAE}. */
export interface SpliceArgs {
  /**
   * `'reconstruct'`, the default: activations are replaced by their reconstructions. `'ablate'`:
   * features are turned off. `'clamp'`: their codes are set to `value`. `'scale'`: their codes are
   * multiplied by `value`. `'add'`: `value` times their directions is added.
   */
  mode?: SpliceMode;
  /** The features to edit; by default all for `'ablate'` and `'scale'`. */
  features?: readonly number[];
  /**
   * One number for all of the features, or one for each. It has no default; `'reconstruct'` and
   * `'ablate'` take none.
   */
  value?: number | readonly number[];
  /**
   * Whether to add the reconstruction error, so that only the edit changes anything; false by
   * default with `'reconstruct'`, true with all other modes.
   */
  error?: boolean;
  /** Whether to accept a dictionary that was made for another layer; false by default. */
  force?: boolean;
}

const featureNumbers = distinctNumbers('a list of feature numbers, each once');
const values: Rule<number | readonly number[]> = {
  expected: 'a finite number, or one for each feature',
  accepts: (v) => finite.accepts(v) || (Array.isArray(v) && v.every(finite.accepts)),
};
const MODES: readonly SpliceMode[] = ['reconstruct', 'ablate', 'clamp', 'scale', 'add'];

export const SPLICE_RULES: Rules<SpliceArgs> = {
  mode: oneOf<SpliceMode>(MODES, 'reconstruct'),
  features: optional(featureNumbers),
  value: optional(values),
  error: optional(flag()),
  force: flag(false),
};

/**
 * Returns the edit of codes that the options describe.
 *
 * @throws SAE_OPTION for an invalid option, features that the dictionary does not have, or options
 *   that exclude each other.
 */
export function codeEditOf(where: string, features: number, args: SpliceArgs): CodeEdit {
  const {
    mode,
    features: some,
    value,
    error,
  } = checkOptions<SpliceArgs>(where, SPLICE_RULES, args);
  const wrong = (option: keyof SpliceArgs, expected: string, received: unknown, advice?: string) =>
    wrongOption(`${where}.${option}`, expected, received, advice);
  const beyond = some?.find((feature) => feature >= features);
  if (beyond !== undefined) throw wrong('features', `numbers below ${features}`, beyond);
  const takesValue = mode !== 'reconstruct' && mode !== 'ablate';
  if (!takesValue && value !== undefined) {
    throw wrong('value', `none with mode "${mode}"`, value, 'Leave it out, or take mode "scale".');
  }
  if (takesValue && value === undefined) {
    throw wrong('value', `a number with mode "${mode}"`, value, 'Give value: 5, say.');
  }
  if (mode === 'reconstruct' && some) {
    throw wrong('features', 'none with mode "reconstruct"', some, 'Take mode "ablate" or "scale".');
  }
  if ((mode === 'clamp' || mode === 'add') && some === undefined) {
    throw wrong('features', `some with mode "${mode}"`, some, 'Give features: [12], say.');
  }
  if (Array.isArray(value) && value.length !== some?.length) {
    const expected = `a number, or one for each of ${some?.length ?? 0} features`;
    throw wrong('value', expected, value);
  }
  const given = value ?? 0;
  const isKept = mode === 'reconstruct' || mode === 'add';
  return {
    features: some,
    factor: mode === 'scale' ? given : isKept ? 1 : 0,
    offset: mode === 'clamp' || mode === 'add' ? given : 0,
    error: error ?? mode !== 'reconstruct',
  };
}
