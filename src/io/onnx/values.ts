import { field, message, numberField } from './message';
import { DIM, ONNX_DTYPES, SHAPE, TENSOR_TYPE, TYPE, VALUE } from './schema';
import type { OnnxTensor } from './tensors';

/** An axis of a tensor in the file: its length, or a name if it varies. */
export type Axis = number | string;

/**
 * Encodes the description of an input or output: its name, and type and shape if known. Runtimes
 * infer what is omitted.
 *
 * @param axes names for variable axes, by index
 */
export function valueInfo(
  { name, dtype, shape }: Pick<OnnxTensor, 'name' | 'dtype' | 'shape'>,
  axes: (place: number) => string | undefined = () => undefined,
): Uint8Array {
  if (dtype === undefined) return field(VALUE.name, name);
  const elements = numberField(TENSOR_TYPE.elements, ONNX_DTYPES.indexOf(dtype));
  const dims = shape?.map((length, place) => field(SHAPE.dim, dim(length, axes(place))));
  const whole = dims ? [field(TENSOR_TYPE.shape, message(...dims))] : [];
  const type = field(TYPE.tensor, message(elements, ...whole));
  return message(field(VALUE.name, name), field(VALUE.type, type));
}

function dim(length: number | null, name: string | undefined): Uint8Array {
  if (length !== null) return numberField(DIM.value, length);
  return name === undefined ? new Uint8Array() : field(DIM.param, name);
}
