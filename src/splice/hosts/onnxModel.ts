import * as tf from '@tensorflow/tfjs-core';
import { disposedModel, namingFile, noHiddenLayer, wrongOnnxInputs } from '../../errors';
import { type Openable, withSource } from '../../io/bytes/source';
import { cut, type GivenTensor } from '../../io/onnx/cut';
import { isBlob } from '../../io/onnx/edits';
import type { OnnxGraph } from '../../io/onnx/graph';
import { readGraph } from '../../io/onnx/readGraph';
import { computedTensors, inputTensors, type OnnxTensor } from '../../io/onnx/tensors';
import { checkOptions, type Rules } from '../../options';
import { isObject } from '../../plainData';
import type { EditAt, HiddenLayer, Host, ModelInputs } from '../host';
import { checkedEdit } from './checkedEdit';
import { allBytes, externalData } from './onnx/files';
import {
  type OnnxRuntime,
  type OnnxRuntimeTensor,
  type OnnxSession,
  runtimeOf,
} from './onnx/runtime';
import { OnnxSessions } from './onnx/sessions';
import { fromOnnx, toOnnx } from './onnx/tensors';
import { owned } from './owned';

/** Options of {@link onnxModel}. */
export interface OnnxModelArgs {
  /**
   * onnxruntime: the module `onnxruntime-web`, or `onnxruntime-node`. By default a page's global
   * `ort`, and in Node the package `onnxruntime-web`, if it is installed.
   */
  ort?: OnnxRuntime;
  /**
   * Options of onnxruntime's sessions, such as `executionProviders`; onnxruntime's own by default.
   */
  session?: object;
  /**
   * Files beside the model that hold its weights, by the paths that the model refers to. For a
   * model given as a path or address they are found automatically; none by default.
   */
  files?: Readonly<Record<string, Openable>>;
}

const anObject = (expected: string) => ({
  expected,
  accepts: isObject,
});

const RULES: Rules<OnnxModelArgs> = {
  ort: {
    expected: 'the module onnxruntime-web',
    accepts: (v) =>
      v === undefined ||
      typeof (v as Partial<OnnxRuntime> | null)?.InferenceSession?.create === 'function',
    fallback: undefined as unknown as OnnxRuntime,
    advice: 'Give what import * as ort from "onnxruntime-web" gives.',
  },
  session: { ...anObject('an object of options of InferenceSession.create'), fallback: {} },
  files: { ...anObject('an object of files by their paths'), fallback: {} },
};

/** Operations whose results are not floats, for files that do not declare types. */
const NO_FLOATS = new Set([
  ...['Constant', 'ConstantOfShape', 'Shape', 'Size', 'Range', 'NonZero', 'ArgMax', 'ArgMin'],
  ...['Equal', 'Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual', 'And', 'Or', 'Not', 'Xor'],
  ...['IsNaN', 'IsInf', 'OneHot', 'TopK', 'DynamicQuantizeLinear', 'QuantizeLinear'],
  ...['MatMulInteger', 'ConvInteger', 'QLinearMatMul', 'QLinearConv'],
]);
const FLOATS: readonly (string | undefined)[] = ['float16', 'bfloat16', 'float32', 'float64'];

/**
 * Returns whether a length is known; for a variable axis onnxruntime has a name, or possibly −1.
 */
const isLength = (length: number | string): length is number =>
  typeof length === 'number' && length >= 0 && length < 2 ** 31 - 1;

/** An ONNX model, run by onnxruntime, whose hidden tensors can be captured and edited. */
export class OnnxModel implements Host {
  /** How errors refer to it. */
  readonly name = 'the ONNX model';
  private isDisposed = false;
  private readonly tensors: ReadonlyMap<string, OnnxTensor>;
  private readonly inputs: readonly OnnxTensor[];
  /** Types and shapes found by onnxruntime, where the file does not declare them. */
  private readonly found = new Map<string, Pick<OnnxTensor, 'dtype' | 'shape'>>();

  /**
   * Called by {@link onnxModel}.
   *
   * @param graph the file's graph
   * @param runtime onnxruntime
   * @param sessions the file's sessions
   */
  constructor(
    private readonly graph: OnnxGraph,
    private readonly runtime: OnnxRuntime,
    private readonly sessions: OnnxSessions,
  ) {
    const computed = [...computedTensors(graph)];
    this.tensors = new Map(computed.map(([name, { tensor }]) => [name, tensor]));
    this.inputs = inputTensors(graph);
  }

