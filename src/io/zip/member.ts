import { badContent, type SAEError } from '../../errors';
import { GET_AGAIN } from '../bytes/byteSource';

/** One file in a ZIP archive. */
export interface ZipMember {
  readonly name: string;
  readonly size: number;
  readonly compressedSize: number;
  readonly method: 'stored' | 'deflated';
  readonly crc: number;
  /** The offset of its data. */
  readonly offset: number;
}

/** Returns the error for a file that is not an archive, or incomplete. */
export function notWhole(expected: string, received: string): SAEError {
  return badContent(expected, received, GET_AGAIN);
}

/** Returns the error for an archive of a kind that models are not saved in. */
export function notOurs(expected: string, received: string): SAEError {
  return badContent(expected, received, 'Save it again with the program that wrote it.');
}

/** Returns the error for data that does not match the checksum, or the length, in the archive. */
export function damaged(member: string, received: string, cause?: unknown): SAEError {
  return badContent(`${member} as it was written`, received, GET_AGAIN, cause);
}
