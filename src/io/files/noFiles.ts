/**
 * Replaces saveFile.ts and ../bytes/fileSource.ts, which only work in Node, in bundles for pages:
 * `browser` in package.json tells bundlers, tsdown.config.mts the script-tag bundle.
 */
import { missing } from '../../errors';

async function refuse(path: string): Promise<never> {
  const advice = 'In a bundle that is made for pages give an address, a Blob or bytes.';
  throw missing(path, "a build with Node's files", advice);
}

export const saveFile = refuse;
export const saveAt = refuse;
export const fileSource = (_fs: unknown, path: string) => refuse(path);
export const fileBeside = (_fs: unknown, _path: unknown, _folder: string, of: string) => refuse(of);