  /** Names of the outputs, in the order in which {@link run} gives them. */
  get outputNames(): readonly string[] {
    return [...this.graph.outputs.keys()];
  }

  /**
   * Returns what can be captured and edited: tensors computed by nodes, unless they are known not
   * to be floats. A shape that the file does not declare is known once the layer has been captured.
   *
   * @returns layers in the order of the graph's nodes
   */
  layers(): readonly HiddenLayer[] {
    return [...this.tensors.values()]
      .filter(({ dtype, op }) => (dtype ? FLOATS.includes(dtype) : !NO_FLOATS.has(op)))
      .map(({ name, op, shape }) => ({
        name,
        kind: op,
        shape: shape ?? this.found.get(name)?.shape,
      }));
  }

  /**
   * Throws for layers that do not exist.
   *
   * @param layers tensor names
   * @throws SAE_OPTION
   */
  check(layers: readonly string[]): void {
    for (const layer of layers) {
      if (this.tensors.has(layer)) continue;
      const names = this.layers().map(({ name }) => name);
      throw noHiddenLayer(this.name, layer, names);
    }
  }

  /**
   * Returns hidden tensors of a batch. Only the nodes that they need are computed.
   *
   * @param inputs tensors, which remain the caller's: int32 for tokens and masks of int64
   * @param layers tensor names
   * @returns in the order of `layers`; the caller disposes them.
   * @throws SAE_OPTION for a layer that does not exist, or inputs that do not fit the model.
   */
  async capture(inputs: ModelInputs, layers: readonly string[]): Promise<tf.Tensor[]> {
    this.check(layers);
    const unique = [...new Set(layers)];
    const feeds = await this.feeds(inputs);
    const captured = await this.sessions.alone(() => this.upTo(feeds, unique));
    return owned(
      layers.map((layer) => captured[unique.indexOf(layer)] as tf.Tensor),
      inputs,
    );
  }

  /**
   * Returns the model's outputs. With an edit, the model runs in two parts, up to the layer and
   * from it on; an edit that changes nothing changes the outputs by rounding at most.
   *
   * @param inputs tensors, which remain the caller's
   * @param at the edit
   * @returns the caller disposes them.
   * @throws SAE_OPTION for a layer that does not exist, or inputs that do not fit the model;
   *   whatever the edit throws.
   */
  async run(inputs: ModelInputs, at?: EditAt): Promise<tf.Tensor[]> {
    if (at) this.check([at.layer]);
    const feeds = await this.feeds(inputs);
    const names = this.outputNames;
    return this.sessions.alone(async () => {
      if (at === undefined) {
        return this.results(await this.sessions.of('whole', ''), feeds, names);
      }
      const [hidden] = (await this.upTo(feeds, [at.layer])) as [tf.Tensor];
      const edited: tf.Tensor[] = [];
      try {
        edited.push(tf.tidy(() => checkedEdit(this.name, at)(hidden)));
        return await this.from(feeds, at.layer, edited[0] as tf.Tensor);
      } finally {
        tf.dispose([...new Set([hidden, ...edited])]);
      }
    });
  }

  /** Frees the sessions' memory. The model cannot be used afterwards. */
  async dispose(): Promise<void> {
    this.isDisposed = true;
    await this.sessions.release();
  }

  /** Returns tensors in onnxruntime's form, by input name. */
  private async feeds(inputs: ModelInputs): Promise<Record<string, OnnxRuntimeTensor>> {
    if (this.isDisposed) throw disposedModel(this.name);
    const names = this.inputs.map(({ name }) => name);
    const list = inputs instanceof tf.Tensor ? [inputs] : inputs;
    const given = new Map(
      Array.isArray(list)
        ? list.map((tensor, i) => [names[i] ?? `${i}`, tensor] as const)
        : Object.entries(list),
    );
    const isAll = given.size === names.length && names.every((name) => given.has(name));
    if (!isAll) throw wrongOnnxInputs(this.name, names, [...given.keys()]);
    const feeds: Record<string, OnnxRuntimeTensor> = Object.create(null);
    for (const { name, dtype } of this.inputs) {
      const tensor = given.get(name) as tf.Tensor;
      feeds[name] = await toOnnx(this.runtime, this.name, name, tensor, dtype ?? tensor.dtype);
    }
    return feeds;
  }

