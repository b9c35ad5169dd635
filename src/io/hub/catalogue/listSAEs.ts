import { wrongOption } from '../../../errors';
import { checkOptions, oneOf, optional, type Rules, text, wholeOr0 } from '../../../options';
import { adviceOnNames } from './nearNames';
import { catalogue, type SAEEntry, type SAEPlace } from './table';

/** Which dictionaries {@link listSAEs} returns: those that match every option. */
export interface ListSAEsArgs {
  /**
   * The language model, with or without its owner: `gpt2-small`, `gemma-3-1b-pt`; any by default.
   */
  model?: string;
  /** Its layer, from 0; any by default. */
  layer?: number;
  /** The place in the layer; any by default. */
  place?: SAEPlace;
  /** The number of features; any by default. */
  width?: number;
  /**
   * The published mean number of active features per token: a range, or an exact value; any by
   * default.
   */
  l0?: number | readonly [least: number, most: number];
  /** The release that it was published in; any by default. */
  release?: string;
  /** Words that must all occur in its names, in any case; any by default. */
  text?: string;
}

const isL0 = (v: unknown): v is number => typeof v === 'number' && v >= 0;

const PLACES: readonly SAEPlace[] = [
  'resid_pre',
  'resid_mid',
  'resid_post',
  'attn_out',
  'hook_z',
  'mlp_out',
  'transcoder',
  'clt',
];

const RULES: Rules<ListSAEsArgs> = {
  model: optional(text),
  layer: optional(wholeOr0()),
  place: optional(oneOf(PLACES)),
  width: optional(wholeOr0()),
  l0: optional({
    expected: 'a number ≥ 0, or two: [least, most]',
    accepts: (v) => isL0(v) || (Array.isArray(v) && v.length === 2 && v.every(isL0)),
  }),
  release: optional(text),
  text: optional(text),
};

/**
 * Lists the dictionaries that are published on the Hugging Face hub and known to SAELens: some
 * 14,000 entries, in a table that is loaded on the first call, without any network request.
 *
 * @param args the criteria, see {@link ListSAEsArgs}; all dictionaries by default
 * @returns the matching entries, in the table's order; empty if none match
 * @throws SAE_OPTION for a model or release that is not in the table, with similar names; for an
 *   unknown option or a wrong value.
 * @example
 * ```ts
 * import { listSAEs } from 'gated-sae-tfjs';
 * const found = await listSAEs({ model: 'gpt2-small', layer: 7, place: 'resid_pre' });
 * for (const { release, id, l0, address } of found) console.log(release, id, l0, address);
 * ```
 */
export async function listSAEs(args: ListSAEsArgs = {}): Promise<readonly SAEEntry[]> {
  const { model, layer, place, width, l0, release, text } = checkOptions<ListSAEsArgs>(
    'listSAEs',
    RULES,
    args,
  );
  const all = await catalogue();
  if (release !== undefined) checkRelease('listSAEs', all, release);
  const models = model === undefined ? undefined : modelsOf(all, model);
  const [least, most] = typeof l0 === 'number' ? [l0, l0] : (l0 ?? []);
  const words = (text ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  return all.filter(
    (one) =>
      (release === undefined || one.release === release) &&
      (models === undefined || models.has(one.model)) &&
      (layer === undefined || one.layer === layer) &&
      (place === undefined || one.place === place) &&
      (width === undefined || one.width === width) &&
      (least === undefined || (one.l0 ?? -1) >= least) &&
      (most === undefined || (one.l0 ?? Number.POSITIVE_INFINITY) <= most) &&
      words.every((word) => namesOf(one).includes(word)),
  );
}

/** @throws SAE_OPTION for a release that is not in the table. */
export function checkRelease(where: string, all: readonly SAEEntry[], release: string): void {
  if (all.some((one) => one.release === release)) return;
  const known = [...new Set(all.map((one) => one.release))];
  const expected = "a release of SAELens's table";
  throw wrongOption(`${where}.release`, expected, release, adviceOnNames(release, known));
}

/** Returns the table's names of a model. */
function modelsOf(all: readonly SAEEntry[], model: string): ReadonlySet<string> {
  const known = [...new Set(all.map((one) => one.model))];
  const short = (name: string) => name.toLowerCase().replace(/^.*\//, '');
  const isIt = (name: string) =>
    name.toLowerCase() === model.toLowerCase() ||
    (!model.includes('/') && short(name) === short(model));
  const found = known.filter(isIt);
  if (found.length > 0) return new Set(found);
  const expected = "a model of SAELens's table";
  throw wrongOption('listSAEs.model', expected, model, adviceOnNames(model, known));
}

const namesOf = ({ release, id, model, repo, path, place, neuronpediaId = '' }: SAEEntry) =>
  [release, id, model, repo, path, place, neuronpediaId].join('\n').toLowerCase();
