import { checkOptions, positiveInteger, type Rules } from '../../options';
import { RUN_RULES, type RunSettings } from '../training/settings';

/** What determines the course of a run: the same settings give the same dictionary. */
export interface Settings extends RunSettings {
  /** Number of training images. */
  images: number;
}

const RULES: Rules<Settings> = { ...RUN_RULES, images: positiveInteger() };

/**
 * Returns settings read from a file, checked.
 *
 * @throws SAE_OPTION if one is missing, unknown or wrong.
 */
export const checkSettings = (where: string, given: unknown): Settings =>
  checkOptions<Settings>(where, RULES, given);
