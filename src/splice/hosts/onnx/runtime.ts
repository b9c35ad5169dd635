import { missing } from '../../../errors';

/** A tensor of onnxruntime. */
export interface OnnxRuntimeTensor {
  /** What its values are. */
  readonly type: string;
  /** Its shape. */
  readonly dims: readonly number[];
  /** Its values, where they are in the processor's memory. */
  readonly data: unknown;
  /** Its values, wherever they are. */
  getData?(): Promise<unknown>;
  /** Gives back memory of a GPU. */
  dispose?(): void;
}

/** What onnxruntime knows of an output. */
export interface OnnxOutputMetadata {
  /** Its name. */
  readonly name: string;
  /** Whether it is a tensor, rather than a list or a map. */
  readonly isTensor: boolean;
  /** What its values are, of a tensor. */
  readonly type?: string;
  /** Its shape, of a tensor; names stand for lengths that vary. */
  readonly shape?: readonly (number | string)[];
}

/** A session of onnxruntime. */
export interface OnnxSession {
  /** Names of what it takes. */
  readonly inputNames: readonly string[];
  /** Names of what it gives. */
  readonly outputNames: readonly string[];
  /** What is known of its outputs, in their order. */
  readonly outputMetadata?: readonly OnnxOutputMetadata[];
  /**
   * Runs the model.
   *
   * @param feeds tensors by the names of inputs
   * @param fetches names of outputs; all by default
   */
  run(
    feeds: Readonly<Record<string, OnnxRuntimeTensor>>,
    fetches?: readonly string[],
  ): Promise<Readonly<Record<string, OnnxRuntimeTensor>>>;
  /** Gives back its memory. */
  release(): Promise<void>;
}

/** What makes tensors of onnxruntime. */
export interface OnnxTensorMaker {
  /**
   * Makes one.
   *
   * @param type what its values are
   * @param data its values
   * @param dims its shape
   */
  // biome-ignore lint/suspicious/noExplicitAny: onnxruntime's own has an overload for each type
  new (type: any, data: any, dims?: readonly number[]): OnnxRuntimeTensor;
}

/** What is used of onnxruntime: the module `onnxruntime-web`, or `onnxruntime-node`. */
export interface OnnxRuntime {
  /** Makes tensors. */
  readonly Tensor: OnnxTensorMaker;
  /** Makes sessions. */
  readonly InferenceSession: {
    /**
     * Opens a model.
     *
     * @param model its bytes
     * @param how onnxruntime's own options
     */
    create(model: Uint8Array, how?: object): Promise<OnnxSession>;
  };
}

/** The package, whose name bundlers of pages are not to see: who has none is not to need one. */
const PACKAGE = 'onnxruntime-web';

/**
 * onnxruntime as it is found: given, as a page's global `ort`, or as the package.
 *
 * @throws SAE_MISSING where it is nowhere.
 */
export async function runtimeOf(
  where: string,
  given: OnnxRuntime | undefined,
): Promise<OnnxRuntime> {
  const found = given ?? (globalThis as { ort?: OnnxRuntime }).ort;
  if (found) return found;
  try {
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ PACKAGE)) as OnnxRuntime;
  } catch {
    const advice = `Run npm install ${PACKAGE}, and in a page give it as the option ort.`;
    throw missing(where, `the package ${PACKAGE}`, advice);
  }
}
