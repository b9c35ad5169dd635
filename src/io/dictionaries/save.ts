import { joined } from '../../bytes';
import { missing, unknownFormat, wrongOption } from '../../errors';
import { assertDictionary } from '../../models/givenModel';
import type { SAEModel } from '../../models/saeModel';
import { nodeModule } from '../../nodeModule';
import { checkOptions, oneOf, type Rule, type Rules, text } from '../../options';
import { isObject } from '../../plainData';
import type { FloatDtype } from '../bytes/values';
import { makeFolder } from '../files/makeFolder';
import { saveAt } from '../files/saveFile';
import type { ModelCardArgs } from '../hub/modelCard';
import type { UploadFolderArgs } from '../hub/uploadFolder';
import type { DictionaryFile, DictionaryFormat } from './format';
import { FORMATS } from './formats';
import { dictionaryOf } from './model';
import { publishFiles } from './publish';

/** Options of {@link saveSAE} and {@link encodeSAE}. */
export interface SaveSAEArgs {
  /** The format's name: `saelens` or another of docs/formats.md; `saelens` by default. */
  format?: string;
  /** The type that weights are written in; `float32` by default. */
  dtype?: FloatDtype;
}

/** Additional options of {@link saveSAE} for writing to the hub. */
export interface PublishArgs extends SaveSAEArgs, UploadFolderArgs {
  /** Additional content of its card, `README.md` in its folder; nothing by default. */
  card?: Partial<ModelCardArgs>;
}

const RULES: Rules<SaveSAEArgs> = {
  format: { ...text, fallback: 'saelens' },
  dtype: oneOf<FloatDtype>(['float32', 'float16', 'bfloat16', 'float64'], 'float32'),
};

const isCard: Rule<Partial<ModelCardArgs> | undefined> = {
  expected: 'an object of what modelCard takes',
  accepts: (v) => v === undefined || isObject(v),
  fallback: undefined,
};

type Writing = DictionaryFormat & Required<Pick<DictionaryFormat, 'write'>>;

/** @throws SAE_OPTION for a format that cannot be written. */
export function writtenFormat(where: string, name: string): Writing {
  const written = FORMATS.filter((format) => format.write !== undefined) as Writing[];
  const found = written.find((format) => format.name === name);
  if (found) return found;
  throw unknownFormat(
    `${where}.format`,
    name,
    written.map((format) => format.name),
  );
}

/**
 * Saves a dictionary for another tool: into a folder, in Node, or to the hub, with a card. Existing
 * files with the same names are replaced: in a folder each file completely or not at all, on the
 * hub by one commit.
 *
 * @param model the dictionary; it remains the caller's
 * @param target the folder, which is created if needed; or `hf://owner/repo/path`
 * @param args the format, and the type of its weights; for the hub the token, the card and the
 *   like; every option has a default
 * @throws SAE_UNSUPPORTED for a dictionary that the format cannot represent, SAE_FILE if it cannot
 *   be written, SAE_OPTION for a wrong argument; in a page SAE_MISSING: use {@link encodeSAE}
 *   there, which returns the files' bytes.
 * @example
 * ```ts
 * import { tmpdir } from 'node:os';
 * import { BatchTopKSAE, loadSAE, saveSAE } from 'gated-sae-tfjs';
 * const sae = new BatchTopKSAE({ inputDim: 8, encodingDim: 32, k: 4 });
 * await saveSAE(sae, `${tmpdir()}/for-saelens`, { format: 'saelens' });
 * const same = await loadSAE(`${tmpdir()}/for-saelens`);
 * console.log(same.getClassName()); // JumpReLUSAE: what a BatchTopK SAE is once it is trained
 * ```
 */
export async function saveSAE(
  model: SAEModel,
  target: string,
  args: PublishArgs = {},
): Promise<void> {
  if (typeof target === 'string' && /^hf:/i.test(target)) return publish(model, target, args);
  if (typeof target !== 'string' || target === '') {
    throw wrongOption('saveSAE', 'the path of a folder', target, 'Give it as a text.');
  }
  const path = nodeModule<typeof import('node:path')>('node:path');
  if (path === undefined) {
    throw missing(target, 'files, as Node has them', 'In a page take encodeSAE(model, args).');
  }
  await writeFiles(target, await filesOf('saveSAE', model, args));
}

/** Publishes a model as a dictionary on the hub. */
async function publish(model: SAEModel, target: string, args: PublishArgs): Promise<void> {
  const { format, dtype, card, ...upload } = args;
  checkOptions<Pick<PublishArgs, 'card'>>('saveSAE', { card: isCard }, { card });
  const files = await filesOf('saveSAE', model, {
    ...(format && { format }),
    ...(dtype && { dtype }),
  });
  await publishFiles(target, dictionaryOf(model), files, { ...upload, ...(card && { card }) });
}

/**
 * Writes files into a folder, the configuration after the weights that it describes.
 *
 * @throws SAE_FILE if they cannot be written.
 */
export async function writeFiles(target: string, files: readonly DictionaryFile[]): Promise<void> {
  const path = nodeModule('node:path') as typeof import('node:path');
  const order = [...files].sort((a, b) => Number(isConfig(a)) - Number(isConfig(b)));
  for (const file of order) {
    const at = path.resolve(target, file.path);
    await makeFolder(path.dirname(at));
    await saveAt(at, file.pieces);
  }
}

const isConfig = ({ path }: DictionaryFile) => path.endsWith('.json');

/**
 * Returns the files of a dictionary for another tool, by their paths in its folder: for a page, or
 * to send them elsewhere.
 *
 * @param model the dictionary; it remains the caller's
 * @param args the format, and the type of its weights; every option has a default
 * @returns each file's bytes
 * @throws SAE_UNSUPPORTED for a dictionary that the format cannot represent, SAE_OPTION for a wrong
 *   argument.
 * @example
 * ```ts
 * import { encodeSAE, TopKSAE } from 'gated-sae-tfjs';
 * const sae = new TopKSAE({ inputDim: 8, encodingDim: 32, k: 4 });
 * const files = await encodeSAE(sae, { dtype: 'bfloat16' });
 * console.log([...files.keys()]); // cfg.json, sae_weights.safetensors
 * ```
 */
export async function encodeSAE(
  model: SAEModel,
  args: SaveSAEArgs = {},
): Promise<Map<string, Uint8Array>> {
  const files = await filesOf('encodeSAE', model, args);
  return new Map(files.map(({ path, pieces }) => [path, joined([...pieces])]));
}

async function filesOf(where: string, model: SAEModel, args: SaveSAEArgs) {
  const { format, dtype } = checkOptions<Required<SaveSAEArgs>>(where, RULES, args);
  assertDictionary(where, model);
  return writtenFormat(where, format).write(dictionaryOf(model), dtype);
}
