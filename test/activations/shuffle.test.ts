import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { epochOrder, shuffled, splitRows } from '../../src/activations/shuffle';

const ALL = 70_000;
const rows = (n: number) => Uint32Array.from({ length: n }, (_, i) => i);

describe('splitRows', () => {
  const split = splitRows(ALL, 10_000, 0);

  test('puts every row on one side and none on both', () => {
    expect(split.training).toHaveLength(60_000);
    expect(split.heldOut).toHaveLength(10_000);
    const together = Uint32Array.of(...split.training, ...split.heldOut).sort();
    expect(together).toEqual(rows(ALL));
  });

  test('follows from the seed', () => {
    expect(splitRows(ALL, 10_000, 0)).toEqual(split);
    expect(splitRows(ALL, 10_000, 1).heldOut).not.toEqual(split.heldOut);
  });

  test('takes held-out rows from everywhere', () => {
    // Ten classes of 7,000 lie one after another; a tenth of the held-out rows should be of each.
    const perClass = new Array<number>(10).fill(0);
    for (const row of split.heldOut) {
      const label = Math.floor(row / 7000);
      perClass[label] = (perClass[label] ?? 0) + 1;
    }
    for (const count of perClass) expect(Math.abs(count - 1000)).toBeLessThan(120);
  });
});

describe('epochOrder', () => {
  const some = Uint32Array.of(3, 1, 4, 15, 9, 2, 6, 5, 35, 8);

  test('is the same rows in another order for each epoch and seed', () => {
    const orders = [epochOrder(some, 0, 0), epochOrder(some, 0, 1), epochOrder(some, 1, 0)];
    for (const order of orders) expect(order.slice().sort()).toEqual(some.slice().sort());
    expect(new Set(orders.map(String)).size).toBe(3);
  });

  test('follows from seed and epoch, whatever was shuffled before', () => {
    const before = epochOrder(some, 7, 3);
    epochOrder(some, 7, 0);
    expect(epochOrder(some, 7, 3)).toEqual(before);
  });

  test('leaves what it is given alone', () => {
    const given = rows(20);
    epochOrder(given, 1, 1);
    expect(given).toEqual(rows(20));
  });

  test('is not the order of the split', () => {
    expect(epochOrder(rows(50), 0, 0)).not.toEqual(shuffled(rows(50), 0, 0));
  });
});

// An order that changed would let a saved run go on with images that it had seen in its epoch.
test('the orders are what they have always been', () => {
  expect([...shuffled(rows(8), 0, 0)]).toEqual([5, 0, 1, 3, 2, 4, 6, 7]);
  expect([...shuffled(rows(8), 0, 1)]).toEqual([6, 7, 3, 4, 2, 5, 1, 0]);
  expect([...shuffled(rows(8), 4_294_967_295, 0)]).toEqual([7, 5, 1, 6, 4, 3, 2, 0]);
});

test('the orders are those that pure-rand draws', () => {
  const random = xoroshiro128plus(3);
  const order = rows(100_000);
  for (let last = order.length - 1; last > 0; last--) {
    const other = uniformInt(random, 0, last);
    [order[last], order[other]] = [order[other] as number, order[last] as number];
  }
  expect(shuffled(rows(100_000), 3, 0)).toEqual(order);
});

test('each position is equally likely', () => {
  const counts = new Array<number>(4).fill(0);
  for (let seed = 0; seed < 4000; seed++) {
    const at = shuffled(rows(4), seed, 1).indexOf(0);
    counts[at] = (counts[at] ?? 0) + 1;
  }
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
});
