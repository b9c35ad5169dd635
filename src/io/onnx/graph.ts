import type { OnnxDtype } from './schema';
import type { Field } from './wire';

/** A message or field within the file, which changes of its length are told to. */
export type Block = Pick<Field, 'number' | 'start' | 'at' | 'end'>;

/** What a node puts out: its name, which may be empty, and the field that says it. */
export interface OnnxOutput {
  readonly name: string;
  readonly field: Block;
}

/** A node of the graph: what it computes of what. */
export interface OnnxNode {
  readonly op: string;
  /** Whose operation it is; empty for ONNX's own. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly OnnxOutput[];
  /** The node itself. */
  readonly block: Block;
  /** The graph that it stands in. */
  readonly graph: Block;
}

/** What the file says of a tensor, as far as it does. */
export interface OnnxValue {
  readonly name: string;
  readonly dtype: OnnxDtype | undefined;
  /** Lengths of its axes, null where one varies; undefined where the file does not say. */
  readonly shape: readonly (number | null)[] | undefined;
  /** The message that says it. */
  readonly block: Block;
  /** The graph that it stands in. */
  readonly graph: Block;
}

/** The graph of a model, of which no weight has been read. */
export interface OnnxGraph {
  /** The version of ONNX's own operations; 0 where none is said. */
  readonly opset: number;
  readonly nodes: readonly OnnxNode[];
  readonly inputs: ReadonlyMap<string, OnnxValue>;
  readonly outputs: ReadonlyMap<string, OnnxValue>;
  /** What is known of hidden tensors. */
  readonly values: ReadonlyMap<string, OnnxValue>;
  /** Names of weights. */
  readonly weights: ReadonlySet<string>;
  /** Files beside the model that hold weights, by their paths in its folder. */
  readonly files: ReadonlySet<string>;
}
