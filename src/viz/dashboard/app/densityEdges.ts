/** Of each decade the edges of the bins. */
const STEPS = [1, 2, 5];
/** What fires more rarely is in the first bin. */
const MOST_DECADES = 8;

/**
 * Edges of bins for densities, rising up to 1: 1, 2 and 5 of each decade, from below the least density above
 * 0 on. As float32, like the densities.
 */
export function densityEdges(density: Float32Array): number[] {
  let least = 1;
  for (const value of density) if (value > 0 && value < least) least = value;
  const decades = Math.min(MOST_DECADES, Math.max(1, Math.ceil(-Math.log10(least))));
  const edges: number[] = [];
  for (let power = -decades; power < 0; power++) {
    for (const step of STEPS) edges.push(Math.fround(Number(`${step}e${power}`)));
  }
  edges.push(1);
  let first = 0;
  while (first < edges.length - 2 && (edges[first + 1] as number) <= least) first += 1;
  return edges.slice(first);
}

/** How many features are in each bin, from its edge up to, but not with, the next; the last has its own. */
export function densityCounts(density: Float32Array, edges: readonly number[]): number[] {
  const counts = new Array<number>(edges.length - 1).fill(0);
  for (const value of density) {
    if (!(value > 0)) continue;
    let bin = 0;
    while (bin < counts.length - 1 && value >= (edges[bin + 1] as number)) bin += 1;
    counts[bin] = (counts[bin] as number) + 1;
  }
  return counts;
}
