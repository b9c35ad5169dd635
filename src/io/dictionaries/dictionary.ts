import type { DictionaryMetadata } from '../../models/metadata';
import type { Dtype } from '../bytes/dtypes';
import type { OnFloats, StoredTensor } from '../bytes/storedTensor';
import { transposed } from './transposed';

/**
 * A dictionary as every format reads and writes it: an architecture's short name, the options of its model,
 * and weights that have not been read yet, under the layer's own names.
 */
export interface Dictionary {
  /** As the command line calls it: `gated`, `relu`. */
  readonly architecture: string;
  /** What the model takes: `inputDim`, `encodingDim` and the like. */
  readonly options: DictionaryOptions;
  /** By the layer's names: `W_enc`, `b_enc`, `W_dec`, `b_dec`. */
  readonly weights: Readonly<Record<string, DictionaryWeight>>;
  /** What it was made for. */
  readonly metadata: DictionaryMetadata;
}

/** What a dictionary's model takes. */
export type DictionaryOptions = {
  readonly inputDim: number;
  readonly encodingDim: number;
} & Readonly<Record<string, unknown>>;

/** Whether rows have targets: then b_dec is not taken from them. */
export const isTranscoder = ({ options }: Pick<Dictionary, 'options'>): boolean =>
  options['outputDim'] !== undefined || options['skip'] === true;

/** A weight that is read when it is wanted. */
export interface DictionaryWeight {
  /** As the layer has it: an encoder is `[inputDim, features]`, a decoder `[features, outputDim]`. */
  readonly shape: readonly number[];
  /** What its values are in the file, where they stand there as they are. */
  readonly dtype?: Dtype;
  /**
   * All values, the last axis fastest.
   *
   * @param onPart told of each part of them, in any order, while others are still on their way, where they
   * come in parts; never, where they come at once
   */
  read(onPart?: OnFloats): Promise<Float32Array>;
  /**
   * The values of some features alone, in their order, as {@link read} gives those of all; absent where
   * the weight has no axis of features.
   */
  readOf?(features: readonly number[]): Promise<Float32Array>;
}

/** Values in memory as a weight. */
export const valuesWeight = (
  values: Float32Array,
  shape: readonly number[] = [values.length],
): DictionaryWeight => ({ shape, read: async () => values });

/** A weight that holds one number for each feature. */
export const constantWeight = (value: number, features: number): DictionaryWeight => ({
  shape: [features],
  read: async () => new Float32Array(features).fill(value),
  readOf: async (some) => new Float32Array(some.length).fill(value),
});

/** Values that are read at once, of a tensor that is gone through. */
const BLOCK = 2 ** 20;

/** A tensor of one axis: a number for each feature, or b_dec, which has no features. */
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
 * A tensor of two axes.
 *
 * @param features the axis of features in the weight: 1 in an encoder, 0 in a decoder, none in a skip
 * connection
 * @param isTransposed whether the tensor has its axes the other way round
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

/** Some rows of a tensor, of which no others are read. */
async function rowsOf(tensor: StoredTensor, rows: readonly number[], width: number) {
  const values = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) values.set(await tensor.floats(row, 1), i * width);
  return values;
}

/** Some columns of a tensor, which is gone through, block by block. */
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
