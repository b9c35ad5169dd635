import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers';
import { joined } from '../../bytes';
import { missing, wrongOption } from '../../errors';
import { assertModel } from '../../models/givenModel';
import { nodeModule } from '../../nodeModule';
import { checkOptions, flag, oneOf, optional, type Rules } from '../../options';
import { SOURCE_RULES, type SourceOptions } from '../bytes/source';
import { saveAt } from '../files/saveFile';
import { decodeArtifacts, type LoadOptions } from './decode';
import { encodeArtifacts, type SaveOptions } from './encode';
import { type KerasOpenable, withKerasSource } from './kerasSource';
import type { KerasDtype } from './toKeras';

/** Options of {@link kerasArchive}, {@link decodeKeras} and {@link encodeKeras}. */
export interface KerasOptions {
  /** Whether to accept weights that are NaN or infinite; false by default. */
  allowNonFinite?: boolean;
  /**
   * Whether to include the optimizer with its state. By default it is included if training can
   * continue exactly, and otherwise a warning says why not; true makes that an error.
   */
  includeOptimizer?: boolean;
  /** The type that Keras will compute in, when saving; `'float32'` by default. */
  dtype?: KerasDtype;
}

/** Options of {@link kerasArchive}: also how to request a file from an address. */
export interface KerasArchiveOptions extends KerasOptions, SourceOptions {}

const RULES: Rules<KerasOptions> = {
  allowNonFinite: flag(false),
  includeOptimizer: optional(flag()),
  dtype: oneOf<KerasDtype>(['float16', 'bfloat16', 'float32', 'float64'], 'float32'),
};

type Checked = LoadOptions & SaveOptions;

/** @throws SAE_OPTION */
export function checkKerasOptions(
  where: string,
  given: KerasOptions,
  warn: Checked['warn'] = (sentence) => console.warn(sentence),
): Checked {
  const { allowNonFinite, includeOptimizer, dtype } = checkOptions<KerasOptions>(
    where,
    RULES,
    given,
  );
  return { allowNonFinite, includeOptimizer, dtype, warn };
}

/** Checks options that include those of a source. @throws SAE_OPTION */
export function checkArchiveOptions(
  where: string,
  given: KerasArchiveOptions,
): { checked: Checked; http: SourceOptions } {
  const { requestInit, fetchFunc, onProgress, ...keras } = checkOptions<KerasArchiveOptions>(
    where,
    { ...RULES, ...SOURCE_RULES },
    given,
  );
  return {
    checked: checkKerasOptions(where, keras),
    http: { requestInit, fetchFunc, onProgress },
  };
}

/**
 * Returns a handler that loads and saves models as `.keras` files, the format of Keras 3, without
 * Python.
 *
 * It opens what Keras 3.3 and newer save of a `GatedSAE` from gated-sae-tf, a `ReluSAE`, a
 * `TopKSAE`, a `JumpReLUSAE`, and any Sequential or functional model whose layers tfjs-layers
 * computes like Keras; and it writes files that `keras.saving.load_model` opens. The optimizer's
 * state is included: training continues on the other side as if it had not stopped. No code from a
 * file is ever executed.
 *
 * @param source to load: a path (in Node), an address, a `Blob` or `File`, bytes; or a folder that
 *   Keras saved with `zipped=False`, see {@link KerasOpenable}. To save: a path in Node; in a page
 *   the name of the download.
 * @param options whether to include the optimizer, the type that Keras will compute in, and how to
 *   request a file from an address; every option has a default
 * @returns a value that `tf.loadLayersModel` and `model.save` take in place of a URL. Its `load`
 *   and `save` throw SAE_FILE for a file that is missing, damaged or of another kind,
 *   SAE_UNSUPPORTED for a model that the other side would compute differently, SAE_NOT_FINITE for
 *   weights that are NaN.
 * @throws SAE_OPTION for an unknown option or a wrong value.
 * @example
 * ```ts
 * import { tmpdir } from 'node:os';
 * import * as tf from '@tensorflow/tfjs';
 * import { GatedSAE, kerasArchive } from 'gated-sae-tfjs';
 * const sae = new GatedSAE({ inputDim: 8, encodingDim: 32 });
 * await sae.save(kerasArchive(`${tmpdir()}/sae.keras`));
 * const same = await tf.loadLayersModel(kerasArchive(`${tmpdir()}/sae.keras`));
 * console.log(same instanceof GatedSAE); // true
 * ```
 */
