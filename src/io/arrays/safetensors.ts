import { namingFile } from '../../errors';
import { type Openable, openSource } from '../bytes/source';
import { type StoredTensor, sizeOf } from '../bytes/storedTensor';
import { openSafetensors } from '../safetensors/read';
import type { ArrayFile, ArrayInFile, RowArray } from './rowArray';

/**
 * Opens the tensors of a safetensors file as arrays, which are read in place.
 *
 * @returns the file; the caller closes it.
 * @throws SAE_FILE for a file that is missing, damaged or of another kind.
 */
export async function openSafetensorsArrays(given: Openable): Promise<ArrayFile> {
  const source = await openSource(given);
  try {
    const { name } = source;
    const { tensors } = await namingFile(name, () => openSafetensors(source));
    const arrays = new Map<string, ArrayInFile>();
    for (const [tensor, stored] of tensors) {
      const { shape } = stored;
      const open = async () => tensorRows(`${name}, tensor ${JSON.stringify(tensor)}`, stored);
      arrays.set(tensor, { shape, open });
    }
    return { name, arrays, close: () => source.close() };
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** Returns a tensor as an array of rows; closing it has no effect. */
export function tensorRows(name: string, tensor: StoredTensor): RowArray {
  const { shape, dtype } = tensor;
  const read = async (first: number, rows: number, axes = 1) => {
    const each = sizeOf(shape.slice(1, axes)); // rows per place of the first axis
    const width = sizeOf(shape.slice(axes));
    const from = Math.floor(first / each);
    const count = Math.ceil((first + rows) / each) - from;
    const values = await namingFile(name, () => tensor.floats(from, count));
    const start = (first - from * each) * width;
    return values.subarray(start, start + rows * width);
  };
  return {
    name,
    shape,
    // Bytes are kept apart from other numbers, which are all returned as float32.
    dtype: dtype === 'uint8' ? 'u1' : 'f4',
    read,
    ...(tensor.readInto && {
      readInto: async (values: Float32Array, first: number, axes = 1) => {
        const each = sizeOf(shape.slice(1, axes));
        if (each === 1) await namingFile(name, async () => tensor.readInto?.(values, first));
        else values.set(await read(first, values.length / sizeOf(shape.slice(axes)), axes));
      },
    }),
    close: async () => {},
  };
}
