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

/** A session of onnxruntime. */
export interface OnnxSession {
  /** Names of what it takes. */
  readonly inputNames: readonly string[];
  /** Names of what it gives. */
  readonly outputNames: readonly string[];
  /** What is known of its outputs, in their order. */
  readonly outputMetadata?: readonly {
    readonly name: string;
    readonly isTensor: boolean;
    readonly type?: string;
    readonly shape?: readonly (number | string)[];
  }[];
  /**
   * Runs the model.
   *
   * @param feeds tensors by the names of inputs
   * @param fetches names of outputs; all by default
   */
  run(
    feeds: { readonly [name: string]: OnnxRuntimeTensor },
    fetches?: readonly string[],
  ): Promise<{ readonly [name: string]: OnnxRuntimeTensor }>;
  /** Gives back its memory. */
  release(): Promise<void>;
}

/** What is used of onnxruntime: the module `onnxruntime-web`, or `onnxruntime-node`. */
export interface OnnxRuntime {
  /** Makes tensors. */
  readonly Tensor: new (
    // biome-ignore lint/suspicious/noExplicitAny: onnxruntime's own overloads are one for each type
    type: any,
    // biome-ignore lint/suspicious/noExplicitAny: as above
    data: any,
    dims?: readonly number[],
  ) => OnnxRuntimeTensor;
  /** Makes sessions. */
  readonly InferenceSession: {
    /**
     * Opens a model.
     *
     * @param model its bytes
     * @param options of onnxruntime
     */
    create(model: Uint8Array, options?: object): Promise<OnnxSession>;
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
