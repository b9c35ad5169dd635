import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Flips some bytes; the same ones for the same seed. */
export function flipped(
  original: Uint8Array,
  seed: number,
  from = 0,
  to = original.length,
): Uint8Array {
  const random = xoroshiro128plus(seed);
  const bytes = Uint8Array.from(original);
  const count = uniformInt(random, 1, 8);
  for (let i = 0; i < count; i++) {
    const at = uniformInt(random, from, to - 1);
    bytes[at] = (bytes[at] as number) ^ uniformInt(random, 1, 255);
  }
  return bytes;
}
