import { wrongOption } from '../../../errors';
import { checkOptions, type Rules, text } from '../../../options';
import { checkRelease } from './listSAEs';
import { adviceOnNames } from './nearNames';
import { catalogue, type SAEEntry } from './table';

/** Arguments of {@link resolveSAE}. */
export interface ResolveSAEArgs {
  /** The release that it was published in: SAELens's `release`. */
  release: string;
  /** Its name in that release: SAELens's `sae_id`. */
  id: string;
}

const RULES: Rules<ResolveSAEArgs> = { release: text, id: text };

/**
 * Finds a dictionary that SAELens knows by `release` and `sae_id`: where it is, in what format, and
 * what SAELens's table says about it.
 *
 * @param args `release` and `id`
 * @returns the table's entry, with its `address` on the hub and the name of SAELens's loader
 * @throws SAE_OPTION for names that are not in the table, with similar ones.
 * @example
 * ```ts
 * import { hubFolder, resolveSAE } from 'gated-sae-tfjs';
 * const { address, conversion } = await resolveSAE({
 *   release: 'gpt2-small-res-jb',
 *   id: 'blocks.7.hook_resid_pre',
 * });
 * console.log(hubFolder(address).name, conversion); // sae_lens
 * ```
 */
export async function resolveSAE(args: ResolveSAEArgs): Promise<SAEEntry> {
  const { release, id } = checkOptions<ResolveSAEArgs>('resolveSAE', RULES, args);
  const all = await catalogue();
  checkRelease('resolveSAE', all, release);
  const ofRelease = all.filter((one) => one.release === release);
  const found = ofRelease.find((one) => one.id === id);
  if (found !== undefined) return found;
  const advice = adviceOnNames(
    id,
    ofRelease.map((one) => one.id),
  );
  throw wrongOption('resolveSAE.id', `a dictionary of ${release}`, id, advice);
}
