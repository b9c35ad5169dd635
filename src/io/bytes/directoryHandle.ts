import { missing } from '../../errors';
import { blobSource } from './blobSource';
import type { ByteSource } from './byteSource';

/**
 * The part of a `FileSystemDirectoryHandle` that is used: a folder of a page's private file system
 * (OPFS), or one that the user picked.
 */
export interface DirectoryHandle {
  /** Its name; empty for the root. */
  readonly name: string;
  /**
   * Returns a file of the folder.
   *
   * @param name the file's name
   * @param how whether to create the file if it does not exist
   */
  getFileHandle(name: string, how?: { create?: boolean }): Promise<FileHandle>;
}

/** The part of a `FileSystemFileHandle` that is used. */
export interface FileHandle {
  /** Returns the file's current content. */
  getFile(): Promise<Blob>;
  /** Opens a stream beside the file; its content replaces the file's at `close`. */
  createWritable?(): Promise<WritableFile>;
}

/** The part of a `FileSystemWritableFileStream` that is used. */
export interface WritableFile {
  /**
   * Appends bytes.
   *
   * @param bytes the next bytes
   */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Replaces the file with what was written. */
  close(): Promise<void>;
  /** Leaves the file unchanged. */
  abort(): Promise<void>;
}

/**
 * Opens a file in a folder.
 *
 * @param named how errors refer to it
 * @returns the file, which the caller closes; undefined if there is none.
 * @throws the browser's error if it cannot be read.
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
 * Writes a file in a folder, completely or not at all: the old content stays until the new one is
 * complete.
 *
 * @throws the browser's error if it cannot be written; SAE_MISSING in a browser that cannot write
 *   this way.
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
