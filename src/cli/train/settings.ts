import { type Normalization, normalizeRule } from '../../layers/normalization';
import { checkOptions, positiveInteger, type Rules, text, wholeOr0 } from '../../options';
import { RUN_RULES, type RunSettings } from '../training/settings';

/** What determines the course of a run: the same settings give the same dictionary. */
export interface Settings extends RunSettings {
  /** How rows are scaled before they are encoded. */
  normalize: Normalization;
  /** Values in a row. */
  inputDim: number;
  /** The number of rows. */
  rows: number;
  /** How many of them are kept out of training; 0 to train on all. */
  validation: number;
  /** Rows that are held in memory and shuffled at a time. */
  shuffleRows: number;
  /** The CRC-32 of some of the rows, which identifies them. */
  rowsCrc32: string;
}

const RULES: Rules<Settings> = {
  ...RUN_RULES,
  normalize: normalizeRule,
  inputDim: positiveInteger(),
  rows: positiveInteger(),
  validation: wholeOr0(),
  shuffleRows: positiveInteger(),
  rowsCrc32: text,
};

/** The words that --normalize accepts. */
export const NORMALIZATIONS = normalizeRule.words ?? [];

/** Settings whose options have other names. */
export const OPTION_OF = { encodingDim: 'features' } as const;

/** Returns the number of rows that are trained on. */
export const trainedRows = ({ rows, validation }: Settings): number => rows - validation;

/** Returns the number of rows in a pass, in full batches. */
export const rowsOfPass = (settings: Settings): number =>
  Math.floor(trainedRows(settings) / settings.batchSize) * settings.batchSize;

/**
 * Returns settings read from a file, checked.
 *
 * @throws SAE_OPTION if one is missing, unknown or wrong.
 */
export const checkSettings = (where: string, given: unknown): Settings =>
  checkOptions<Settings>(where, RULES, given);
