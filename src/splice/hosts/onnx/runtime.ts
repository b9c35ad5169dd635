import { missing } from '../../../errors';

/** A tensor of onnxruntime. */
export interface OnnxRuntimeTensor {
  /** The type of its values. */
  readonly type: string;
  /** Its shape. */
  readonly dims: readonly number[];
  /** Its values, if they are in CPU memory. */
  readonly data: unknown;
  /** Returns its values, wherever they are. */
  getData?(): Promise<unknown>;
  /** Frees GPU memory. */
  dispose?(): void;
}

/** onnxruntime's metadata of an output. */
export interface OnnxOutputMetadata {
  /** Its name. */
  readonly name: string;
  /** Whether it is a tensor, rather than a list or a map. */
  readonly isTensor: boolean;
  /** The type of a tensor's values. */
  readonly type?: string;
  /** The shape of a tensor; names stand for variable lengths. */
  readonly shape?: readonly (number | string)[];
}

/** A session of onnxruntime. */
export interface OnnxSession {
  /** The names of its inputs. */
  readonly inputNames: readonly string[];
  /** The names of its outputs. */
  readonly outputNames: readonly string[];
  /** Metadata of its outputs, in order. */
  readonly outputMetadata?: readonly OnnxOutputMetadata[];
  /**
   * Runs the model.
   *
   * @param feeds tensors by input name
   * @param fetches output names
   */
  run(
    feeds: Readonly<Record<string, OnnxRuntimeTensor>>,
    fetches: readonly string[],
  ): Promise<Readonly<Record<string, OnnxRuntimeTensor>>>;
  /** Frees its memory. */
  release(): Promise<void>;
}

/** The constructor of onnxruntime tensors. */
export interface OnnxTensorMaker {
  /**
   * Creates a tensor.
   *
   * @param type the type of its values
   * @param data its values
   * @param dims its shape
   */
  // biome-ignore lint/suspicious/noExplicitAny: onnxruntime's own has an overload for each type
  new (type: any, data: any, dims?: readonly number[]): OnnxRuntimeTensor;
}

/** The part of onnxruntime that is used: the module `onnxruntime-web`, or `onnxruntime-node`. */
export interface OnnxRuntime {
  /** Makes tensors. */
  readonly Tensor: OnnxTensorMaker;
  /** Creates sessions. */
  readonly InferenceSession: {
    /**
     * Opens a model.
     *
     * @param model its bytes
     * @param how onnxruntime's session options
     */
    create(model: Uint8Array, how?: object): Promise<OnnxSession>;
  };
}

/** The package. Its name is hidden from bundlers, so that pages without it need not install it. */
const PACKAGE = 'onnxruntime-web';

/**
 * Returns onnxruntime: as given, from a page's global `ort`, or from the package.
 *
 * @throws SAE_MISSING if it is not found.
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
