import * as tf from '@tensorflow/tfjs-core';
import { noHiddenLayer } from '../../errors';
import type { EditAt, HiddenLayer, Host, ModelInputs } from '../host';
import { checkedEdit } from './checkedEdit';
import { owned } from './owned';

/**
 * The part of a `tf.GraphModel` that is used here; only programs that have one load its package.
 */
export interface GraphModelLike {
  /** Its inputs, in order. */
  readonly inputs: readonly GraphInput[];
  /** The names of its outputs. */
  readonly outputNodes: string[];
  /**
   * Runs a part of the graph synchronously.
   *
   * @param inputs tensors, or tensors by node name
   * @param outputs the nodes to compute
   */
  execute(inputs: ModelInputs, outputs?: string | string[]): tf.Tensor | tf.Tensor[];
  /**
   * Runs a part of a graph with branches and loops.
   *
   * @param inputs tensors, or tensors by node name
   * @param outputs the nodes to compute
   */
  executeAsync(inputs: ModelInputs, outputs?: string | string[]): Promise<tf.Tensor | tf.Tensor[]>;
}

/** An input of a graph. */
export interface GraphInput {
  /** The name of its node. */
  readonly name: string;
}

/** What the graph records of an operation. */
interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly GraphNode[];
  readonly attrParams?: Readonly<Record<string, { readonly value?: unknown }>>;
}

/** Nodes of a graph that compute nothing. */
const NOT_COMPUTED = new Set(['Placeholder', 'Const', 'NoOp', 'PlaceholderWithDefault']);

/**
 * A `tf.GraphModel` as a host: its layers are the nodes of its graph, by name. An edit takes two
 * executions that meet at the node: up to it, and from it on.
 */
export class GraphModelHost implements Host {
  readonly name = 'the GraphModel';
  private readonly nodes: ReadonlyMap<string, GraphNode>;
  private readonly isDynamic: boolean;

  constructor(private readonly model: GraphModelLike) {
    const { executor } = model as unknown as {
      executor: { graph: { nodes: Readonly<Record<string, GraphNode>> } };
    };
    const computed = Object.values(executor.graph.nodes).filter(({ op }) => !NOT_COMPUTED.has(op));
    this.nodes = new Map(computed.map((node) => [node.name, node]));
    this.isDynamic = computed.some(({ op }) => DYNAMIC.has(op));
  }

  layers(): readonly HiddenLayer[] {
    return [...this.nodes.values()].map(({ name, op }) => ({ name, kind: op, shape: undefined }));
  }

  async capture(inputs: ModelInputs, layers: readonly string[]): Promise<tf.Tensor[]> {
    this.check(layers);
    const unique = [...new Set(layers)];
    const values = await this.execute(inputs, unique);
    return owned(
      layers.map((layer) => values[unique.indexOf(layer)] as tf.Tensor),
      inputs,
    );
  }

  async run(inputs: ModelInputs, at?: EditAt): Promise<tf.Tensor[]> {
    const { outputNodes } = this.model;
    if (at === undefined) return this.execute(inputs, outputNodes);
    const [hidden] = (await this.capture(inputs, [at.layer])) as [tf.Tensor];
    const edited = tf.tidy(() => checkedEdit(this.name, at)(hidden));
    try {
      return await this.execute({ ...this.byName(inputs), [at.layer]: edited }, outputNodes);
    } finally {
      tf.dispose([hidden, edited]);
    }
  }

  forward(inputs: ModelInputs, at?: EditAt): tf.Tensor[] {
    const { model } = this;
    if (at === undefined) return listOf(model.execute(inputs, model.outputNodes));
    this.check([at.layer]);
    const hidden = model.execute(inputs, at.layer) as tf.Tensor;
    const edited = checkedEdit(this.name, at)(hidden);
    return listOf(model.execute({ ...this.byName(inputs), [at.layer]: edited }, model.outputNodes));
  }

  outputActivation(head: number): string | undefined {
    const [name] = this.model.outputNodes[head]?.split(':') ?? [];
    let node = name === undefined ? undefined : this.nodes.get(name);
    // What a function returns passes through nodes that do nothing.
    while (node?.op === 'Identity') [node] = node.inputs;
    if (node?.op === '_FusedMatMul') {
      const fused = node.attrParams?.['fusedOps']?.value;
      return String(fused) === 'biasadd' ? 'linear' : undefined;
    }
    return node && ACTIVATIONS[node.op];
  }

  check(layers: readonly string[]): void {
    const unknown = layers.find((layer) => !this.nodes.has(layer));
    if (unknown !== undefined) throw noHiddenLayer(this.name, unknown, [...this.nodes.keys()]);
  }

  private byName(inputs: ModelInputs): tf.NamedTensorMap {
    if (!Array.isArray(inputs) && !(inputs instanceof tf.Tensor)) return inputs;
    const list = Array.isArray(inputs) ? inputs : [inputs];
    const names = this.model.inputs.map(({ name }) => name);
    return Object.fromEntries(list.map((tensor, i) => [names[i] as string, tensor]));
  }

  /**
   * Runs the graph. Some operations of graphs with branches and loops run only in `executeAsync`,
   * which awaits the values that it reads.
   */
  private async execute(inputs: ModelInputs, outputs: string[]): Promise<tf.Tensor[]> {
    const run = this.isDynamic ? 'executeAsync' : 'execute';
    return listOf(await this.model[run](inputs, outputs));
  }
}

/** The activation that corresponds to an output's operation. */
const ACTIVATIONS: Readonly<Record<string, string>> = {
  Softmax: 'softmax',
  Sigmoid: 'sigmoid',
  MatMul: 'linear',
  BiasAdd: 'linear',
};

/** Operations that `execute` refuses. */
const DYNAMIC = new Set([
  ...['Switch', 'Merge', 'Enter', 'Exit', 'NextIteration', 'StatelessIf', 'StatelessWhile'],
  ...[
    'if',
    'While',
    'If',
    'NonMaxSuppressionV2',
    'NonMaxSuppressionV3',
    'NonMaxSuppressionV5',
    'Where',
  ],
]);

const listOf = (outputs: tf.Tensor | tf.Tensor[]): tf.Tensor[] =>
  Array.isArray(outputs) ? outputs : [outputs];
