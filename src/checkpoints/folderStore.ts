import { fileRefused, SAEError } from '../errors';
import { fileSource } from '../io/bytes/fileSource';
import { makeFolder } from '../io/files/makeFolder';
import { saveFile } from '../io/files/saveFile';
import { nodeModule } from '../nodeModule';
import { type CheckpointStore, partsOf } from './store';

/** Stores checkpoints in a folder, in Node; the folder is created with the first of them. */
export function folderStore(folder: string): CheckpointStore {
  // Not imported, because pages load this file too.
  const fs = nodeModule('node:fs/promises') as typeof import('node:fs/promises');
  const path = nodeModule('node:path') as typeof import('node:path');
  const absolute = path.resolve(folder);
  const fileOf = (name: string) => path.join(absolute, name);
  const refusing = <T>(expected: string, work: Promise<T>): Promise<T> =>
    work.catch((error) => {
      throw fileRefused(folder, expected, error);
    });

  async function write(name: string, chunks: readonly Uint8Array[]): Promise<void> {
    try {
      await makeFolder(absolute);
      await saveFile(fileOf(name), chunks);
    } catch (error) {
      if (error instanceof SAEError) throw error;
      throw fileRefused(folder, 'a folder that can be written', error);
    }
  }

  return {
    where: folder,
    names: async () => {
      const reading = fs.readdir(absolute).catch((error) => {
        if (error.code === 'ENOENT') return [] as string[];
        throw error;
      });
      const names = await refusing('a folder that can be read', reading);
      return names.filter((name) => partsOf(name) !== undefined);
    },
    open: (name) => fileSource(fs, fileOf(name)),
    write,
    remove: (name) => refusing('a file that can be removed', fs.rm(fileOf(name), { force: true })),
  };
}
