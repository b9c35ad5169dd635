import { checkOptions, positiveInteger, type Rules } from '../../options';
import { RUN_RULES, type RunSettings } from '../training/settings';

/** What decides the course of a run: the same settings give the same dictionary. */
export interface Settings extends RunSettings {
  /** Number of training images. */
  images: number;
}

const RULES: Rules<Settings> = { ...RUN_RULES, images: positiveInteger() };

/**
 * Settings read from a file.
 *
 * @throws SAE_OPTION where one is missing, unknown or wrong.
 */
export const checkSettings = (where: string, given: unknown): Settings =>
  checkOptions<Settings>(where, RULES, given);
