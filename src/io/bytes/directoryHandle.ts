import { missing } from '../../errors';
import { blobSource } from './blobSource';
import type { ByteSource } from './byteSource';

/**
 * What is used of a `FileSystemDirectoryHandle`: a folder of a page's own file system (OPFS), or one that
 * a person has picked.
 */
export interface DirectoryHandle {
  /** Its name; empty for the topmost one. */
  readonly name: string;
  /**
   * A file in it.
   *
   * @param name of the file
   * @param how whether to make one where there is none
   */
  getFileHandle(name: string, how?: { create?: boolean }): Promise<FileHandle>;
}

/** What is used of a `FileSystemFileHandle`. */
export interface FileHandle {
  /** What is in the file now. */
  getFile(): Promise<Blob>;
  /** Writes beside the file; what is written takes its place at `close`. */
  createWritable?(): Promise<WritableFile>;
}

/** What is used of a `FileSystemWritableFileStream`. */
export interface WritableFile {
  /**
   * Adds bytes.
   *
   * @param bytes those that follow
   */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Puts what was written in the file's place. */
  close(): Promise<void>;
  /** Leaves the file as it was. */
  abort(): Promise<void>;
}

/**
 * A file in a folder.
 *
 * @param named what errors call it
 * @returns the caller closes it; undefined where there is none.
 * @throws what the browser says, where it cannot be read.
 */
export async function openInHandle(
  folder: DirectoryHandle,
  file: string,
  named: string,
): Promise<ByteSource | undefined> {
  try {
    const blob = await (await folder.getFileHandle(file)).getFile();
    return { ...blobSource(blob), name: named };
  } catch (error) {
    if ((error as DOMException).name === 'NotFoundError') return undefined;
    throw error;
  }
}

/**
 * Writes a file in a folder, whole or not at all: what was there before is there as long as what is
 * written is not.
 *
 * @throws what the browser says, where it cannot be written; SAE_MISSING in one that does not write so.
 */
export async function writeInHandle(
  folder: DirectoryHandle,
  file: string,
  chunks: readonly Uint8Array[],
): Promise<void> {
  const handle = await folder.getFileHandle(file, { create: true });
  if (!handle.createWritable) {
    throw missing(file, 'createWritable of a file', 'Use a newer browser.');
  }
  const stream = await handle.createWritable();
  try {
    for (const chunk of chunks) await stream.write(chunk as Uint8Array<ArrayBuffer>);
    await stream.close();
  } catch (error) {
    await stream.abort().catch(() => {});
    throw error;
  }
}
