import { normOf } from '../../math/norms';
import { constantWeight, type Dictionary, type DictionaryWeight, isTranscoder } from './dictionary';

type Weights = Dictionary['weights'];

/**
 * Returns a weight computed from others, feature by feature if one of them has features.
 *
 * @param parts the weights to combine
 * @param combine combines their values: of all features, or of some in the same order
 */
export function madeOf(
  shape: readonly number[],
  parts: readonly DictionaryWeight[],
  combine: (...values: Float32Array[]) => Float32Array | Promise<Float32Array>,
): DictionaryWeight {
  const all = (features?: readonly number[]) =>
    Promise.all(parts.map((part) => (features && part.readOf?.(features)) ?? part.read()));
  const read = async (features?: readonly number[]) => combine(...(await all(features)));
  const hasFeatures = parts.some(({ readOf }) => readOf !== undefined);
  return { shape, read: () => read(), ...(hasFeatures && { readOf: read }) };
}

/** Multiplies columns of an encoder `[inputDim, features]` by one number per feature. */
const timesColumns = (matrix: Float32Array, by: Float32Array): Float32Array =>
  matrix.map((value, i) => value * (by[i % by.length] as number));

/** Raises thresholds below 0 to 0, for formats that apply them after a ReLU. */
export const atLeastZero = (threshold: DictionaryWeight): DictionaryWeight =>
  madeOf(threshold.shape, [threshold], (values) => values.map((value) => (value < 0 ? 0 : value)));

const times = (vector: Float32Array, by: Float32Array): Float32Array =>
  vector.map((value, i) => value * (by[i] as number));

/** Returns the norm of each row of a decoder `[features, outputDim]`; 1 for a row of zeros. */
function rowNorms(decoder: Float32Array, width: number): Float32Array {
  return Float32Array.from({ length: decoder.length / width }, (_, feature) => {
    return normOf(decoder.subarray(feature * width, (feature + 1) * width)) || 1;
  });
}

/**
 * Returns the same dictionary with decoder rows of norm 1 and correspondingly larger codes: with n
 * = ‖W_dec,i‖, the encoder's column and vectors times n, the decoder's row divided by n.
 *
 * @param matrix the name of the encoder's matrix
 * @param vectors the names of the encoder's vectors, which are scaled as well
 */
export function withUnitRows(
  weights: Weights,
  matrix: string,
  vectors: readonly string[],
): Record<string, DictionaryWeight> {
  const { W_dec } = weights as { W_dec: DictionaryWeight };
  const width = W_dec.shape[1] as number;
  const unit = { ...weights };
  const encoder = weights[matrix] as DictionaryWeight;
  unit[matrix] = madeOf(encoder.shape, [encoder, W_dec], (values, decoder) =>
    timesColumns(values, rowNorms(decoder, width)),
  );
  for (const name of vectors) {
    const vector = weights[name] as DictionaryWeight;
    unit[name] = madeOf(vector.shape, [vector, W_dec], (values, decoder) =>
      times(values, rowNorms(decoder, width)),
    );
  }
  unit['W_dec'] = madeOf(W_dec.shape, [W_dec], (decoder) => {
    const norms = rowNorms(decoder, width);
    return decoder.map((value, i) => value / (norms[Math.floor(i / width)] as number));
  });
  return unit;
}

/** Divides each feature's number by the norm of its decoder row. */
export const overRowNorms = (vector: DictionaryWeight, decoder: DictionaryWeight) =>
  madeOf(vector.shape, [vector, decoder], (values, rows) => {
    const norms = rowNorms(rows, decoder.shape[1] as number);
    return values.map((value, i) => value / (norms[i] as number));
  });

/** Multiplies a weight by a number. */
export const scaled = (weight: DictionaryWeight, by: number): DictionaryWeight =>
  by === 1 ? weight : madeOf(weight.shape, [weight], (values) => values.map((value) => value * by));

/**
 * Converts a Gated SAE to the equivalent JumpReLU SAE: its gate is open exactly if the magnitude
 * exceeds a certain number.
 *
 * W_enc = W_gate · e^r_mag, b_enc = b_mag, θ = max(0, b_mag − e^r_mag · b_gate)
 */
function jumpReLUOfGated({ W_gate, b_gate, r_mag, b_mag, ...others }: Weights) {
  const [matrix, gate, r, magnitude] = [W_gate, b_gate, r_mag, b_mag] as DictionaryWeight[];
  if (!matrix || !gate || !r || !magnitude) return others;
  const exp = (values: Float32Array) => values.map((value) => Math.exp(value));
  return {
    W_enc: madeOf(matrix.shape, [matrix, r], (values, logs) => timesColumns(values, exp(logs))),
    b_enc: magnitude,
    threshold: madeOf(gate.shape, [gate, r, magnitude], (open, logs, offset) =>
      offset.map((value, i) => {
        return Math.max(0, value - Math.exp(logs[i] as number) * (open[i] as number));
      }),
    ),
    ...others,
  };
}

