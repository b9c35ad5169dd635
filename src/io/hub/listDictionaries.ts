import { addressText, joined, parseAddress } from './address';
import { folderAt } from './hubFolder';
import { type HubOptions, hubSettings } from './settings';

/** What looks like a dictionary in a repository. */
export interface HubDictionary {
  /** `hf://…` of its folder, or of its file where it is one of several in a folder; at a commit. */
  readonly address: string;
  /** The same in the repository, without slashes at its ends; empty for all of it. */
  readonly path: string;
  /** The files that it may consist of, by their names in the folder. */
  readonly files: readonly string[];
}

const WEIGHTS = /\.(safetensors|npz|pt|pth|keras)$/i;
const CONFIG = /^(cfg|config|model)\.(json|ya?ml)$/i;
/** What stands beside a dictionary's weights and is none. */
const BESIDE = /^(sparsity|activation_store_state|optimizer)\b/i;

/**
 * The dictionaries in a repository on the hub, or in a folder of it, told by the names of files
 * alone: none of them is opened.
 *
 * A folder with weights (`.safetensors`, `.npz`, `.pt`, `.pth`) is a dictionary where it has a
 * configuration beside them or is the only one there; else each file of weights is one. So is each
 * `.keras` file, and each folder with a tfjs `model.json`.
 *
 * @param address `hf://owner/repo[@revision]/path`
 * @param options as {@link hubFolder} takes them
 * @returns them, by their paths
 * @throws SAE_OPTION for an address or option of another form; SAE_FILE where the hub lists nothing.
 * @example
 * import { listDictionaries } from 'gated-sae-tfjs';
 * async function show(address: string) {
 *   for (const { path, files } of await listDictionaries(address)) console.log(path, files);
 * }
 * console.log(typeof show); // show('hf://jbloom/GPT2-Small-SAEs-Reformatted') asks the hub
 * ```
 */
export async function listDictionaries(
  address: string,
  options: HubOptions = {},
): Promise<readonly HubDictionary[]> {
  const settings = hubSettings('listDictionaries', options);
  const place = parseAddress('listDictionaries', address, options.revision);
  const folder = folderAt(place, settings);
  const byFolder = new Map<string, string[]>();
  for (const file of await folder.files()) {
    const end = file.lastIndexOf('/');
    const within = file.slice(0, Math.max(0, end));
    byFolder.set(within, [...(byFolder.get(within) ?? []), file.slice(end + 1)]);
  }
  const revision = await folder.commit();
  return [...byFolder]
    .flatMap(([within, names]) =>
      dictionariesIn(names).map(({ name, files }): HubDictionary => {
        const path = joined(place.path, joined(within, name));
        return { address: addressText({ ...place, revision, path }), path, files };
      }),
    )
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Those in one folder: `name` is empty for the folder itself. */
function dictionariesIn(names: readonly string[]): { name: string; files: readonly string[] }[] {
  const keras = names.filter((name) => /\.keras$/i.test(name));
  const weights = names.filter(
    (name) => WEIGHTS.test(name) && !keras.includes(name) && !BESIDE.test(name),
  );
  const config = names.filter((name) => CONFIG.test(name));
  const single = (name: string) => ({ name, files: [name, ...config] });
  const isOne =
    (weights.length === 1 && (config.length > 0 || keras.length === 0)) ||
    (weights.length === 0 && names.includes('model.json'));
  const whole = { name: '', files: names.filter((name) => !keras.includes(name)) };
  return [
    ...(isOne ? [whole] : weights.map(single)),
    ...keras.map((name) => ({ name, files: [name] })),
  ];
}
