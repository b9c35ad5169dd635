import { util } from '@tensorflow/tfjs-core';
import { inFile, SAEError } from '../../errors';
import { checkOptions } from '../../options';
import type { Dtype } from '../bytes/dtypes';
import { SOURCE_RULES, type SourceOptions } from '../bytes/source';
import { float32From } from '../bytes/values';
import type { Hdf5Dataset } from '../hdf5/read';
import { blueprint } from './blueprint';
import { isObject, serialized } from './carryClass';
import { tfjsTopology } from './fromKeras';
import { type KerasOpenable, type KerasSource, withKerasSource } from './kerasSource';
import type { Json, JsonObject } from './layerTable';
import { openWeights } from './openWeights';
import { optimizerGroup } from './optimizerState';

/** One array in a file. */
export interface KerasArray {
  /** Its path in the weights file: `layers/dense/vars/0`. */
  readonly path: string;
  /** Its name in tfjs, `dense/kernel`; null if the model cannot be opened here. */
  readonly name: string | null;
  /** Its shape in Keras. */
  readonly shape: readonly number[];
  /** The type of its values. */
  readonly dtype: Dtype;
  /** Its size in bytes before compression. */
  readonly bytes: number;
}

/** The contents of a `.keras` or `.weights.h5` file. */
export interface KerasInspection {
  /** The file's name, as errors show it. */
  readonly file: string;
  /** A `.keras` archive, or a `.weights.h5` file. */
  readonly format: 'keras' | 'weights';
  /** Size of the file. */
  readonly bytes: number;
  /** The release of Keras that wrote it; null if the file does not say. */
  readonly kerasVersion: string | null;
  /** When it was written, according to the file; null if the file does not say. */
  readonly savedAt: string | null;
  /**
   * The model's class, such as `GatedSAE`; null for weights only, like everything derived from it.
   */
  readonly className: string | null;
  /** The model's name. */
  readonly name: string | null;
  /** The model's options that are numbers, words or null: `input_dim` and the like. */
  readonly options: Readonly<Record<string, number | string | boolean | null>> | null;
  /** The number of layers, where a nested model counts as one. */
  readonly layers: number | null;
  /** Why the model cannot be opened here; null if it can. */
  readonly unsupported: string | null;
  /** The model's weights, without the optimizer's. */
  readonly weights: readonly KerasArray[];
  /** The number of values in all weights together. */
  readonly parameters: number;
  /** The optimizer; null if the model was not compiled and there is no state. */
  readonly optimizer: {
    /** Its class, such as `Adam`; null for a state without a configuration. */
    readonly className: string | null;
    /** The number of steps it has taken; null if the file does not say. */
    readonly steps: number | null;
    /** The number of arrays in its state. */
    readonly arrays: number;
    /** The size of its state in bytes before compression. */
    readonly bytes: number;
  } | null;
}

/**
 * Describes a `.keras` or `.weights.h5` file, a folder or shards of them, without reading its
 * weights: over HTTP only some ranges of the file are transferred, if the server supports ranges.
 *
 * @param source a path (in Node), an address, a `Blob` or `File`, bytes, a folder or its files
 * @param options how to request a file from an address, as for {@link kerasArchive}
 * @returns plain JSON; there is nothing to dispose.
 * @throws SAE_FILE for a file that is missing, damaged or of another kind; SAE_OPTION for something
 *   that cannot be opened at all, for an unknown option or a wrong value.
 * @example
 * ```ts
 * import { encodeKeras, GatedSAE, inspectKeras } from 'gated-sae-tfjs';
 * const bytes = await encodeKeras(new GatedSAE({ inputDim: 8, encodingDim: 32 }));
 * const { className, parameters } = await inspectKeras(bytes);
 * console.log(className, parameters); // GatedSAE 616
 * ```
 */
export async function inspectKeras(
  source: KerasOpenable,
  options: SourceOptions = {},
): Promise<KerasInspection> {
  const http = checkOptions<SourceOptions>('inspectKeras', SOURCE_RULES, options);
  return withKerasSource(source, inspectOpened, http);
}

/** Describes a file that is open. */
export async function inspectOpened(opened: KerasSource): Promise<KerasInspection> {
  const { name: file } = opened;
  const { weights: within, readTree, archive, bytes } = await openWeights(opened);
  const { datasets } = await readTree();
  const all = [...datasets.values()].sort(byPath);
  const group = optimizerGroup(datasets);
  const kept = all.filter(({ path }) => path.startsWith(`${group}/`));
  const own = all.filter((dataset) => !dataset.path.startsWith('optimizer/'));
  const steps = datasets.get(`${group}/0`);
  const described = archive ? describe(archive.config) : NOTHING;
  const { names, unsupported } = archive
    ? await namesOf(file, archive.config)
    : { names: new Map<string, string>(), unsupported: null };
  return {
    file,
    format: archive ? 'keras' : 'weights',
    bytes,
    kerasVersion: archive?.kerasVersion ?? null,
    savedAt: archive?.savedAt ?? null,
    className: described.className,
    name: described.name,
    options: described.options,
    layers: described.layers,
    unsupported,
    weights: own.map(({ path, shape, dtype, bytes: size }) => ({
      path,
      name: names.get(path) ?? null,
      shape,
      dtype,
      bytes: size,
    })),
    parameters: own.reduce((sum, { shape }) => sum + util.sizeFromShape([...shape]), 0),
    optimizer:
      kept.length === 0 && described.optimizer === null
        ? null
        : {
            className: described.optimizer,
            steps: steps ? await numberIn(within, steps) : null,
            arrays: kept.length,
            bytes: kept.reduce((sum, { bytes: size }) => sum + size, 0),
          },
  };
}

/** Sorts /vars/2 before /vars/10, as people count. */
const byPath = (a: Hdf5Dataset, b: Hdf5Dataset) =>
  a.path.localeCompare(b.path, 'en', { numeric: true });

const NOTHING = { className: null, name: null, options: null, layers: null, optimizer: null };

function describe(json: Json) {
  const { className, config, name } = serialized('config.json', json);
  const { compile_config: compile = null } = json as JsonObject;
  const optimizer = isObject(compile) ? (compile['optimizer'] ?? null) : null;
  const { layers } = config;
  const plain = Object.entries(config).filter(
    ([key, value]) => key !== 'name' && (value === null || typeof value !== 'object'),
  );
  return {
    className,
    name: name ?? null,
    options: Object.fromEntries(plain) as KerasInspection['options'],
    layers: Array.isArray(layers) ? layers.length : null,
    optimizer: isObject(optimizer) ? String(optimizer['class_name']) : (optimizer as string | null),
  };
}

/** Returns the names of a model's weights in tfjs, if it can be opened here. */
async function namesOf(file: string, config: Json) {
  try {
    const plan = await blueprint(tfjsTopology(config).json);
    plan.dispose();
    return {
      names: new Map(plan.weights.map(({ path, name }) => [path, name])),
      unsupported: null,
    };
  } catch (error) {
    if (!(error instanceof SAEError)) throw error;
    return { names: new Map<string, string>(), unsupported: inFile(file, error).message };
  }
}

async function numberIn(
  source: { read(offset: number, length: number): Promise<Uint8Array> },
  { dtype, offset, bytes }: Hdf5Dataset,
): Promise<number> {
  return float32From(dtype, await source.read(offset, bytes))[0] as number;
}
