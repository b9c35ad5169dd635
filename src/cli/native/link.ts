import fs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileRefused } from '../../errors';

/** The parts of the built folder that go into tfjs-node's own, which has the same layout. */
const LINKS = [join('lib', 'napi-v8', 'tfjs_binding.node'), join('deps', 'lib')] as const;

/** Returns whether tfjs-node has a binding that is not a link: one from its own install script. */
export async function hasOwnBinding(tfjsNode: string): Promise<boolean> {
  return await fs.lstat(join(tfjsNode, LINKS[0])).then(
    (info) => !info.isSymbolicLink(),
    () => false,
  );
}

/**
 * Links a built binding into tfjs-node, replacing what is there.
 *
 * @throws SAE_FILE if the project's folder cannot be written
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

/** Removes the links. */
export async function unlink(tfjsNode: string): Promise<void> {
  for (const path of LINKS) await fs.rm(join(tfjsNode, path), { recursive: true, force: true });
}

/**
 * Brings a file to another place, without a copy if the disk can do that: hard links survive the
 * removal of TensorFlow.
 */
export async function bring(from: string, to: string): Promise<void> {
  const file = await fs.realpath(from);
  try {
    await fs.link(file, to);
  } catch {
    await fs.copyFile(file, to, fs.constants.COPYFILE_FICLONE);
  }
}
