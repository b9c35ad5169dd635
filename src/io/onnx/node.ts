import type { Block, OnnxNode, OnnxOutput } from './graph';
import { NODE } from './schema';
import { damaged, type Field, type Wire } from './wire';

/** The most input or output tensors of a node. */
const MOST_ENDS = 2 ** 12;

/** Reads a node's names; its attributes, which may be whole graphs, are skipped. */
export async function readNode(wire: Wire, block: Field, graph: Block): Promise<OnnxNode> {
  const inputs: string[] = [];
  const outputs: OnnxOutput[] = [];
  let op = '';
  let domain = '';
  for await (const field of wire.fields(block.at, block.end)) {
    if (field.number === NODE.input) inputs.push(await wire.text(field));
    else if (field.number === NODE.output) outputs.push({ name: await wire.text(field), field });
    else if (field.number === NODE.op) op = await wire.text(field);
    else if (field.number === NODE.domain) domain = await wire.text(field);
    if (inputs.length + outputs.length > MOST_ENDS) {
      throw damaged(`a node of more than ${MOST_ENDS} tensors`);
    }
  }
  if (op === '') throw damaged('a node without an operation');
  return { op, domain, inputs, outputs, block, graph };
}
