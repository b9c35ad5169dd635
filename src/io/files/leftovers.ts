import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { isObject } from '../../plainData';
import { removeQuietly } from './atomicWrite';
import { leftIn } from './leftFiles';
import { isOwnWeights } from './names';

/**
 * Returns the weight files of this library that a model.json names.
 *
 * @returns undefined if there is no model.json, if it cannot be read, or if it is a link.
 */
export async function ownWeightsIn(file: string): Promise<string[] | undefined> {
  try {
    // A link's target does not belong to this folder.
    if (!(await fs.lstat(file)).isFile()) return undefined;
    const json: unknown = JSON.parse(await fs.readFile(file, 'utf8'));
    const manifest = isObject(json) ? json.weightsManifest : undefined;
    const paths = (Array.isArray(manifest) ? manifest : []).flatMap((group: unknown) =>
      isObject(group) && Array.isArray(group.paths) ? group.paths : [],
    );
    return paths.filter((name: unknown) => typeof name === 'string' && isOwnWeights(name));
  } catch {
    return undefined;
  }
}

/**
 * Returns the record of what to remove if this save is interrupted; it is read like a model.json.
 */
export const recordOf = (weights: readonly string[]) => ({ weightsManifest: [{ paths: weights }] });

/**
 * Removes the weights of replaced models, and leftovers of interrupted saves.
 *
 * A save records what it is going to name, and what it is going to remove, before it does either;
 * so the record of an interrupted save tells which weights will never be used. A save that finishes
 * while another is running leaves its record to the next one: the other may have read model.json
 * before this one replaced it, and then does not know of its weights.
 *
 * @param file the current model.json
 * @param old the weight files of this library that models there named earlier, and those of the
 *   current model
 * @param record where that is recorded; removed last, so that a later save can finish if this one
 *   fails
 */
export async function removeLeftovers(
  file: string,
  old: readonly string[],
  record: string,
): Promise<void> {
  const folder = path.dirname(file);
  const left = await leftIn(folder, (await fs.stat(file)).mtimeMs);
  const others = left.filter((one) => !one.isStale && one.kind === 'json');
  const done = left.filter((one) => one.isStale || (one.kind === 'done' && others.length === 0));
  const unused = new Set(old);
  for (const { kind, path: temp } of done) {
    if (kind === 'weights' || kind === 'archive') continue;
    for (const own of (await ownWeightsIn(temp)) ?? []) unused.add(own);
  }
  const claimed = await Promise.all(others.map(({ path: temp }) => ownWeightsIn(temp)));
  // Read last, because another process may have saved here meanwhile.
  const used = await ownWeightsIn(file);
  if (used === undefined) return;
  for (const name of [...claimed.flat(), ...used]) if (name !== undefined) unused.delete(name);
  for (const name of unused) await fs.rm(path.join(folder, name), { force: true });
  for (const { path: temp } of done) if (temp !== record) await removeQuietly(temp);
  if (others.length === 0) await removeQuietly(record);
  else await fs.rename(record, record.replace(/record\.tmp$/, 'done.tmp'));
}
