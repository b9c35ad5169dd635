import { badFile } from '../../errors';

/**
 * Is told of bytes that have come.
 *
 * @param part a view of them
 */
export type OnPart = (part: Uint8Array) => void;

/** Bytes that can be read in any order: a file, a Blob, a buffer, a web address. */
export interface ByteSource {
  /** What errors call it. */
  readonly name: string;
  /** Its bytes. */
  readonly size: number;
  /**
   * Exactly `length` bytes from `offset`: a view that nobody may write to, valid for good.
   *
   * @param offset where they begin
   * @param length how many they are
   * @param onPart told of each part of them while others are still on their way, where they come in parts;
   * a part begins at a multiple of 8 bytes from the first one
   * @throws SAE_FILE past the end, or where it cannot be read.
   */
  read(offset: number, length: number, onPart?: OnPart): Promise<Uint8Array>;
  /**
   * The same into memory that is there; only where that saves a copy.
   *
   * @param bytes where to
   * @param offset where they begin
   */
  readInto?(bytes: Uint8Array, offset: number): Promise<void>;
  /** Gives back what the source holds; nothing can be read afterwards. */
  close(): Promise<void>;
}

/** What to do about bytes that came through incomplete or changed. */
export const GET_AGAIN = 'Download or copy it again.';

/**
 * Refuses to read what a source does not have, before anything is allocated for it.
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
