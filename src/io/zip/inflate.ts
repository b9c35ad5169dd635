import { Inflate } from 'fflate';
import { SAEError } from '../../errors';
import { damaged } from './member';

/** How much is inflated at once: fflate puts out all that comes of it in one array. */
const PIECE_BYTES = 2 ** 14;

/**
 * Inflates chunk by chunk.
 *
 * @param take Gets what comes out. Where it throws an SAEError, so does the push.
 * @returns What takes each chunk that goes in, and whether it is the last.
 */
export function inflater(
  file: string,
  member: string,
  take: (chunk: Uint8Array) => void,
): (chunk: Uint8Array, last: boolean) => void {
  const stream = new Inflate((chunk) => take(chunk));
  return (chunk, last) => {
    try {
      for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
        const end = at + PIECE_BYTES;
        stream.push(chunk.subarray(at, end), last && end >= chunk.length);
      }
    } catch (error) {
      if (error instanceof SAEError) throw error;
      throw damaged(file, member, 'data that cannot be inflated', error);
    }
  };
}
