import { unknownTensor } from '../../errors';
import type { OnnxGraph, OnnxNode, OnnxValue } from './graph';
import type { OnnxDtype } from './schema';

/** A tensor of a model's graph. */
export interface OnnxTensor {
  /**
   * Its name. One that the file leaves without a name, as fused nodes do with the sum that they
   * normalise, is called by its node's first output and its place: `/layers.0/norm/output_0:3`.
   */
  readonly name: string;
  /** Whether it goes into the model, comes out of it, or neither. */
  readonly role: 'input' | 'hidden' | 'output';
  /** The operation that computes it, as `LayerNormalization`; empty for an input. */
  readonly op: string;
  /** What its values are; undefined where the file does not say. */
  readonly dtype: OnnxDtype | undefined;
  /** Lengths of its axes, null where one varies; undefined where the file does not say. */
  readonly shape: readonly (number | null)[] | undefined;
}

/** Outputs that onnxruntime's fused nodes may have, and have no name where nothing reads them. */
const UNNAMED: Readonly<Record<string, number>> = {
  SkipLayerNormalization: 3, // the sum of input, skip and bias: the residual stream
  SkipSimplifiedLayerNormalization: 3,
};

/** A tensor that a node computes: which output it is, and its name in the file, if any. */
export interface Computed {
  readonly tensor: OnnxTensor;
  readonly node: OnnxNode;
  readonly place: number;
}

/** All tensors that nodes of the graph itself compute, by name, in the order of the nodes. */
export function computedTensors(graph: OnnxGraph): Map<string, Computed> {
  const computed = new Map<string, Computed>();
  const { outputs, values } = graph;
  const named = new Set(graph.nodes.flatMap((node) => node.outputs.map(({ name }) => name)));
  for (const node of graph.nodes) {
    node.outputs.forEach(({ name }, place) => {
      if (name !== '') {
        const role = outputs.has(name) ? 'output' : 'hidden';
        const tensor = described(name, role, node.op, outputs.get(name) ?? values.get(name));
        computed.set(name, { tensor, node, place });
      }
    });
    const place = Object.hasOwn(UNNAMED, node.op) ? UNNAMED[node.op] : undefined;
    const first = node.outputs[0]?.name;
    if (place === undefined || !first || node.outputs[place]?.name) continue;
    const name = `${first}:${place}`;
    // Of the same type and shape as what is made of it.
    const like = outputs.get(first) ?? values.get(first);
    if (!named.has(name)) {
      computed.set(name, { tensor: described(name, 'hidden', node.op, like), node, place });
    }
  }
  return computed;
}

/** Tensors that go into the model. */
export const inputTensors = ({ inputs, weights }: OnnxGraph): OnnxTensor[] =>
  // Before version 4 of the format weights were inputs, too.
  [...inputs.values()]
    .filter(({ name }) => !weights.has(name))
    .map((value) => described(value.name, 'input', '', value));

const described = (
  name: string,
  role: OnnxTensor['role'],
  op: string,
  value: OnnxValue | undefined,
): OnnxTensor => ({ name, role, op, dtype: value?.dtype, shape: value?.shape });

/** @throws SAE_OPTION for a name that no node computes a tensor of. */
export function computedBy(
  where: string,
  computed: ReadonlyMap<string, Computed>,
  name: unknown,
): Computed {
  const found = typeof name === 'string' ? computed.get(name) : undefined;
  if (found) return found;
  throw unknownTensor(where, name, [...computed.keys()]);
}
