import { wrongOption } from '../../../errors';
import { checkOptions, oneOf, optional, type Rules, text, wholeOr0 } from '../../../options';
import { adviceOnNames } from './nearNames';
import { catalogue, type SAEEntry, type SAEPlace } from './table';

/** Which dictionaries {@link listSAEs} tells of: those that are all of this. */
export interface ListSAEsArgs {
  /** The language model, with or without its owner: `gpt2-small`, `gemma-3-1b-pt`; any by default. */
  model?: string;
  /** Its layer, from 0; any by default. */
  layer?: number;
  /** Where in the layer; any by default. */
  place?: SAEPlace;
  /** How many features; any by default. */
  width?: number;
  /** Active features on a token as published: from the first to the second, or exactly; any by default. */
  l0?: number | readonly [least: number, most: number];
  /** The set that it was published in; any by default. */
  release?: string;
  /** Words that its names hold, all of them, in any case; any by default. */
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
 * The dictionaries that have been published on the Hugging Face hub and that SAELens knows: its
 * table, some 14,000 of them, which is loaded when this is first called, and asks nobody.
 *
 * @param args what they shall be, as {@link ListSAEsArgs} tells; all of them by default
 * @returns them, in the table's order: none where nothing is all of that
 * @throws SAE_OPTION for a model or release that the table has not, with the names that are near;
 * for an unknown option or a wrong value.
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

/** @throws SAE_OPTION for a release that the table has not. */
export function checkRelease(where: string, all: readonly SAEEntry[], release: string): void {
  if (all.some((one) => one.release === release)) return;
  const known = [...new Set(all.map((one) => one.release))];
  const expected = "a release of SAELens's table";
  throw wrongOption(`${where}.release`, expected, release, adviceOnNames(release, known));
}

/** The table's names of a model. */
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
