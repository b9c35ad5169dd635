import { joined } from '../../bytes';
import { unsupportedOnnx, wrongOption } from '../../errors';
import type { Changes } from './edits';
import type { OnnxGraph } from './graph';
import { field } from './message';
import { named } from './named';
import { dtypeNumber, node } from './nodes';
import { GRAPH, MODEL, type OnnxDtype } from './schema';
import { type Computed, computedBy, computedTensors, type OnnxTensor } from './tensors';
import { valueInfo } from './values';

/** What is inserted between a tensor as it is computed and its consumers. */
export interface Between {
  /** Nodes, sorted: each after those whose outputs it takes. */
  readonly nodes: readonly Uint8Array[];
  /** Weights, inputs and outputs, as parts of the graph. */
  readonly parts?: readonly Uint8Array[];
}

/** The ends of the inserted part. */
export interface Ends {
  /** What is known about the tensor. */
  readonly tensor: OnnxTensor;
  /** The name of its computed values, float32. */
  readonly from: string;
  /** The name that the inserted nodes' result must have, float32. */
  readonly to: string;
  /** The name of the computed values, in the tensor's own type. */
  readonly raw: string;
  /** Returns a new name that the model does not have. */
  fresh(name: string): string;
}

/**
 * The oldest opset: from this version on, operations broadcast their operands, and everything used
 * here exists.
 */
const OLDEST_OPSET = 9;
/** The version that introduced CastLike, which gives a tensor the type of another. */
const CAST_LIKE = 15;
const FLOATS: readonly (OnnxDtype | undefined)[] = ['float16', 'bfloat16', 'float32', 'float64'];

/**
 * Inserts nodes after a tensor: its consumers read their result, under its name.
 *
 * @throws SAE_OPTION for a name that no tensor has, or whose tensor nothing reads; SAE_UNSUPPORTED
 *   for a tensor that does not hold floats, or a model with operations that are too old.
 */
export function behind(
  where: string,
  graph: OnnxGraph,
  name: string,
  between: (ends: Ends) => Between,
): Changes {
  const { opset } = graph;
  const found = computedBy(where, computedTensors(graph), name);
  const { tensor, node: producer, place } = found;
  checkRead(where, found);
  if (opset < OLDEST_OPSET) {
    throw unsupportedOnnx(`operations of version ${OLDEST_OPSET} or later`, `version ${opset}`);
  }
  if (tensor.dtype !== undefined && !FLOATS.includes(tensor.dtype)) {
    throw unsupportedOnnx(`${name} to be of floats`, tensor.dtype, 'Choose another tensor.');
  }
  const fresh = freshNames(graph);
  const raw = fresh(`${name}__raw`);
  // If the file does not state its type, float32 is assumed if there are no other types.
  const isOther = tensor.dtype === undefined ? opset >= CAST_LIKE : tensor.dtype !== 'float32';
  const from = isOther ? fresh(`${name}__float32`) : raw;
  const to = isOther ? fresh(`${name}__changed`) : name;
  const { nodes, parts = [] } = between({ tensor, from, to, raw, fresh });
  const all = isOther
    ? [node('Cast', [raw], from, { to: dtypeNumber('float32') }), ...nodes, back(tensor, to, raw)]
    : nodes;
  const at = producer.block.end;
  const added = { at, end: at, bytes: joined(all), within: [producer.graph] };
  const appended = parts.length > 0 ? field(MODEL.graph, joined(parts)) : new Uint8Array();
  return { edits: [named(producer, place, raw), added], appended };
}

function back({ name, dtype }: OnnxTensor, from: string, raw: string): Uint8Array {
  return dtype === undefined
    ? node('CastLike', [from, raw], name)
    : node('Cast', [from], name, { to: dtypeNumber(dtype) });
}

/**
 * Rejects a tensor without a name, which nothing reads: inserting something after it would have no
 * effect.
 */
function checkRead(where: string, { tensor, node: producer, place }: Computed) {
  if (tensor.role === 'output' || producer.outputs[place]?.name) return;
  throw wrongOption(
    where,
    'a tensor that something in the model reads',
    tensor.name,
    'Steer the tensors that it is computed of, or the next one.',
  );
}

/** Returns a function that makes names that the model does not have yet, each once. */
export function freshNames({
  nodes,
  inputs,
  values,
  weights,
}: OnnxGraph): (name: string) => string {
  const taken = new Set([
    ...inputs.keys(),
    ...values.keys(),
    ...weights,
    ...nodes.flatMap((each) => [...each.inputs, ...each.outputs.map((output) => output.name)]),
  ]);
  return (name) => {
    let free = name;
    for (let i = 1; taken.has(free); i++) free = `${name}_${i}`;
    taken.add(free);
    return free;
  };
}

/**
 * Returns an input of the model that is added to, or replaces, a tensor: float32, with its axes.
 */
export const inputLike = (name: string, shape: OnnxTensor['shape']): Uint8Array =>
  field(
    GRAPH.input,
    valueInfo(
      { name, dtype: 'float32', shape: shape && widthOf(shape) },
      (place) => `${name}_${place}`,
    ),
  );

/** Keeps the last axis, which is the tensor's; all others may be 1, so they vary. */
const widthOf = (shape: readonly (number | null)[]) =>
  shape.map((length, axis) => (axis === shape.length - 1 ? length : null));

/** Returns a float32 tensor as an output of the model. */
export const outputOf = (
  name: string,
  shape: readonly (number | null)[] | undefined,
  dtype: OnnxDtype | undefined = 'float32',
): Uint8Array => field(GRAPH.output, valueInfo({ name, dtype, shape }));
