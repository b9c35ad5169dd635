import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/**
 * The same numbers in random order: always the same one for a seed and a stream.
 *
 * Streams of one seed are independent of each other, so that each epoch can have its own and be
 * shuffled again without what went before it.
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
 * An integer from 0 on, each as likely: pure-rand's `uniformInt`, without its numbers above 2³², which
 * no page is to load.
 */
function below(end: number, random: RandomGenerator): number {
  const most = 2 ** 32 - (2 ** 32 % end); // from there on some numbers would come once more often
  let drawn: number;
  do drawn = random.next() + 2 ** 31;
  while (drawn >= most);
  return drawn % end;
}

/** A number above 0 and below 1, each as likely. */
export const uniform = (random: RandomGenerator): number =>
  (random.next() + 2 ** 31 + 0.5) / 2 ** 32;

/** Row numbers for training, and others that training never sees. */
export interface Split {
  training: Uint32Array;
  heldOut: Uint32Array;
}

/** The stream of the split; epoch e is shuffled with stream e + 1. */
const SPLIT_STREAM = 0;

/** All of `rows` rows at random on two sides: the same ones for the same seed. */
export function splitRows(rows: number, heldOut: number, seed: number): Split {
  const order = shuffled(
    Uint32Array.from({ length: rows }, (_, i) => i),
    seed,
    SPLIT_STREAM,
  );
  return { training: order.slice(0, rows - heldOut), heldOut: order.slice(rows - heldOut) };
}

/** The order in which an epoch, counted from 0, goes through the rows. */
export function epochOrder(rows: Uint32Array, seed: number, epoch: number): Uint32Array {
  return shuffled(rows, seed, SPLIT_STREAM + 1 + epoch);
}
