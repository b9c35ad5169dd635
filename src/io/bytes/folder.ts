import type { ByteSource } from './byteSource';

/** Files under one name: a folder on this machine or at a web address, a repository of the hub. */
export interface Folder {
  /** What errors call it. */
  readonly name: string;
  /** Paths of its files, relative and with `/`; undefined where they cannot be listed, as on a web server. */
  files(): Promise<readonly string[] | undefined>;
  /**
   * Opens a file of it.
   *
   * @param path relative, with `/`
   * @returns its bytes, which the caller closes; undefined where there is none.
   * @throws SAE_FILE for a path that leads out of it, or a file that cannot be read.
   */
  open(path: string): Promise<ByteSource | undefined>;
}
