import { fileRefused, SAEError } from '../errors';
import { fileSource } from '../io/bytes/fileSource';
import { makeFolder } from '../io/files/makeFolder';
import { writeRefused } from '../io/files/writeRefused';
import { nodeModule } from '../nodeModule';
import { type CheckpointStore, partsOf } from './store';

/** Where a checkpoint is written until it is whole: one file, which the next one writes over. */
export const TEMP = '.checkpoint.tmp';

/** Checkpoints in a folder of Node's, which is made with the first of them. */
export function folderStore(folder: string): CheckpointStore {
  // Not imported: pages load this file, too.
  const fs = nodeModule('node:fs/promises') as typeof import('node:fs/promises');
  const path = nodeModule('node:path') as typeof import('node:path');
  const absolute = path.resolve(folder);
  const fileOf = (name: string) => path.join(absolute, name);
  const refusing = <T>(expected: string, work: Promise<T>): Promise<T> =>
    work.catch((error) => {
      throw fileRefused(folder, expected, error);
    });

  async function write(name: string, chunks: readonly Uint8Array[]): Promise<void> {
    await makeFolder(absolute);
    const temp = fileOf(TEMP);
    const handle = await fs.open(temp, 'w');
    try {
      for (const chunk of chunks) {
        for (let done = 0; done < chunk.length; ) {
          const length = Math.min(chunk.length - done, CHUNK_BYTES);
          done += (await handle.write(chunk, done, length)).bytesWritten;
        }
      }
      // A rename may reach the disk before the bytes do, and outlive them when the power fails.
      await handle.sync();
    } finally {
      await handle.close();
    }
    await fs.rename(temp, fileOf(name));
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
    write: (name, chunks) =>
      write(name, chunks).catch(async (error) => {
        await fs.rm(fileOf(TEMP), { force: true }).catch(() => {});
        if (error instanceof SAEError) throw error;
        throw await writeRefused(folder, 'a folder that can be written', fileOf(name), error);
      }),
    remove: (name) => refusing('a file that can be removed', fs.rm(fileOf(name), { force: true })),
  };
}

/** How much is written at once; systems refuse 2 GiB and more. */
const CHUNK_BYTES = 2 ** 26;
