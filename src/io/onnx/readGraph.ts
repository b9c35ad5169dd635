import type { ByteSource } from '../bytes/byteSource';
import type { OnnxGraph, OnnxNode, OnnxValue } from './graph';
import { readNode } from './node';
import { ENTRY, GRAPH, MODEL, OPSET, TENSOR } from './schema';
import { readValue } from './value';
import { asMessage, damaged, type Field, Wire } from './wire';

/** The most nodes, and the most weights or descriptions of tensors, in a file. */
const MOST_PARTS = 2 ** 15;
/** The most entries on where a weight is stored: path, offset, length, checksum. */
const MOST_ENTRIES = 16;

/**
 * Reads the graph of an ONNX model: names of nodes and tensors, skipping weights by their lengths.
 *
 * @throws SAE_FILE for a file that is damaged or not ONNX.
 */
export async function readGraph(source: ByteSource): Promise<OnnxGraph> {
  const wire = new Wire(source);
  const graph = {
    opset: 0,
    nodes: [] as OnnxNode[],
    inputs: new Map<string, OnnxValue>(),
    outputs: new Map<string, OnnxValue>(),
    values: new Map<string, OnnxValue>(),
    weights: new Set<string>(),
    files: new Set<string>(),
  };
  let hasVersion = false;
  for await (const field of wire.fields(0, source.size)) {
    if (field.number === MODEL.irVersion) hasVersion = field.wire === 0;
    else if (field.number === MODEL.opsets) graph.opset ||= await ownOpset(wire, field);
    else if (field.number === MODEL.graph) await readInto(wire, field, graph);
  }
  if (!hasVersion || graph.nodes.length === 0) throw damaged('another kind of file');
  checkProducers(graph);
  return graph;
}

interface Growing extends OnnxGraph {
  readonly nodes: OnnxNode[];
  readonly inputs: Map<string, OnnxValue>;
  readonly outputs: Map<string, OnnxValue>;
  readonly values: Map<string, OnnxValue>;
  readonly weights: Set<string>;
  readonly files: Set<string>;
}

/** Reads one message of the graph; if there are several, their parts are concatenated. */
async function readInto(wire: Wire, block: Field, graph: Growing): Promise<void> {
  asMessage(block, 'a graph');
  await checkParts(wire, block);
  const { nodes, inputs, outputs, values, weights, files } = graph;
  for await (const field of wire.fields(block.at, block.end)) {
    switch (field.number) {
      case GRAPH.node:
        nodes.push(await readNode(wire, asMessage(field, 'a node'), block));
        break;
      case GRAPH.initializer:
        weights.add(await readWeight(wire, asMessage(field, 'a weight'), files));
        break;
      case GRAPH.input:
        put(inputs, await readValue(wire, asMessage(field, 'an input'), block));
        break;
      case GRAPH.output:
        put(outputs, await readValue(wire, asMessage(field, 'an output'), block));
        break;
      case GRAPH.valueInfo:
        put(values, await readValue(wire, asMessage(field, 'a description'), block));
        break;
    }
  }
}

/** Rejects a graph with too many parts before any of them is read. */
async function checkParts(wire: Wire, block: Field): Promise<void> {
  const counts = new Map<number, number>();
  for await (const { number } of wire.fields(block.at, block.end)) {
    const count = (counts.get(number) ?? 0) + 1;
    if (count > MOST_PARTS) throw damaged(`more than ${MOST_PARTS} nodes, weights or tensors`);
    counts.set(number, count);
  }
}

const put = (values: Map<string, OnnxValue>, value: OnnxValue) => values.set(value.name, value);

/** Returns the version of an operator set, if it is ONNX's own. */
async function ownOpset(wire: Wire, block: Field): Promise<number> {
  asMessage(block, 'a set of operations');
  let domain = '';
  let version = 0;
  for await (const field of wire.fields(block.at, block.end)) {
    if (field.number === OPSET.domain) domain = await wire.text(field);
    else if (field.number === OPSET.version) version = field.value;
  }
  return domain === '' || domain === 'ai.onnx' ? version : 0;
}

/** Returns a weight's name; an external file that holds it is added to `files`. */
async function readWeight(wire: Wire, block: Field, files: Set<string>): Promise<string> {
  let name = '';
  let entries = 0;
  for await (const field of wire.fields(block.at, block.end)) {
    if (field.number === TENSOR.name) name = await wire.text(field);
    else if (field.number === TENSOR.external) {
      entries++;
      if (entries > MOST_ENTRIES) throw damaged(`a weight of more than ${MOST_ENTRIES} places`);
      const [key, value] = await readEntry(wire, asMessage(field, 'a place'));
      if (key === 'location') files.add(value);
    }
  }
  return name;
}

async function readEntry(wire: Wire, block: Field): Promise<readonly [string, string]> {
  let key = '';
  let value = '';
  for await (const field of wire.fields(block.at, block.end)) {
    if (field.number === ENTRY.key) key = await wire.text(field);
    else if (field.number === ENTRY.value) value = await wire.text(field);
  }
  return [key, value];
}

/** Checks that no tensor is computed twice. */
function checkProducers({ nodes, inputs }: OnnxGraph): void {
  const seen = new Set<string>(inputs.keys());
  for (const { outputs } of nodes) {
    for (const { name } of outputs) {
      if (name === '') continue;
      if (seen.has(name)) throw damaged(`tensor ${JSON.stringify(name.slice(0, 80))} twice`);
      seen.add(name);
    }
  }
}
