import * as tf from '@tensorflow/tfjs-core';
import { unsupportedOnnxTensor } from '../../../errors';
import { fromFloat16 } from '../../../io/bytes/float16';
import { bytesFrom } from '../../../io/bytes/values';
import type { OnnxRuntime, OnnxRuntimeTensor } from './runtime';

/** The array types of onnxruntime for each numeric type whose values fit in tfjs's. */
const PLAIN: Readonly<Record<string, { from(values: ArrayLike<number>): ArrayBufferView }>> = {
  ...{ float32: Float32Array, float64: Float64Array, bool: Uint8Array },
  ...{ int8: Int8Array, int16: Int16Array, int32: Int32Array },
  ...{ uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array },
};
const LARGEST_INT32 = 2 ** 31 - 1;

/**
 * Converts a tensor of tfjs to one of onnxruntime.
 *
 * @param host how errors refer to the model
 * @param name the name of the input
 * @param type the type that the model takes there
 * @throws SAE_UNSUPPORTED for a type without a counterpart in tfjs.
 */
export async function toOnnx(
  { Tensor }: OnnxRuntime,
  host: string,
  name: string,
  tensor: tf.Tensor,
  type: string,
): Promise<OnnxRuntimeTensor> {
  const values: ArrayLike<unknown> = await tensor.data();
  const isText = Array.isArray(values);
  if (isText !== (type === 'string')) throw unsupportedOnnxTensor(host, name, type);
  const given = isText ? values : arrayOf(type, values as ArrayLike<number>);
  if (given === undefined) throw unsupportedOnnxTensor(host, name, type);
  return new Tensor(type, given, tensor.shape);
}

/** Returns numbers in onnxruntime's form; undefined for a type that holds no numbers. */
function arrayOf(type: string, values: ArrayLike<number>): ArrayBufferView | undefined {
  switch (type) {
    case 'float16': {
      const { buffer, byteOffset } = bytesFrom('float16', Float32Array.from(values));
      return new Uint16Array(buffer, byteOffset, values.length);
    }
    case 'int64':
      return BigInt64Array.from(Array.from(values, (value) => BigInt(Math.trunc(value))));
    case 'uint64':
      return BigUint64Array.from(Array.from(values, (value) => BigInt(Math.trunc(value))));
    default:
      return Object.hasOwn(PLAIN, type) ? PLAIN[type]?.from(values) : undefined;
  }
}

/**
 * Converts a tensor of onnxruntime to one of tfjs: float32 for all floats; int32 for integers if
 * they fit, otherwise float32.
 *
 * @param host how errors refer to the model
 * @returns the caller disposes it.
 * @throws SAE_UNSUPPORTED for a type without a counterpart in tfjs.
 */
export async function fromOnnx(
  host: string,
  name: string,
  tensor: OnnxRuntimeTensor,
): Promise<tf.Tensor> {
  const { type } = tensor;
  const shape = [...tensor.dims];
  const data = (await (tensor.getData?.() ?? tensor.data)) as ArrayLike<number | bigint | string>;
  tensor.dispose?.();
  switch (type) {
    case 'string':
      return tf.tensor(Array.from(data as ArrayLike<string>), shape, 'string');
    case 'bool':
      return tf.tensor(Uint8Array.from(data as ArrayLike<number>), shape, 'bool');
    case 'float32':
      // The memory may be onnxruntime's own, or reused in another run.
      return tf.tensor(Float32Array.from(data as Float32Array), shape, 'float32');
    case 'float16':
      return tf.tensor(halves(data as ArrayLike<number>), shape, 'float32');
    case 'float64':
      return tf.tensor(Float32Array.from(data as ArrayLike<number>), shape, 'float32');
    default:
      if (!/^u?int(8|16|32|64)$/.test(type)) throw unsupportedOnnxTensor(host, name, type);
      return whole(Array.from(data as ArrayLike<number | bigint>, Number), shape);
  }
}

/** Returns values of float16, which are given as bits unless the machine has float16 arrays. */
const halves = (data: ArrayLike<number>): Float32Array =>
  data instanceof Uint16Array ? fromFloat16(data) : Float32Array.from(data);

function whole(values: number[], shape: number[]): tf.Tensor {
  const fit = values.every((value) => Math.abs(value) <= LARGEST_INT32);
  return fit
    ? tf.tensor(Int32Array.from(values), shape, 'int32')
    : tf.tensor(Float32Array.from(values), shape, 'float32');
}
