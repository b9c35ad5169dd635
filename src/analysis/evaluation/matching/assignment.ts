/**
 * Finds the one-to-one assignment of rows to columns with the largest sum of values: the Hungarian
 * method, by shortest augmenting paths (Jonker and Volgenant 1987, doi:10.1007/BF02278710). It
 * takes time rows² · columns.
 *
 * @param values `[rows, columns]`, flat, with at most as many rows as columns
 * @returns the column of each row
 */
export function bestAssignment(
  values: Float32Array | Float64Array,
  rows: number,
  columns: number,
): Int32Array {
  // Prices, under which no pair of a row and a column has a negative cost, and chosen pairs have
  // cost 0.
  const rowPrice = new Float64Array(rows);
  const columnPrice = new Float64Array(columns);
  const rowOf = new Int32Array(columns).fill(-1);
  const columnOf = new Int32Array(rows).fill(-1);
  const distance = new Float64Array(columns);
  const from = new Int32Array(columns); // the row from which a column is reached
  const isDone = new Uint8Array(columns);
  for (let start = 0; start < rows; start++) {
    distance.fill(Number.POSITIVE_INFINITY);
    isDone.fill(0);
    const path: number[] = []; // columns in the order in which they are reached permanently
    let row = start;
    let reached = 0; // the length of the path to `row`
    let end = -1;
    while (end < 0) {
      let nearest = -1;
      let least = Number.POSITIVE_INFINITY;
      const base = reached - (rowPrice[row] as number);
      const offset = row * columns;
      for (let column = 0; column < columns; column++) {
        if (isDone[column] === 1) continue;
        const cost = base - (values[offset + column] as number) - (columnPrice[column] as number);
        if (cost < (distance[column] as number)) {
          distance[column] = cost;
          from[column] = row;
        }
        const there = distance[column] as number;
        // Among equally near columns, a free one ends the search.
        if (there < least || (there === least && rowOf[column] === -1)) {
          least = there;
          nearest = column;
        }
      }
      reached = least;
      isDone[nearest] = 1;
      path.push(nearest);
      if (rowOf[nearest] === -1) end = nearest;
      else row = rowOf[nearest] as number;
    }
    rowPrice[start] = (rowPrice[start] as number) + reached;
    for (const column of path) {
      const shorter = reached - (distance[column] as number);
      columnPrice[column] = (columnPrice[column] as number) - shorter;
      const owner = rowOf[column] as number;
      if (owner >= 0) rowPrice[owner] = (rowPrice[owner] as number) + shorter;
    }
    for (let column = end; ; ) {
      const owner = from[column] as number;
      rowOf[column] = owner;
      const next = columnOf[owner] as number;
      columnOf[owner] = column;
      if (owner === start) break;
      column = next;
    }
  }
  return columnOf;
}