  /** Returns layers of a batch, by the part of the model that they need. */
  private async upTo(
    feeds: Readonly<Record<string, OnnxRuntimeTensor>>,
    layers: readonly string[],
  ): Promise<tf.Tensor[]> {
    const session = await this.sessions.of('up to', JSON.stringify(layers), (graph) =>
      cut(this.name, graph, layers),
    );
    for (const { name, type, shape } of session.outputMetadata ?? []) {
      const dtype = type as OnnxTensor['dtype'];
      const axes = shape?.map((length) => (isLength(length) ? length : null));
      this.found.set(name, { dtype, shape: axes });
    }
    return this.results(session, feeds, layers);
  }

  /** Returns the model's outputs, given a layer. */
  private async from(
    feeds: Readonly<Record<string, OnnxRuntimeTensor>>,
    layer: string,
    hidden: tf.Tensor,
  ): Promise<tf.Tensor[]> {
    const names = this.outputNames;
    const others = names.filter((name) => name !== layer);
    const known = this.tensors.get(layer) as OnnxTensor;
    const dtype = known.dtype ?? this.found.get(layer)?.dtype ?? 'float32';
    const shape = known.shape ?? this.found.get(layer)?.shape ?? hidden.shape.map(() => null);
    const computed =
      others.length === 0
        ? []
        : await this.continued(feeds, { name: layer, dtype, shape }, others, hidden);
    return names.map((name) =>
      name === layer ? tf.clone(hidden) : (computed[others.indexOf(name)] as tf.Tensor),
    );
  }

  private async continued(
    feeds: Readonly<Record<string, OnnxRuntimeTensor>>,
    layer: GivenTensor,
    outputs: readonly string[],
    hidden: tf.Tensor,
  ): Promise<tf.Tensor[]> {
    const { name, dtype } = layer;
    const session = await this.sessions.of('from', name, (graph) =>
      cut(this.name, graph, outputs, [layer]),
    );
    const given = await toOnnx(this.runtime, this.name, name, hidden, dtype);
    return this.results(session, { ...feeds, [name]: given }, outputs);
  }

  private async results(
    session: OnnxSession,
    feeds: Readonly<Record<string, OnnxRuntimeTensor>>,
    names: readonly string[],
  ): Promise<tf.Tensor[]> {
    const results = await session.run(feeds, names);
    const tensors: tf.Tensor[] = [];
    try {
      for (const name of names) {
        tensors.push(await fromOnnx(this.name, name, results[name] as OnnxRuntimeTensor));
      }
      return tensors;
    } catch (error) {
      tf.dispose(tensors);
      throw error;
    }
  }
}

/**
 * Opens an ONNX model, so that its hidden tensors can be captured, trained on, spliced and measured
 * like those of a tfjs model. onnxruntime computes it on the CPU, WebGPU or WebNN, depending on
 * `session`.
 *
 * Sessions are created when they are first needed, for a part of the model: up to the captured
 * layers, or from an edited layer on. The weights of the parts in use are in memory besides the
 * file.
 *
 * @param onnx the model: a path in Node, a URL, a Blob or bytes
 * @param args `ort`, required in pages that bundle it; `session`; `files` beside the model
 * @returns the model; the caller disposes it.
 * @throws SAE_FILE for a file that is missing, damaged or not ONNX; SAE_MISSING if onnxruntime is
 *   not found; SAE_OPTION for a wrong option.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { onnxModel } from 'gated-sae-tfjs';
 * import * as ort from 'onnxruntime-web';
 * const model = await onnxModel('test/io/onnx/fixtures/mlp.onnx', { ort });
 * const x = tf.randomNormal([4, 8]);
 * const [hidden] = await model.capture(x, ['relu']);
 * const [y] = await model.run(x, { layer: 'relu', edit: (h) => tf.mul(h, 2) });
 * console.log(hidden?.shape, y?.shape); // [4, 16] [4, 3]
 * await model.dispose();
 * ```
 */
export async function onnxModel(onnx: Openable, args: OnnxModelArgs = {}): Promise<OnnxModel> {
  const where = 'onnxModel';
  const { ort, session, files } = checkOptions<OnnxModelArgs>(where, RULES, args);
  const model = isBlob(onnx) ? onnx : await allBytes(onnx);
  const name = typeof onnx === 'string' || onnx instanceof URL ? `${onnx}` : 'the file';
  const graph = await namingFile(name, () => withSource(model, readGraph));
  const external = await externalData(onnx, graph.files, files);
  const runtime = await runtimeOf(where, ort);
  const sessions = new OnnxSessions('the ONNX model', model, runtime, session, external);
  return new OnnxModel(graph, runtime, sessions);
}
