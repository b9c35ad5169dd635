import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { isObject } from '../../plainData';
import { removeQuietly } from './atomicWrite';
import { leftIn } from './leftFiles';
import { isOwnWeights } from './names';

/**
 * The weight files of this library that a model.json names.
 *
 * @returns undefined where there is no model.json, none that can be read, or a link.
 */
export async function ownWeightsIn(file: string): Promise<string[] | undefined> {
  try {
    // What a link leads to is not this folder's.
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

/** What a save that was cut off tells the next one to remove: read as a model.json is. */
export const recordOf = (weights: readonly string[]) => ({ weightsManifest: [{ paths: weights }] });

/**
 * Removes the weights of models that were replaced, and what saves left that were cut off.
 *
 * A save writes down in full what it is going to name, and what it is going to remove, before it
 * does either; one that was cut off so tells here which weights nobody will ever name. A save that
 * is done while another is under way leaves its record to whoever comes next: the other one may
 * have looked at model.json before this one replaced it, and then does not know of its weights.
 *
 * @param file The model.json that stands now.
 * @param old The weight files of this library that models named which stood there before, and
 * those of the model that stands now.
 * @param record Where that is written down; removed last, for a later save to try where this one
 * fails.
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
  // Read last: another process may have saved here meanwhile.
  const used = await ownWeightsIn(file);
  if (used === undefined) return;
  for (const name of [...claimed.flat(), ...used]) if (name !== undefined) unused.delete(name);
  for (const name of unused) await fs.rm(path.join(folder, name), { force: true });
  for (const { path: temp } of done) if (temp !== record) await removeQuietly(temp);
  if (others.length === 0) await removeQuietly(record);
  else await fs.rename(record, record.replace(/record\.tmp$/, 'done.tmp'));
}
