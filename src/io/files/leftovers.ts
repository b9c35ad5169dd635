import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { removeQuietly } from './atomicWrite';
import { isObject } from './manifest';
import { isOwnWeights, ownTempKind } from './names';

/** A save writes all the time; a file that has stood still this long is nobody's any more. */
const STALE_MS = 10 * 60 * 1000;

/**
 * The weight files of this library that a model.json names.
 *
 * @returns undefined where there is no model.json, or none that can be read.
 */
export async function ownWeightsIn(file: string): Promise<string[] | undefined> {
  try {
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
 * does either; one that was cut off so tells here which weights nobody will ever name.
 *
 * @param file The model.json that stands now.
 * @param old The weight files of this library that models named which stood there before.
 * @param record Where that is written down; removed last, for a later save to try where this one
 * fails.
 */
export async function removeLeftovers(
  file: string,
  old: readonly string[],
  record: string,
): Promise<void> {
  const folder = path.dirname(file);
  // The file's own time, as the clock of a file server may differ from this machine's.
  const now = (await fs.stat(file)).mtimeMs;
  const unused = new Set(old);
  const records = [path.basename(record)];
  for (const name of await fs.readdir(folder)) {
    const kind = ownTempKind(name);
    if (kind === undefined) continue;
    const temp = path.join(folder, name);
    const info = await fs.stat(temp).catch(() => undefined);
    if (info === undefined || now - info.mtimeMs < STALE_MS) continue;
    records.push(name);
    if (kind === 'json') for (const own of (await ownWeightsIn(temp)) ?? []) unused.add(own);
  }
  // Read last: another process may have saved here meanwhile.
  const used = await ownWeightsIn(file);
  if (used === undefined) return;
  for (const name of used) unused.delete(name);
  for (const name of unused) await fs.rm(path.join(folder, name), { force: true });
  for (const name of records) await removeQuietly(path.join(folder, name));
}
