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

/**
 * Whether some thread has found no room for a list. Another fault may be there already, of a thread that
 * is a phase ahead: whoever took that for this one would leave the others waiting at a barrier.
 */
export function outOfMemory(): bool {
  return load<i32>(fault) == 1;
}

/** Room for a list of at most so many bytes, in one piece. */
// @inline
export function room(bytes: usize): usize {
  // Not `at + bytes > end`: near 4 GiB that sum begins anew at 0.
  if (bytes > end - at) takeSegment();
  return at;
}

/** Says how much of the room was used. */
// @inline
export function used(bytes: usize): void {
  at += bytes;
}

/** Bytes of the memory, as `memory.size` may not know them yet where another thread has grown it. */
function bytesNow(): u64 {
  return (<u64>memory.grow(0)) << 16;
}

/** Grows the memory to so many bytes where it has fewer; false where it cannot. */
function reach(needed: u64): bool {
  if (needed <= (<u64>memory.size()) << 16) return true;
  const there = bytesNow();
  if (needed <= there) return true;
  const pages = (needed - there + 65535) >> 16;
  // Another thread may have grown it by as much just now, so that there is no room for twice that.
  return memory.grow(<i32>pages) >= 0 || needed <= bytesNow();
}

function takeSegment(): void {
  // The first segment is for what there is no memory for.
  const start = <u64>pool + (<u64>next(SEGMENTS) + 1) * <u64>segment;
  const needed = start + <u64>segment;
  if (needed > 0xffff0000 || !reach(needed)) {
    // Written over by all threads, and read by none: the call ends without a result.
    store<i32>(fault, 1);
    at = pool;
    end = pool + segment;
    return;
  }
  at = <usize>start;
  end = <usize>needed;
}
