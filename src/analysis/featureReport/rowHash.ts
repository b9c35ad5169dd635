/**
 * Returns a pseudorandom number in [0, 2^32) that depends only on the two arguments: draws based on
 * it are reproducible, whatever the order of the rows.
 */
export function rowHash(row: number, feature: number): number {
  let hash = Math.imul(row, 0x9e3779b1) ^ Math.imul(feature + 1, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return (hash ^ (hash >>> 16)) >>> 0;
}
