import * as tf from '@tensorflow/tfjs-core';
import { unsupportedOnnxTensor } from '../../../errors';
import { fromFloat16 } from '../../../io/bytes/float16';
import { bytesFrom } from '../../../io/bytes/values';
import type { OnnxRuntime, OnnxRuntimeTensor } from './runtime';

/** Arrays of each type of values that is numbers no larger than tfjs has them, as onnxruntime takes them. */
const PLAIN: Readonly<Record<string, { from(values: ArrayLike<number>): ArrayBufferView }>> = {
  ...{ float32: Float32Array, float64: Float64Array, bool: Uint8Array },
  ...{ int8: Int8Array, int16: Int16Array, int32: Int32Array },
  ...{ uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array },
};
const LARGEST_INT32 = 2 ** 31 - 1;

/**
 * A tensor of tfjs as one of onnxruntime.
 *
 * @param host what errors call the model
 * @param name the input's
 * @param type what the model takes there
 * @throws SAE_UNSUPPORTED for a type that tfjs has nothing like.
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

/** Numbers as onnxruntime takes them; undefined where there are none of such a type. */
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
 * A tensor of onnxruntime as one of tfjs: float32 for all floats, int32 for whole numbers where they fit and
 * float32 where they do not.
 *
 * @param host what errors call the model
 * @returns the caller disposes it.
 * @throws SAE_UNSUPPORTED for a type that tfjs has nothing like.
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
      // onnxruntime's own memory, or what it hands out again in another run.
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

/** Values of float16, which are bits unless the machine has arrays of such numbers. */
const halves = (data: ArrayLike<number>): Float32Array =>
  data instanceof Uint16Array ? fromFloat16(data) : Float32Array.from(data);

function whole(values: number[], shape: number[]): tf.Tensor {
  const fit = values.every((value) => Math.abs(value) <= LARGEST_INT32);
  return fit
    ? tf.tensor(Int32Array.from(values), shape, 'int32')
    : tf.tensor(Float32Array.from(values), shape, 'float32');
}
