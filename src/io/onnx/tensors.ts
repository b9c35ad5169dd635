import { unknownTensor } from '../../errors';
import type { OnnxGraph, OnnxNode, OnnxValue } from './graph';
import type { OnnxDtype } from './schema';

/** A tensor of a model's graph. */
export interface OnnxTensor {
  /**
   * Its name. A tensor that the file leaves unnamed, such as the sum inside a fused normalization
   * node, is named after its node's first output and its index: `/layers.0/norm/output_0:3`.
   */
  readonly name: string;
  /** Whether it is an input of the model, an output, or neither. */
  readonly role: 'input' | 'hidden' | 'output';
  /** The operation that computes it, such as `LayerNormalization`; empty for an input. */
  readonly op: string;
  /** The type of its values; undefined if the file does not say. */
  readonly dtype: OnnxDtype | undefined;
  /** The lengths of its axes, null for variable ones; undefined if the file does not say. */
  readonly shape: readonly (number | null)[] | undefined;
}

/** Outputs of onnxruntime's fused nodes that may exist, and have no name if nothing reads them. */
const UNNAMED: Readonly<Record<string, number>> = {
  SkipLayerNormalization: 3, // the sum of input, skip and bias: the residual stream
  SkipSimplifiedLayerNormalization: 3,
};

/** A tensor that a node computes: the index of the output, and its name in the file, if any. */
export interface Computed {
  readonly tensor: OnnxTensor;
  readonly node: OnnxNode;
  readonly place: number;
}

/**
 * Returns all tensors computed by nodes of the graph itself, by name, in the order of the nodes.
 */
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
    // Of the same type and shape as the result of normalizing it.
    const like = outputs.get(first) ?? values.get(first);
    if (!named.has(name)) {
      computed.set(name, { tensor: described(name, 'hidden', node.op, like), node, place });
    }
  }
  return computed;
}

/** Returns the inputs of the model. */
export const inputTensors = ({ inputs, weights }: OnnxGraph): OnnxTensor[] =>
  // Before version 4 of the format, weights were inputs too.
  [...inputs.values()]
    .filter(({ name }) => !weights.has(name))
    .map((value) => described(value.name, 'input', '', value));

const described = (
  name: string,
  role: OnnxTensor['role'],
  op: string,
  value: OnnxValue | undefined,
): OnnxTensor => ({ name, role, op, dtype: value?.dtype, shape: value?.shape });

/** @throws SAE_OPTION for a name that is not a tensor computed by a node. */
export function computedBy(
  where: string,
  computed: ReadonlyMap<string, Computed>,
  name: unknown,
): Computed {
  const found = typeof name === 'string' ? computed.get(name) : undefined;
  if (found) return found;
  throw unknownTensor(where, name, [...computed.keys()]);
}
