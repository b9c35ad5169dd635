import type { DictionaryMetadata } from '../../models/metadata';
import type { Dtype } from '../bytes/dtypes';
import type { OnFloats, StoredTensor } from '../bytes/storedTensor';
import { transposed } from './transposed';

/**
 * A dictionary in the form that every format reads and writes: an architecture's short name, the
 * options of its model, and weights under the layer's own names, which are read on demand.
 */
export interface Dictionary {
  /** The name on the command line: `gated`, `relu`. */
  readonly architecture: string;
  /** The options of the model: `inputDim`, `encodingDim` and the like. */
  readonly options: DictionaryOptions;
  /** The weights by the layer's names: `W_enc`, `b_enc`, `W_dec`, `b_dec`. */
  readonly weights: Readonly<Record<string, DictionaryWeight>>;
  /** What it was made for. */
  readonly metadata: DictionaryMetadata;
}

/** Options of a dictionary's model. */
export type DictionaryOptions = {
  readonly inputDim: number;
  readonly encodingDim: number;
} & Readonly<Record<string, unknown>>;

/** Returns whether rows have targets: b_dec is then not subtracted from them. */
export const isTranscoder = ({ options }: Pick<Dictionary, 'options'>): boolean =>
  options['outputDim'] !== undefined || options['skip'] === true;

/** A weight that is read on demand. */
export interface DictionaryWeight {
  /**
   * The shape in the layer: an encoder is `[inputDim, features]`, a decoder
   * `[features, outputDim]`.
   */
  readonly shape: readonly number[];
  /** The type of its values in the file, if they are stored there unchanged. */
  readonly dtype?: Dtype;
  /**
   * Returns all values, the last axis fastest.
   *
   * @param onPart called with each part of the values, in any order, while others are still
   *   arriving, if they arrive in parts; never if they arrive at once
   */
  read(onPart?: OnFloats): Promise<Float32Array>;
  /**
   * Returns the values of some features only, in their order, in the form of {@link read};
   * undefined if the weight has no axis of features.
   */
  readOf?(features: readonly number[]): Promise<Float32Array>;
}

/** Returns values in memory as a weight. */
export const valuesWeight = (
  values: Float32Array,
  shape: readonly number[] = [values.length],
): DictionaryWeight => ({ shape, read: async () => values });

/** Returns a weight with the same number for each feature. */
export const constantWeight = (value: number, features: number): DictionaryWeight => ({
  shape: [features],
  read: async () => new Float32Array(features).fill(value),
  readOf: async (some) => new Float32Array(some.length).fill(value),
});

/** The number of values read at once when going through a tensor. */
const BLOCK = 2 ** 20;

/**
 * Returns a weight from a tensor with one axis: a number for each feature, or b_dec, which has no
 * features.
 */
export function vectorWeight(tensor: StoredTensor, isOfFeatures = true): DictionaryWeight {
  const { shape, dtype } = tensor;
  const read: DictionaryWeight['read'] = (onPart) => tensor.floats(0, undefined, onPart);
  if (!isOfFeatures) return { shape, dtype, read };
  const readOf = async (features: readonly number[]) => {
    const all = await tensor.floats();
    return Float32Array.from(features, (feature) => all[feature] as number);
  };
  return { shape, dtype, read, readOf };
}

/**
 * Returns a weight from a tensor with two axes.
 *
 * @param features the axis of features in the weight: 1 in an encoder, 0 in a decoder, none in a
 *   skip connection
 * @param isTransposed whether the tensor's axes are in the other order
 */
export function matrixWeight(
  tensor: StoredTensor,
  features: 0 | 1 | undefined,
  isTransposed = false,
): DictionaryWeight {
  const [rows = 0, columns = 0] = tensor.shape;
  const back = async (read: Promise<Float32Array>, [from, to]: readonly [number, number]) =>
    isTransposed ? transposed(await read, from, to) : read;
  const whole: DictionaryWeight = {
    shape: isTransposed ? [columns, rows] : [rows, columns],
    dtype: tensor.dtype,
    read: (onPart) => back(tensor.floats(0, rows, onPart), [rows, columns]),
  };
  if (features === undefined) return whole;
  return {
    ...whole,
    readOf: async (some) => {
      const isByRow = features === (isTransposed ? 1 : 0);
      return isByRow
        ? back(rowsOf(tensor, some, columns), [some.length, columns])
        : back(columnsOf(tensor, some, columns), [rows, some.length]);
    },
  };
}

/** Reads some rows of a tensor, and no others. */
async function rowsOf(tensor: StoredTensor, rows: readonly number[], width: number) {
  const values = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) values.set(await tensor.floats(row, 1), i * width);
  return values;
}

/** Reads some columns of a tensor, going through it block by block. */
async function columnsOf(tensor: StoredTensor, columns: readonly number[], width: number) {
  const [rows = 0] = tensor.shape;
  const values = new Float32Array(rows * columns.length);
  const most = Math.max(1, Math.floor(BLOCK / width));
  for (let first = 0; first < rows; first += most) {
    const count = Math.min(most, rows - first);
    const block = await tensor.floats(first, count);
    for (let row = 0; row < count; row++) {
      for (const [i, column] of columns.entries()) {
        values[(first + row) * columns.length + i] = block[row * width + column] as number;
      }
    }
  }
  return values;
}
