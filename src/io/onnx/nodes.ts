import { bytesFrom } from '../bytes/values';
import { field, message, numberField } from './message';
import {
  ATTRIBUTE,
  GRAPH,
  INT_ATTRIBUTE,
  NODE,
  ONNX_DTYPES,
  type OnnxDtype,
  TENSOR,
} from './schema';

/** Encodes a node of ONNX's own operations, as a part of a graph. */
export function node(
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, number>> = {},
): Uint8Array {
  const ints = Object.entries(attributes).map(([name, value]) =>
    field(
      NODE.attribute,
      message(
        field(ATTRIBUTE.name, name),
        numberField(ATTRIBUTE.int, value),
        numberField(ATTRIBUTE.type, INT_ATTRIBUTE),
      ),
    ),
  );
  const ends = [...inputs.map((name) => field(NODE.input, name)), field(NODE.output, output)];
  const names = [field(NODE.name, output), field(NODE.op, op)];
  return field(GRAPH.node, message(...ends, ...names, ...ints));
}

/** Returns the number of a value type in files. */
export const dtypeNumber = (dtype: OnnxDtype): number => ONNX_DTYPES.indexOf(dtype);

/** Encodes values as a float32 weight of a graph. */
export function weight(name: string, shape: readonly number[], values: Float32Array): Uint8Array {
  const dims = shape.map((length) => numberField(TENSOR.dims, length));
  const dtype = numberField(TENSOR.dtype, dtypeNumber('float32'));
  const raw = field(TENSOR.raw, bytesFrom('float32', values));
  return field(GRAPH.initializer, message(...dims, dtype, field(TENSOR.name, name), raw));
}
