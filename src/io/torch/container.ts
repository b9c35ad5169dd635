import type { ByteSource } from '../bytes/byteSource';
import type { Pickled } from './pickled';

/** What a file is of before its tensors are looked at: a pickle, and the bytes that it refers to. */
export interface Container {
  readonly root: Pickled;
  /** Whether numbers stand with their highest byte first. */
  readonly bigEndian: boolean;
  /** The bytes of a storage; undefined where there is none of that key. */
  storage(key: string): ByteSource | undefined;
}

/** The most tensors, and the most storages, that a file may have. */
export const MOST_TENSORS = 2048;
