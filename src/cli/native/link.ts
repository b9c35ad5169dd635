import fs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileRefused } from '../../errors';

/** What of the built folder goes into tfjs-node's own, which has the same layout. */
const LINKS = [join('lib', 'napi-v8', 'tfjs_binding.node'), join('deps', 'lib')] as const;

/** Whether tfjs-node has a binding there that nobody has linked: its own install script's. */
export async function hasOwnBinding(tfjsNode: string): Promise<boolean> {
  return await fs.lstat(join(tfjsNode, LINKS[0])).then(
    (info) => !info.isSymbolicLink(),
    () => false,
  );
}

/**
 * Links a built binding into tfjs-node, in place of what is there.
 *
 * @throws SAE_FILE where the project's folder cannot be written
 */
export async function link(built: string, tfjsNode: string): Promise<void> {
  for (const path of LINKS) {
    const place = join(tfjsNode, path);
    try {
      await fs.mkdir(dirname(place), { recursive: true });
      await fs.rm(place, { recursive: true, force: true });
      await fs.symlink(join(built, path), place);
    } catch (error) {
      throw fileRefused(place, 'a place for a link to the binding', error);
    }
  }
}

/** Takes the links away again. */
export async function unlink(tfjsNode: string): Promise<void> {
  for (const path of LINKS) await fs.rm(join(tfjsNode, path), { recursive: true, force: true });
}

/**
 * Brings a file to another place without a copy where the disk can do that: hard links outlive an
 * uninstalled TensorFlow.
 */
export async function bring(from: string, to: string): Promise<void> {
  const file = await fs.realpath(from);
  try {
    await fs.link(file, to);
  } catch {
    await fs.copyFile(file, to, fs.constants.COPYFILE_FICLONE);
  }
}
