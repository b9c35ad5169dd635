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

/** A tensor that is an input of a part of a model, although the whole model computes it. */
export interface GivenTensor {
  readonly name: string;
  readonly dtype: OnnxDtype;
  readonly shape: readonly (number | null)[] | undefined;
}

/** Nodes that contain graphs, which may read any tensor of the graph around them. */
const WITH_GRAPHS = new Set(['If', 'Loop', 'Scan', 'SequenceMap']);

/**
 * Reduces a model to the nodes that some tensors need, which become its outputs: runtimes compute
 * all nodes of a file, whatever is requested. Weights stay in the file; runtimes ignore those that
 * nothing reads. If nodes contain graphs, all nodes stay.
 *
 * @param outputs tensor names; the model's own outputs by default
 * @param given tensors that are inputs instead
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

/** Removes a node, or the description of an output, from the graph. */
const without = ({ block, graph }: { block: Block; graph: Block }): Edit => ({
  at: block.start,
  end: block.end,
  bytes: new Uint8Array(),
  within: [graph],
});

/** Returns the nodes needed for some tensors, given others as inputs. */
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
