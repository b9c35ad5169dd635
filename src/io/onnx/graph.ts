import type { OnnxDtype } from './schema';
import type { Field } from './wire';

/** A message or field within the file whose length may change. */
export type Block = Pick<Field, 'number' | 'start' | 'at' | 'end'>;

/** An output of a node: its name, which may be empty, and the field that holds it. */
export interface OnnxOutput {
  readonly name: string;
  readonly field: Block;
}

/** A node of the graph: an operation with its inputs and outputs. */
export interface OnnxNode {
  readonly op: string;
  /** The operation's domain; empty for ONNX's own. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly OnnxOutput[];
  /** The node itself. */
  readonly block: Block;
  /** The graph that contains it. */
  readonly graph: Block;
}

/** What the file states about a tensor. */
export interface OnnxValue {
  readonly name: string;
  readonly dtype: OnnxDtype | undefined;
  /** The lengths of its axes, null for variable ones; undefined if the file does not say. */
  readonly shape: readonly (number | null)[] | undefined;
  /** The message that states it. */
  readonly block: Block;
  /** The graph that contains it. */
  readonly graph: Block;
}

/** The graph of a model, without the values of its weights. */
export interface OnnxGraph {
  /** The version of ONNX's own operations; 0 if none is stated. */
  readonly opset: number;
  readonly nodes: readonly OnnxNode[];
  readonly inputs: ReadonlyMap<string, OnnxValue>;
  readonly outputs: ReadonlyMap<string, OnnxValue>;
  /** What is known about hidden tensors. */
  readonly values: ReadonlyMap<string, OnnxValue>;
  /** The names of weights. */
  readonly weights: ReadonlySet<string>;
  /** Files beside the model that hold weights, by their paths in its folder. */
  readonly files: ReadonlySet<string>;
}
