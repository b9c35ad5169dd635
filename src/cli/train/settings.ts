import { type Normalization, normalizeRule } from '../../layers/normalization';
import { checkOptions, positiveInteger, type Rules, text, wholeOr0 } from '../../options';
import { RUN_RULES, type RunSettings } from '../training/settings';

/** What decides the course of a run: the same settings give the same dictionary. */
export interface Settings extends RunSettings {
  /** How rows are scaled before the dictionary sees them. */
  normalize: Normalization;
  /** Values in a row. */
  inputDim: number;
  /** All rows. */
  rows: number;
  /** How many of them are kept from training; 0 where it is to see all. */
  validation: number;
  /** Rows that are in memory, and are mixed, at a time. */
  shuffleRows: number;
  /** The CRC-32 of some of the rows, by which they are known again. */
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

/** The words that --normalize takes. */
export const NORMALIZATIONS = normalizeRule.words ?? [];

/** Settings whose options have other names. */
export const OPTION_OF = { encodingDim: 'features' } as const;

/** Rows that are trained on. */
export const trainedRows = ({ rows, validation }: Settings): number => rows - validation;

/** Rows of a pass: whole batches. */
export const rowsOfPass = (settings: Settings): number =>
  Math.floor(trainedRows(settings) / settings.batchSize) * settings.batchSize;

/**
 * Settings read from a file.
 *
 * @throws SAE_OPTION where one is missing, unknown or wrong.
 */
export const checkSettings = (where: string, given: unknown): Settings =>
  checkOptions<Settings>(where, RULES, given);
