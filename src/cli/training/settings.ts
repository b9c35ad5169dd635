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

/** What every run has that decides its course, whatever it is trained on. */
export interface RunSettings {
  /** How it is trained: see RECIPES. */
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
  /** The L0 to come to, in place of λ; null where λ is given. */
  l0: number | null;
  /** The learning rate at its highest. */
  learningRate: number;
  /** Of the split, the order of the rows, and the initial weights. */
  seed: number;
  /** Backends round differently. */
  backend: Backend;
}

/** Settings before it is known what is installed. */
export type Wanted<S extends RunSettings> = Omit<S, 'backend'> & { backend: Backend | 'auto' };

const seedRule: Rule<number> = {
  expected: `an integer from 0 to ${LARGEST_SEED}`,
  accepts: (v) => Number.isSafeInteger(v) && (v as number) >= 0 && (v as number) <= LARGEST_SEED,
};

/** What settings may be, where they are read from a file. */
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
 * Refuses to go on with a run in another way than it was begun.
 *
 * @param given the settings that the user has named
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

/** What a setting is called on the command line: `--batch-size` of `batchSize`. */
export const flagOf = (name: string): string =>
  `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
