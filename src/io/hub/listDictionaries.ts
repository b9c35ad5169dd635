import { addressText, joined, parseAddress } from './address';
import { folderAt } from './hubFolder';
import { type HubOptions, hubSettings } from './settings';

/** A probable dictionary in a repository. */
export interface HubDictionary {
  /**
   * The address `hf://…` of its folder, or of its file if the folder holds several; with the
   * commit.
   */
  readonly address: string;
  /**
   * Its path in the repository, without leading or trailing slashes; empty for the whole
   * repository.
   */
  readonly path: string;
  /** The files that it may consist of, by their names in the folder. */
  readonly files: readonly string[];
}

const WEIGHTS = /\.(safetensors|npz|pt|pth|keras)$/i;
const CONFIG = /^(cfg|config|model)\.(json|ya?ml)$/i;
/** Files beside a dictionary's weights that are not dictionaries. */
const BESIDE = /^(sparsity|activation_store_state|optimizer)\b/i;

/**
 * Lists the dictionaries in a repository on the hub, or in a folder of it, judging by file names
 * only: no file is opened.
 *
 * A folder with weights (`.safetensors`, `.npz`, `.pt`, `.pth`) is one dictionary if a
 * configuration is beside the weights or if it has only one weights file; otherwise each weights
 * file is one. Each `.keras` file and each folder with a tfjs `model.json` is one, too.
 *
 * @param address `hf://owner/repo[@revision]/path`
 * @param options options as for {@link hubFolder}
 * @returns the dictionaries, sorted by path
 * @throws SAE_OPTION for an invalid address or option; SAE_FILE if the hub lists nothing.
 * @example
 * ```ts
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

/** Returns the dictionaries in one folder: `name` is empty for the folder itself. */
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
