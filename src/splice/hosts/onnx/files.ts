import { badFile, missing } from '../../../errors';
import { localFolder } from '../../../io/bytes/localFolder';
import { type Openable, withSource } from '../../../io/bytes/source';
import { webFolder } from '../../../io/bytes/webFolder';
import { nodeModule } from '../../../nodeModule';

/** A file beside a model, in onnxruntime's form. */
export interface ExternalData {
  readonly path: string;
  readonly data: Uint8Array;
}

/** Returns all bytes of a source. */
export const allBytes = (given: Openable): Promise<Uint8Array> =>
  withSource(given, (source) => source.read(0, source.size));

/**
 * Returns the files beside a model that hold its weights.
 *
 * @param model the model's source: files beside a path or an address are found
 * @param paths the paths that the model refers to
 * @param given the files that were given, by these paths
 * @throws SAE_FILE for a file that is missing or outside the folder.
 */
export async function externalData(
  model: Openable,
  paths: Iterable<string>,
  given: Readonly<Record<string, Openable>>,
): Promise<ExternalData[]> {
  const found: ExternalData[] = [];
  for (const path of paths) {
    const data = Object.hasOwn(given, path)
      ? await allBytes(given[path] as Openable)
      : await beside(model, path);
    found.push({ path, data });
  }
  return found;
}

async function beside(model: Openable, path: string): Promise<Uint8Array> {
  const folder = folderOf(model);
  const advice = `Give it as files: { ${JSON.stringify(path.slice(0, 80))}: … }.`;
  if (folder === undefined) throw missing('onnxModel', `the model's file "${path}"`, advice);
  const source = await folder.open(path);
  if (source === undefined) throw badFile(`${folder.name}/${path}`, 'a file', 'nothing', advice);
  try {
    return await source.read(0, source.size);
  } finally {
    await source.close();
  }
}

/** Returns the folder of a path or an address. */
function folderOf(model: Openable) {
  const address = typeof model === 'string' || model instanceof URL ? `${model}` : undefined;
  if (address === undefined || /^(data|blob):/i.test(address)) return undefined;
  const fs = nodeModule<typeof import('node:fs/promises')>('node:fs/promises');
  const path = nodeModule<typeof import('node:path')>('node:path');
  if (/^https?:/i.test(address) || !fs || !path) {
    const page = (globalThis as { location?: { href?: string } }).location?.href;
    return webFolder(new URL('.', new URL(address, page)).href, {});
  }
  const url = nodeModule<typeof import('node:url')>('node:url');
  const file = /^file:/i.test(address) ? (url?.fileURLToPath(address) ?? address) : address;
  return localFolder(fs, path, path.dirname(file));
}
