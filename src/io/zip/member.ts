import { badContent, type SAEError } from '../../errors';
import { GET_AGAIN } from '../bytes/byteSource';

/** One file in a ZIP archive. */
export interface ZipMember {
  readonly name: string;
  readonly size: number;
  readonly compressedSize: number;
  readonly method: 'stored' | 'deflated';
  readonly crc: number;
  /** Where its data begins. */
  readonly offset: number;
}

/** An archive that is not one, or not whole. */
export function notWhole(expected: string, received: string): SAEError {
  return badContent(expected, received, GET_AGAIN);
}

/** An archive of a kind that nobody writes models into. */
export function notOurs(expected: string, received: string): SAEError {
  return badContent(expected, received, 'Save it again with the program that wrote it.');
}

/** Data that does not give the checksum, or the length, that the archive tells. */
export function damaged(member: string, received: string, cause?: unknown): SAEError {
  return badContent(`${member} as it was written`, received, GET_AGAIN, cause);
}
