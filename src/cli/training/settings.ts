import { ARCHITECTURES } from '../../architectures';
import { BACKENDS, type Backend } from '../../backends/packages';
import { wrongOption } from '../../errors';
import {
  nonNegative,
  oneOf,
  positive,
  positiveInteger,
  positiveOrNull,
  type Rule,
  type Rules,
} from '../../options';
import { LARGEST_SEED } from '../optionParsers';

/** The settings of every run that determine its course, whatever data it is trained on. */
export interface RunSettings {
  /** The recipe: see RECIPES. */
  recipe: 'best' | 'gated-sae-tf';
  /** A name in ARCHITECTURES. */
  architecture: string;
  /** Number of features. */
  encodingDim: number;
  /** Passes over the training rows. */
  epochs: number;
  batchSize: number;
  /** λ, the weight of the sparsity penalty. */
  lambda: number;
  /** The target L0, in place of λ; null if λ is given. */
  l0: number | null;
  /** The peak learning rate. */
  learningRate: number;
  /** The seed of the split, the order of the rows, and the initial weights. */
  seed: number;
  /** The backend, since backends round differently. */
  backend: Backend;
}

/** Settings before it is known what is installed. */
export type Wanted<S extends RunSettings> = Omit<S, 'backend'> & { backend: Backend | 'auto' };

const seedRule: Rule<number> = {
  expected: `an integer from 0 to ${LARGEST_SEED}`,
  accepts: (v) => Number.isSafeInteger(v) && (v as number) >= 0 && (v as number) <= LARGEST_SEED,
};

/** The rules of settings that are read from a file. */
export const RUN_RULES: Rules<RunSettings> = {
  recipe: oneOf<RunSettings['recipe']>(['best', 'gated-sae-tf']),
  architecture: oneOf(Object.keys(ARCHITECTURES)),
  encodingDim: positiveInteger(),
  epochs: positiveInteger(),
  batchSize: positiveInteger(),
  lambda: nonNegative(),
  l0: positiveOrNull(null),
  learningRate: positive(),
  seed: seedRule,
  backend: oneOf(BACKENDS),
};

/**
 * Throws if a run would be resumed in another way than it began.
 *
 * @param given the settings that the user gave
 * @param optionOf settings whose options have other names
 * @throws SAE_OPTION
 */
export function assertSameSettings<S extends RunSettings>(
  saved: S,
  given: Partial<Wanted<S>>,
  optionOf: Readonly<Record<string, string>> = {},
): void {
  for (const [name, value] of Object.entries(given)) {
    const before = saved[name as keyof S];
    if (value === before) continue;
    const flag = flagOf(optionOf[name] ?? name);
    const advice = `Leave ${flag} out, or begin another run with another --out.`;
    const expected = `${before}, with which the run was begun`;
    throw wrongOption(`--resume ${flag}`, expected, value, advice);
  }
}

/** Returns a setting's option on the command line: `--batch-size` for `batchSize`. */
export const flagOf = (name: string): string =>
  `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
