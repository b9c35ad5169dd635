import type { Block, OnnxValue } from './graph';
import { DIM, ONNX_DTYPES, type OnnxDtype, SHAPE, TENSOR_TYPE, TYPE, VALUE } from './schema';
import { asMessage, damaged, type Field, type Wire } from './wire';

const MOST_AXES = 16;

/** Reads what the file states about a tensor: its name, type and shape. */
export async function readValue(wire: Wire, block: Field, graph: Block): Promise<OnnxValue> {
  let name = '';
  let type: Field | undefined;
  for await (const field of wire.fields(block.at, block.end)) {
    if (field.number === VALUE.name) name = await wire.text(field);
    else if (field.number === VALUE.type) type = asMessage(field, 'a type');
  }
  if (name === '') throw damaged('a tensor without a name');
  const { dtype, shape } = type ? await readType(wire, type) : {};
  return { name, dtype, shape, block, graph };
}

interface ValueType {
  dtype?: OnnxDtype | undefined;
  shape?: (number | null)[];
}

/** Reads type and shape of a tensor; nothing for a sequence, a map or a sparse tensor. */
async function readType(wire: Wire, type: Field): Promise<ValueType> {
  const found: ValueType = {};
  for await (const kind of wire.fields(type.at, type.end)) {
    if (kind.number !== TYPE.tensor) continue;
    asMessage(kind, 'a type');
    for await (const field of wire.fields(kind.at, kind.end)) {
      if (field.number === TENSOR_TYPE.elements) found.dtype = ONNX_DTYPES[field.value];
      else if (field.number === TENSOR_TYPE.shape) {
        found.shape = await readShape(wire, asMessage(field, 'a shape'));
      }
    }
  }
  return found;
}

async function readShape(wire: Wire, block: Field): Promise<(number | null)[]> {
  const shape: (number | null)[] = [];
  for await (const dim of wire.fields(block.at, block.end)) {
    if (dim.number !== SHAPE.dim) continue;
    shape.push(await readDim(wire, asMessage(dim, 'an axis')));
    if (shape.length > MOST_AXES) throw damaged(`a tensor of more than ${MOST_AXES} axes`);
  }
  return shape;
}

/** Reads an axis's length; null if it has a name instead, because it varies. */
async function readDim(wire: Wire, block: Field): Promise<number | null> {
  let length: number | null = null;
  for await (const field of wire.fields(block.at, block.end)) {
    if (field.number === DIM.value && field.wire === 0) length = field.value;
    else if (field.number === DIM.param) length = null;
  }
  return length !== null && Number.isSafeInteger(length) && length >= 0 ? length : null;
}
