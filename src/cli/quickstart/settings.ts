import { ARCHITECTURES } from '../../architectures';
import { BACKENDS, type Backend } from '../../backends/packages';
import { wrongOption } from '../../errors';
import {
  checkOptions,
  nonNegative,
  oneOf,
  positive,
  positiveInteger,
  positiveOrNull,
  type Rule,
  type Rules,
} from '../../options';
import { LARGEST_SEED } from '../optionParsers';

/** What decides the course of a run: the same settings give the same dictionary. */
export interface Settings {
  /** How it is trained: see RECIPES. */
  recipe: 'best' | 'gated-sae-tf';
  /** A name in ARCHITECTURES. */
  architecture: string;
  /** Number of features. */
  encodingDim: number;
  /** Passes over the training images. */
  epochs: number;
  /** Number of training images. */
  images: number;
  batchSize: number;
  /** λ, the weight of the sparsity penalty. */
  lambda: number;
  /** The L0 to come to, in place of λ; null where λ is given. */
  l0: number | null;
  /** The learning rate at its highest. */
  learningRate: number;
  /** Of the split, the order of the images, and the initial weights. */
  seed: number;
  /** Backends round differently. */
  backend: Backend;
}

const seedRule: Rule<number> = {
  expected: `an integer from 0 to ${LARGEST_SEED}`,
  accepts: (v) => Number.isSafeInteger(v) && (v as number) >= 0 && (v as number) <= LARGEST_SEED,
};
const RULES: Rules<Settings> = {
  recipe: oneOf<Settings['recipe']>(['best', 'gated-sae-tf']),
  architecture: oneOf(Object.keys(ARCHITECTURES)),
  encodingDim: positiveInteger(),
  epochs: positiveInteger(),
  images: positiveInteger(),
  batchSize: positiveInteger(),
  lambda: nonNegative(),
  l0: positiveOrNull(null),
  learningRate: positive(),
  seed: seedRule,
  backend: oneOf(BACKENDS),
};

/**
 * Settings read from a file.
 *
 * @throws SAE_OPTION where one is missing, unknown or wrong.
 */
export const checkSettings = (where: string, given: unknown): Settings =>
  checkOptions<Settings>(where, RULES, given);

/**
 * Refuses to go on with a run in another way than it was begun.
 *
 * @param given the settings that the user has named
 * @throws SAE_OPTION
 */
export function assertSameSettings(saved: Settings, given: Partial<Settings>): void {
  for (const [name, value] of Object.entries(given)) {
    const before = saved[name as keyof Settings];
    if (value === before) continue;
    const flag = flagOf(name);
    const advice = `Leave ${flag} out, or begin another run with another --out.`;
    const expected = `${before}, with which the run was begun`;
    throw wrongOption(`--resume ${flag}`, expected, value, advice);
  }
}

/** What a setting is called on the command line: `--batch-size` of `batchSize`. */
export const flagOf = (name: string): string =>
  `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
