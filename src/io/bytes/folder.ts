import type { ByteSource } from './byteSource';

/** A set of files: a folder on this machine or at a web address, or a repository on the hub. */
export interface Folder {
  /** How errors refer to it. */
  readonly name: string;
  /**
   * Returns the paths of its files, relative and with `/`; undefined if they cannot be listed, as
   * on a web server.
   */
  files(): Promise<readonly string[] | undefined>;
  /**
   * Opens one of its files.
   *
   * @param path the relative path, with `/`
   * @returns its bytes, which the caller closes; undefined if there is none.
   * @throws SAE_FILE for a path that leads out of it, or a file that cannot be read.
   */
  open(path: string): Promise<ByteSource | undefined>;
}
