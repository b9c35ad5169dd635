import { badFile } from '../../errors';

/**
 * Called with each part of the bytes as it arrives.
 *
 * @param part a view of the bytes
 */
export type OnPart = (part: Uint8Array) => void;

/** Bytes that can be read in any order: a file, a Blob, a buffer, a web address. */
export interface ByteSource {
  /** How errors refer to it. */
  readonly name: string;
  /** The number of bytes. */
  readonly size: number;
  /**
   * Returns exactly `length` bytes from `offset`: a read-only view that stays valid.
   *
   * @param offset the index of the first byte
   * @param length the number of bytes
   * @param onPart called with each part while others are still arriving, if the source delivers
   *   parts; a part begins at a multiple of 8 bytes from the first byte
   * @throws SAE_FILE past the end, or if it cannot be read.
   */
  read(offset: number, length: number, onPart?: OnPart): Promise<Uint8Array>;
  /**
   * Reads into existing memory; defined only if that saves a copy.
   *
   * @param bytes the destination
   * @param offset the index of the first byte
   */
  readInto?(bytes: Uint8Array, offset: number): Promise<void>;
  /** Releases what the source holds; nothing can be read afterwards. */
  close(): Promise<void>;
}

/** What to do about bytes that arrived incomplete or changed. */
export const GET_AGAIN = 'Download or copy it again.';

/**
 * Throws for a span that a source does not have, before anything is allocated for it.
 *
 * @throws SAE_FILE
 */
export function checkSpan(
  { name, size }: Pick<ByteSource, 'name' | 'size'>,
  offset: number,
  length: number,
): void {
  const inside =
    Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (!inside || offset + length > size) {
    throw badFile(name, `${length} bytes at ${offset}`, `a file of ${size} bytes`, GET_AGAIN);
  }
}
