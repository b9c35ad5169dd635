import type { ByteSource } from '../bytes/byteSource';
import type { Pickled } from './pickled';

/** The parts of a file before its tensors are read: a pickle, and the bytes that it refers to. */
export interface Container {
  readonly root: Pickled;
  /** Whether numbers have their highest byte first. */
  readonly bigEndian: boolean;
  /** Returns the bytes of a storage; undefined if the key does not exist. */
  storage(key: string): ByteSource | undefined;
}

/** The most tensors, and the most storages, in a file. */
export const MOST_TENSORS = 2048;