/** The options that determine what a dictionary of any architecture computes, besides its sizes. */
const COMPUTED = ['outputDim', 'skip', 'normalize', 'centred'];
/** The weights of a JumpReLU SAE. */
const JUMPRELU = ['W_enc', 'b_enc', 'threshold', 'W_dec', 'b_dec', 'W_skip', 'scale'];

/**
 * Returns the same dictionary as a JumpReLU SAE, if it is one at inference: a Gated SAE exactly, a
 * ReLU SAE with thresholds of 0, a BatchTopK or Matryoshka SAE with its learnt threshold. Undefined
 * for any other.
 */
export async function asJumpReLU(dictionary: Dictionary): Promise<Dictionary | undefined> {
  const { architecture, options, weights } = dictionary;
  const { inputDim, encodingDim } = options;
  const kept = Object.entries(options).filter(([name]) => COMPUTED.includes(name));
  const others = { inputDim, encodingDim, ...Object.fromEntries(kept) };
  const converted = (its: Weights): Dictionary => {
    // Without the counters of its training.
    const own = Object.entries(its).filter(([name]) => JUMPRELU.includes(name));
    const weights = Object.fromEntries(own);
    return { ...dictionary, architecture: 'jumprelu', options: others, weights };
  };
  switch (architecture) {
    case 'jumprelu':
      return dictionary;
    case 'gated':
      return converted(jumpReLUOfGated(weights));
    case 'relu':
      return converted({ ...weights, threshold: constantWeight(0, encodingDim) });
    case 'batchtopk':
    case 'matryoshka': {
      const [threshold = 0] = (await weights['threshold']?.read()) ?? [];
      const all = constantWeight(Math.max(0, threshold), encodingDim);
      return converted({ ...weights, threshold: all });
    }
    default:
      return undefined;
  }
}

/**
 * Adds what b_dec contributes to the products of rows that are not centred, for each feature: b_dec
 * · W.
 *
 * @param sign 1 to add it to an offset, if rows become centred; −1 if they no longer are
 */
export function shifted(
  vector: DictionaryWeight,
  matrix: DictionaryWeight,
  bias: DictionaryWeight,
  sign: 1 | -1,
  scales?: DictionaryWeight,
): DictionaryWeight {
  const parts = [vector, matrix, bias, ...(scales ? [scales] : [])];
  return madeOf(vector.shape, parts, (offsets, encoder, bDec, logs) => {
    const sums = new Float64Array(offsets.length);
    bDec.forEach((value, row) => {
      for (let feature = 0; feature < sums.length; feature++) {
        const product = value * (encoder[row * sums.length + feature] as number);
        sums[feature] = (sums[feature] as number) + product;
      }
    });
    return offsets.map((offset, i) => {
      const scale = logs ? Math.exp(logs[i] as number) : 1;
      return offset + sign * scale * (sums[i] as number);
    });
  });
}

/**
 * Returns the same dictionary with rows centred, or not: its offsets absorb what b_dec contributes
 * to the products. A transcoder stays unchanged, since its b_dec belongs to its targets.
 */
export function withCentring(dictionary: Dictionary, centred: boolean): Dictionary {
  const { architecture, options, weights } = dictionary;
  if (isTranscoder(dictionary) || (options['centred'] ?? true) === centred) return dictionary;
  const sign = centred ? 1 : -1;
  const { W_gate, W_enc, b_gate, b_mag, b_enc, r_mag, b_dec } = weights;
  const bias = b_dec as DictionaryWeight;
  const offsets: Record<string, DictionaryWeight> =
    architecture === 'gated' && W_gate && b_gate && b_mag && r_mag
      ? {
          b_gate: shifted(b_gate, W_gate, bias, sign),
          b_mag: shifted(b_mag, W_gate, bias, sign, r_mag),
        }
      : { b_enc: shifted(b_enc as DictionaryWeight, W_enc as DictionaryWeight, bias, sign) };
  return { ...dictionary, options: { ...options, centred }, weights: { ...weights, ...offsets } };
}

/**
 * Returns the same dictionary for unscaled rows, if it uses mean norm: W · s, W_dec / s, b_dec / s
 * with its scale s.
 */
export async function withoutMeanNorm(dictionary: Dictionary): Promise<Dictionary> {
  const { options, weights } = dictionary;
  const { scale, ...others } = weights;
  const [factor = 0] = (await scale?.read()) ?? [];
  if (options['normalize'] !== 'mean-norm' || factor <= 0) return dictionary;
  const folded: Record<string, DictionaryWeight> = { ...others };
  for (const [name, weight] of Object.entries(others)) {
    if (name === 'W_enc' || name === 'W_gate') folded[name] = scaled(weight, factor);
    if (name === 'W_dec' || name === 'b_dec') folded[name] = scaled(weight, 1 / factor);
  }
  return { ...dictionary, options: { ...options, normalize: 'none' }, weights: folded };
}
