import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/**
 * Returns the numbers in random order, which is always the same for a seed and a stream.
 *
 * Streams of one seed are independent of each other, so each epoch can have its own and be shuffled
 * without the earlier ones.
 *
 * @param stream an integer ≥ 0
 */
export function shuffled(numbers: Uint32Array, seed: number, stream: number): Uint32Array {
  const random = xoroshiro128plus(seed);
  for (let i = 0; i < stream; i++) random.jump();
  const order = numbers.slice();
  for (let last = order.length - 1; last > 0; last--) {
    const other = below(last + 1, random);
    const moved = order[last] as number;
    order[last] = order[other] as number;
    order[other] = moved;
  }
  return order;
}

/**
 * Returns an integer from 0 up to, but excluding, `end`, all equally likely: pure-rand's
 * `uniformInt`, without its support for numbers above 2³², which pages need not load.
 */
function below(end: number, random: RandomGenerator): number {
  const most = 2 ** 32 - (2 ** 32 % end); // from there on some numbers would come once more often
  let drawn: number;
  do drawn = random.next() + 2 ** 31;
  while (drawn >= most);
  return drawn % end;
}

/** Returns a number above 0 and below 1, uniformly distributed. */
export const uniform = (random: RandomGenerator): number =>
  (random.next() + 2 ** 31 + 0.5) / 2 ** 32;

/** Row numbers for training, and held-out ones. */
export interface Split {
  training: Uint32Array;
  heldOut: Uint32Array;
}

/** The stream of the split; epoch e is shuffled with stream e + 1. */
const SPLIT_STREAM = 0;

/** Splits `rows` rows at random: always in the same way for the same seed. */
export function splitRows(rows: number, heldOut: number, seed: number): Split {
  const order = shuffled(
    Uint32Array.from({ length: rows }, (_, i) => i),
    seed,
    SPLIT_STREAM,
  );
  return { training: order.slice(0, rows - heldOut), heldOut: order.slice(rows - heldOut) };
}

/** Returns the order in which an epoch, counted from 0, reads the rows. */
export function epochOrder(rows: Uint32Array, seed: number, epoch: number): Uint32Array {
  return shuffled(rows, seed, SPLIT_STREAM + 1 + epoch);
}
