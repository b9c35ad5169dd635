// Memory for the lists of active pairs (example, feature): segments of a pool that grows by need.
import { fault, pool, segment } from './layout';
import { next } from './threads';

/** The kind of work by whose counter segments are handed out. */
const SEGMENTS: usize = 7;

let at: usize = 0;
let end: usize = 0;

/** Forgets the lists of the last step; each thread does it for itself. */
export function clearPairs(): void {
  at = 0;
  end = 0;
}

/** Whether some thread has found no room for a list. */
export function outOfMemory(): bool {
  return load<i32>(fault) != 0;
}

/** Room for a list of at most so many bytes, in one piece. */
export function room(bytes: usize): usize {
  if (at + bytes > end) takeSegment();
  return at;
}

/** Says how much of the room was used. */
export function used(bytes: usize): void {
  at += bytes;
}

function takeSegment(): void {
  // The first segment is for what there is no memory for.
  const start = <u64>pool + (<u64>next(SEGMENTS) + 1) * <u64>segment;
  const needed = start + <u64>segment;
  const there = (<u64>memory.size()) << 16;
  if (needed > there) {
    const pages = (needed - there + 65535) >> 16;
    if (needed > 0xffff0000 || memory.grow(<i32>pages) < 0) {
      // Written over by all threads, and read by none: the call ends without a result.
      store<i32>(fault, 1);
      at = pool;
      end = pool + segment;
      return;
    }
  }
  at = <usize>start;
  end = <usize>needed;
}
