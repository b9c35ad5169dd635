import type { PageEncoder } from '../pageData';

/** An encoder that can be asked for its numbers. */
export interface Encoder extends PageEncoder {
  /** What rows have taken from them first; undefined for nothing. */
  readonly centre: Float32Array | undefined;
  vector(name: string): Float32Array;
  /** What a feature looks for, `[inputDim]`. */
  column(feature: number): Float32Array;
}

/** What SAELens adds to a standard deviation, and the least square of a norm: src/layers/normalization.ts. */
const EPSILON = 1e-5;
const TINY = 1e-30;

/**
 * The codes of a row, `[features]`, by the equations of the architectures: src/architectures.
 *
 * In float64; the library's own are of float32.
 */
export function codesOf(encoder: Encoder, row: ArrayLike<number>): Float64Array {
  const { features, form, centre } = encoder;
  const x = normalized(encoder, row);
  if (centre !== undefined) for (let i = 0; i < x.length; i++) x[i] = at(x, i) - at(centre, i);
  const products = new Float64Array(features);
  for (let feature = 0; feature < features; feature++) {
    const column = encoder.column(feature);
    let sum = 0;
    for (let i = 0; i < x.length; i++) sum += at(x, i) * at(column, i);
    products[feature] = sum;
  }
  if (form === 'gated') return gated(encoder, products);
  const bias = encoder.vector('b_enc');
  const z = products.map((product, feature) => product + at(bias, feature));
  if (form === 'threshold') {
    const threshold = encoder.vector('threshold');
    const all = threshold.length === 1;
    return z.map((value, feature) =>
      value > 0 && value > at(threshold, all ? 0 : feature) ? value : 0,
    );
  }
  const positive = z.map((value) => Math.max(0, value));
  return form === 'topk' ? largest(positive, encoder.k ?? features) : positive;
}

const at = (values: ArrayLike<number>, i: number) => values[i] as number;

/** A row as the dictionary sees it. */
function normalized({ normalize, scale = 1 }: PageEncoder, row: ArrayLike<number>): Float64Array {
  const x = Float64Array.from(row);
  if (normalize === 'none') return x;
  if (normalize === 'mean-norm') return x.map((value) => value * scale);
  const norm = (values: Float64Array) =>
    Math.sqrt(
      Math.max(
        TINY,
        values.reduce((sum, value) => sum + value * value, 0),
      ),
    );
  if (normalize === 'constant') {
    const factor = Math.sqrt(x.length) / norm(x);
    return x.map((value) => value * factor);
  }
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  const shifted = x.map((value) => value - mean);
  const deviation = norm(shifted) / Math.sqrt(Math.max(1, x.length - 1));
  return shifted.map((value) => value / (deviation + EPSILON));
}

function gated(encoder: Encoder, products: Float64Array): Float64Array {
  const [bGate, rMag, bMag] = ['b_gate', 'r_mag', 'b_mag'].map((name) => encoder.vector(name)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  return products.map((product, feature) => {
    if (!(product + at(bGate, feature) > 0)) return 0;
    return Math.max(0, product * Math.exp(at(rMag, feature)) + at(bMag, feature));
  });
}

/** The k largest, of equal ones the first; the others are 0. */
function largest(values: Float64Array, k: number): Float64Array {
  const order = Array.from(values.keys());
  order.sort((a, b) => at(values, b) - at(values, a) || a - b);
  const kept = new Float64Array(values.length);
  for (const i of order.slice(0, k)) kept[i] = at(values, i);
  return kept;
}
