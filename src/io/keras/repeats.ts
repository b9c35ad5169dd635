import type { layers } from '@tensorflow/tfjs-layers';
import type { Graph, Inbound } from './graph';
import { keyOf } from './kerasTensors';
import type { JsonObject } from './layerTable';

/** The suffix of these layers' names, after the name of the layer before. */
const AGAIN = '_again';
const CLASS = 'Activation';

/** Returns whether a layer only stands for a tensor that is used, or output, once more. */
export const isRepeat = (layer: layers.Layer): boolean =>
  layer.getClassName() === CLASS && new RegExp(`${AGAIN}(_\\d+)?$`).test(layer.name);

/**
 * A graph in which no tensor occurs twice where tfjs would lose count, with the layers added for
 * that.
 */
export interface WithoutRepeats extends Graph {
  /** Layers that pass their input on, after the others. */
  readonly again: readonly JsonObject[];
}

/**
 * Uses the first state of recurrent layers as their output, if a graph has both: tfjs has one
 * tensor for the two, and frees it when either has been used.
 *
 * @param lastOnly the names of layers that output their last step, and then their states
 */
export function withoutTwins(graph: Graph, lastOnly: ReadonlySet<string>): Graph {
  const ends = [...graph.nodes.flat(2), ...graph.outputs];
  const both = new Set(ends.filter(([, , tensor]) => tensor === 0).map(keyOf));
  const one = (end: Inbound): Inbound => {
    const [name, call, tensor] = end;
    const output: Inbound = [name, call, 0];
    return tensor === 1 && lastOnly.has(name) && both.has(keyOf(output)) ? output : end;
  };
  const nodes = graph.nodes.map((calls) => calls.map((call) => call.map(one)));
  return { ...graph, nodes, outputs: graph.outputs.map(one) };
}

/**
 * Adds an identity layer for each further time that a tensor is an output of a model, since tfjs's
 * predict returns a result only for the first. The same is done if a layer takes a tensor more than
 * once that others take as well: tfjs counts each time as another layer, and frees the tensor too
 * early.
 */
export function withoutRepeats(graph: Graph): WithoutRepeats {
  const names = [...graph.names];
  const taken = new Set(names);
  const copies = new Map<string, Inbound>();
  const sources: Inbound[] = [];
  const takers = new Map<string, number>();
  for (const call of graph.nodes.flat()) {
    for (const key of new Set(call.map(keyOf))) takers.set(key, (takers.get(key) ?? 0) + 1);
  }

  /** Returns the tensor for its first time, otherwise that of a layer after it. */
  function copy(tensor: Inbound, time: number): Inbound {
    if (time === 0) return tensor;
    const key = `${keyOf(tensor)} ${time}`;
    const known = copies.get(key);
    if (known !== undefined) return known;
    let name = `${tensor[0]}${AGAIN}`;
    for (let i = 2; taken.has(name); i++) name = `${tensor[0]}${AGAIN}_${i}`;
    taken.add(name);
    names.push(name);
    sources.push(tensor);
    const made: Inbound = [name, 0, 0];
    copies.set(key, made);
    return made;
  }

  const each = (tensors: readonly Inbound[], isOnce: (key: string) => boolean): Inbound[] => {
    const times = new Map<string, number>();
    return tensors.map((tensor) => {
      const key = keyOf(tensor);
      const time = times.get(key) ?? 0;
      times.set(key, time + 1);
      return isOnce(key) ? copy(tensor, time) : tensor;
    });
  };

  // Inputs and outputs are never freed.
  const ends = new Set([...graph.inputs, ...graph.outputs].map(keyOf));
  const isShared = (key: string) => !ends.has(key) && (takers.get(key) ?? 0) > 1;
  const nodes = graph.nodes.map((calls) => calls.map((call) => each(call, isShared)));
  const outputs = each(graph.outputs, () => true);
  const again = names.slice(graph.names.length).map((name) => ({
    class_name: CLASS,
    config: { name, activation: 'linear' },
  }));
  return { ...graph, names, nodes: [...nodes, ...sources.map((from) => [[from]])], outputs, again };
}
