import { badContent } from '../../errors';
import { isObject } from './carryClass';
import type { JsonObject } from './layerTable';

/** A tensor: its layer's name, the number of the layer's call, and its index among the results. */
export type Inbound = readonly [layer: string, call: number, tensor: number];

/** The calls of a functional model's layers, numbered as in tfjs. */
export interface Graph {
  readonly names: readonly string[];
  /** Whether a layer is itself a model, whose call 0 is its creation. */
  readonly isModel: ReadonlyMap<string, boolean>;
  /** The input tensors of each call of each layer. */
  readonly nodes: readonly (readonly (readonly Inbound[])[])[];
  readonly inputs: readonly Inbound[];
  readonly outputs: readonly Inbound[];
}

/** A graph with its layers in the order in which they are first called. */
export interface OrderedGraph extends Graph {
  /** Indices of `names`. */
  readonly order: readonly number[];
}

/** What tfjs accepts as part of a variable's name. */
const NAME = /^[A-Za-z0-9][-A-Za-z0-9._]*$/;

/**
 * Returns the names of a model's layers.
 *
 * @throws SAE_FILE if two are equal, or tfjs does not accept one.
 */
export function layerNames(where: string, layers: readonly JsonObject[]): readonly string[] {
  const names = new Set<string>();
  for (const { config } of layers) {
    const name = isObject(config) ? config['name'] : undefined;
    if (typeof name !== 'string' || !NAME.test(name)) {
      const expected = 'names of layers in letters, digits and . _ -, a letter or digit first';
      throw badContent(expected, `${JSON.stringify(name ?? null)} in ${where}`, RENAME);
    }
    // tfjs looks names up in plain objects, which have names of their own.
    if (name in {}) {
      const received = `"${name}" in ${where}, which JavaScript's objects have themselves`;
      throw badContent('names of layers that tfjs can look up', received, RENAME);
    }
    if (names.has(name)) {
      const advice = 'Rename one of them, and save the model again.';
      throw badContent(`layers of different names in ${where}`, `two of "${name}"`, advice);
    }
    names.add(name);
  }
  return [...names];
}

const RENAME = 'Rename the layer, and save the model again.';

/**
 * Returns the same graph with each layer's calls in the order in which tfjs makes them.
 *
 * tfjs goes over the layers repeatedly and makes every call whose inputs exist; a call that has to
 * wait comes after later ones, and would get their number. If one waits for something that never
 * comes, tfjs does not terminate.
 *
 * @throws SAE_FILE if a tensor has no origin, or depends on itself.
 */
export function inOrderOfMaking(where: string, graph: Graph): OrderedGraph {
  const { names, isModel, nodes, inputs, outputs } = graph;
  // The number of each call: a model's creation is its call 0, and so is an input's only call.
  const numbers = new Map<string, Map<number, number>>(
    names.map((name, i) => [name, new Map(isMade(name, i) ? [[0, 0]] : [])]),
  );
  const numberOf = ([name, call]: Inbound) => numbers.get(name)?.get(call);
  const isThere = (from: Inbound) => from[2] >= 0 && numberOf(from) !== undefined;
  const made = names.map((): Inbound[][] => []);
  const order = new Set([...names.keys()].filter((i) => (nodes[i] ?? []).length === 0));
  let waiting = names.flatMap((name, layer) =>
    (nodes[layer] ?? []).map((from, i) => ({
      name,
      layer,
      from,
      call: i + (isModel.get(name) ? 1 : 0),
    })),
  );
  for (let before = Number.POSITIVE_INFINITY; waiting.length < before; ) {
    before = waiting.length;
    waiting = waiting.filter(({ name, layer, from, call }) => {
      if (!from.every(isThere)) return true;
      const own = numbers.get(name) as Map<number, number>;
      (made[layer] as Inbound[][]).push(from.map(renumbered));
      own.set(call, own.size);
      order.add(layer);
      return false;
    });
  }
  const lost = waiting[0]?.name ?? [...inputs, ...outputs].find((end) => !isThere(end))?.[0];
  if (lost !== undefined || outputs.length === 0) {
    const received = lost === undefined ? 'none' : `no way from the inputs to "${lost}"`;
    throw badContent(`a graph of layers in ${where}`, received, 'Save it again with Keras 3.');
  }
  return {
    ...graph,
    order: [...order],
    nodes: made,
    inputs: inputs.map(renumbered),
    outputs: outputs.map(renumbered),
  };

  function isMade(name: string, layer: number): boolean {
    return isModel.get(name) === true || (nodes[layer] ?? []).length === 0;
  }

  function renumbered(from: Inbound): Inbound {
    return [from[0], numberOf(from) as number, from[2]];
  }
}