export function kerasArchive(
  source: KerasOpenable,
  options: KerasArchiveOptions = {},
): Required<tf.io.IOHandler> {
  const { checked, http } = checkArchiveOptions('kerasArchive', options);
  return {
    load: () => withKerasSource(source, (opened) => decodeArtifacts(opened, checked), http),
    save: async (artifacts) => {
      if (typeof source !== 'string' || source === '') {
        throw wrongOption(
          'kerasArchive',
          'a path to save to',
          Object.prototype.toString.call(source),
          'Give the path of a file; bytes to keep in memory come from encodeKeras.',
        );
      }
      const chunks = await encodeArtifacts(source, artifacts, checked);
      // In Node at a path, completely or not at all; in a page as a download with that name.
      if (nodeModule('node:path') === undefined) download(source, chunks);
      else await saveAt(source, chunks);
      return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
    },
  };
}

/** @throws SAE_MISSING if there is no page either. */
function download(name: string, chunks: readonly Uint8Array[]): void {
  const { document } = globalThis as { document?: Document };
  if (document === undefined) {
    throw missing(name, 'a page to download from', 'Use encodeKeras(model), and store its bytes.');
  }
  const blob = new Blob([...chunks] as BlobPart[], { type: 'application/octet-stream' });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name.slice(name.lastIndexOf('/') + 1);
  link.click();
  // The browser keeps its own reference after the click was handled.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/**
 * Opens a model from the bytes of a `.keras` file.
 *
 * @param bytes the file's content
 * @param options options as for {@link kerasArchive}
 * @returns the model, for a dictionary's file a `GatedSAE` or the like; the caller disposes it, and
 *   its optimizer, which tfjs does not dispose.
 * @throws the same as the `load` of {@link kerasArchive}: SAE_FILE, SAE_UNSUPPORTED or
 *   SAE_NOT_FINITE; SAE_OPTION for an unknown option or a wrong value.
 * @example
 * ```ts
 * import { decodeKeras, encodeKeras, GatedSAE } from 'gated-sae-tfjs';
 * const bytes = await encodeKeras(new GatedSAE({ inputDim: 8, encodingDim: 32 }));
 * const sae = await decodeKeras(bytes);
 * console.log(sae instanceof GatedSAE); // true
 * ```
 */
export function decodeKeras(
  bytes: ArrayBuffer | ArrayBufferView,
  options: KerasOptions = {},
): Promise<LayersModel> {
  checkKerasOptions('decodeKeras', options);
  return loadLayersModel(kerasArchive(bytes, options));
}

/**
 * Returns a model as the bytes of a `.keras` file.
 *
 * @param model a dictionary, or any Sequential or functional model; it remains the caller's
 * @param options options as for {@link kerasArchive}
 * @returns the file's content
 * @throws the same as the `save` of {@link kerasArchive}: SAE_FILE, SAE_UNSUPPORTED or
 *   SAE_NOT_FINITE; SAE_OPTION for an unknown option or a wrong value.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { encodeKeras } from 'gated-sae-tfjs';
 * const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] })] });
 * const bytes = await encodeKeras(model);
 * ```
 */
export async function encodeKeras(
  model: LayersModel,
  options: KerasOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const checked = checkKerasOptions('encodeKeras', options);
  assertModel('encodeKeras', model);
  const includeOptimizer = model.optimizer != null && checked.includeOptimizer !== false;
  let chunks: Uint8Array[] = [];
  const handler = tf.io.withSaveHandler(async (artifacts) => {
    chunks = await encodeArtifacts(`model "${model.name}"`, artifacts, checked);
    return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
  });
  await model.save(handler, { includeOptimizer });
  return joined(chunks);
}
