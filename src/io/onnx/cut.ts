import { joined } from '../../bytes';
import { freshNames } from './behind';
import type { Changes, Edit } from './edits';
import { exposing } from './exposeTensors';
import type { Block, OnnxGraph, OnnxNode } from './graph';
import { field } from './message';
import { named } from './named';
import { GRAPH, MODEL, type OnnxDtype } from './schema';
import { computedTensors } from './tensors';
import { valueInfo } from './values';

/** A tensor that goes into a part of a model, though the whole model computes it. */
export interface GivenTensor {
  readonly name: string;
  readonly dtype: OnnxDtype;
  readonly shape: readonly (number | null)[] | undefined;
}

/** Nodes that hold graphs of their own, which may read any tensor of the one around them. */
const WITH_GRAPHS = new Set(['If', 'Loop', 'Scan', 'SequenceMap']);

/**
 * A model cut down to the nodes that some tensors need, which become its outputs: runtimes compute all nodes
 * that a file has, whatever is asked for. Weights stay in the file; runtimes leave out those that nothing
 * reads. Where nodes hold graphs of their own, all nodes stay.
 *
 * @param outputs names of tensors; the model's own outputs by default
 * @param given tensors that come from outside instead
 * @throws SAE_OPTION for a name that no tensor has.
 */
export function cut(
  where: string,
  graph: OnnxGraph,
  outputs: readonly string[] = [...graph.outputs.keys()],
  given: readonly GivenTensor[] = [],
): Changes {
  const { edits, appended } = exposing(where, graph, outputs);
  const computed = computedTensors(graph);
  const outside = new Set(given.map(({ name }) => name));
  const wanted = outputs.flatMap((name) => computed.get(name)?.node ?? []);
  const needed = neededFor(graph, wanted, outside);
  const fresh = freshNames(graph);
  const renamed = [...outside].flatMap((name) => {
    const found = computed.get(name);
    if (!found || !needed.has(found.node)) return [];
    return [named(found.node, found.place, fresh(`${name}__raw`))];
  });
  const dropped = [
    ...graph.nodes.filter((node) => !needed.has(node)),
    ...[...graph.outputs.values()].filter(({ name }) => !outputs.includes(name)),
  ];
  const inputs = given.map((tensor) =>
    field(
      GRAPH.input,
      valueInfo(tensor, (place) => `${tensor.name}_${place}`),
    ),
  );
  return {
    edits: [...edits, ...renamed, ...dropped.map(without)],
    appended: joined([
      appended,
      ...(inputs.length > 0 ? [field(MODEL.graph, joined(inputs))] : []),
    ]),
  };
}

/** Takes a node, or the description of an output, out of the graph. */
const without = ({ block, graph }: { block: Block; graph: Block }): Edit => ({
  at: block.start,
  end: block.end,
  bytes: new Uint8Array(),
  within: [graph],
});

/** Some nodes and all that they need, where some tensors come from outside. */
function neededFor(
  { nodes }: OnnxGraph,
  of: readonly OnnxNode[],
  outside: ReadonlySet<string>,
): Set<OnnxNode> {
  if (nodes.some(({ op }) => WITH_GRAPHS.has(op))) return new Set(nodes);
  const producers = new Map<string, OnnxNode>();
  for (const node of nodes) {
    for (const { name } of node.outputs) if (name !== '') producers.set(name, node);
  }
  const needed = new Set<OnnxNode>();
  const wanted = [...of];
  for (let node = wanted.pop(); node !== undefined; node = wanted.pop()) {
    if (needed.has(node)) continue;
    needed.add(node);
    for (const name of node.inputs) {
      const producer = outside.has(name) ? undefined : producers.get(name);
      if (producer) wanted.push(producer);
    }
  }
  return needed;
}
