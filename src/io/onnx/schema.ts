import type { Dtype } from '../bytes/dtypes';

/** Field numbers of ONNX's messages (onnx.proto) that are read or written here. */
export const MODEL = { irVersion: 1, graph: 7, opsets: 8 } as const;
export const OPSET = { domain: 1, version: 2 } as const;
export const GRAPH = { node: 1, initializer: 5, input: 11, output: 12, valueInfo: 13 } as const;
export const NODE = { input: 1, output: 2, name: 3, op: 4, attribute: 5, domain: 7 } as const;
export const ATTRIBUTE = { name: 1, int: 3, type: 20 } as const;
export const TENSOR = { dims: 1, dtype: 2, name: 8, raw: 9, external: 13 } as const;
export const ENTRY = { key: 1, value: 2 } as const;
export const VALUE = { name: 1, type: 2 } as const;
export const TYPE = { tensor: 1 } as const;
export const TENSOR_TYPE = { elements: 1, shape: 2 } as const;
export const SHAPE = { dim: 1 } as const;
export const DIM = { value: 1, param: 2 } as const;

/** The type of an ONNX attribute that holds one integer. */
export const INT_ATTRIBUTE = 2;

/** The type of a tensor's values. */
export type OnnxDtype = Dtype | 'string';

/** Value types by their numbers in a file. */
export const ONNX_DTYPES: readonly (OnnxDtype | undefined)[] = [
  ...([undefined, 'float32', 'uint8', 'int8', 'uint16', 'int16', 'int32', 'int64'] as const),
  ...(['string', 'bool', 'float16', 'float64', 'uint32', 'uint64'] as const),
  ...([undefined, undefined, 'bfloat16'] as const), // complex numbers between them
];
