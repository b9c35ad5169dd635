import { base64Of } from '../../bytes';
import type { EncodedRow } from './report';

const LARGEST_INT16 = 32767;
/** Weights that an entry names. */
const NAMED_WEIGHTS = 10;

/** A row as 16-bit integers of a scale of its own. */
export function encodedRow(row: Float32Array): EncodedRow {
  let scale = 0;
  for (const weight of row) scale = Math.max(scale, Math.abs(weight));
  const bytes = new Uint8Array(2 * row.length);
  for (let i = 0; i < row.length && scale > 0; i++) {
    const integer = Math.round(((row[i] as number) / scale) * LARGEST_INT16);
    bytes[2 * i] = integer;
    bytes[2 * i + 1] = integer >> 8;
  }
  return { scale, values: base64Of(bytes) };
}

/** The weights that are largest by size; of equal ones the first. */
export function largestWeights(row: Float32Array): { dimension: number; weight: number }[] {
  return Array.from(row, (weight, dimension) => ({ dimension, weight }))
    .sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight))
    .slice(0, NAMED_WEIGHTS);
}
