import { dirname, join } from 'node:path';
import { util } from '@tensorflow/tfjs-core';
import { badFile, namingFile } from '../../errors';
import { withSource } from '../../io/bytes/source';
import { float32From } from '../../io/bytes/values';
import { addressName } from '../../io/bytes/webFile';
import type { WeightGroup } from '../../io/files/manifest';
import { parseModelJson } from '../../io/files/modelJson';
import { modelJsonIn, weightFiles } from '../../io/files/readModel';
import type { KerasInspection } from '../../io/keras/inspect';
import { TABLE, tfjsEntry } from '../../io/keras/layerTable';
import { isObject } from '../../plainData';
import { isAddress } from '../model/place';

/** The contents of a tfjs folder, in the terms of inspectKeras. */
export interface FolderInspection {
  readonly file: string;
  readonly format: 'folder';
  /** Size in bytes of the weights and their model.json. */
  readonly bytes: number;
  /** The program that wrote it, and the one that converted it; null if the file does not say. */
  readonly generatedBy: string | null;
  readonly convertedBy: string | null;
  readonly className: string;
  readonly name: string | null;
  readonly options: Readonly<Record<string, number | string | boolean | null>>;
  readonly layers: number | null;
  /** SHA-256 of the weights; null if there is none to compare them with. */
  readonly checksum: string | null;
  readonly weights: readonly FolderArray[];
  readonly parameters: number;
  readonly optimizer: KerasInspection['optimizer'];
}

/** One weight in a folder. */
export interface FolderArray {
  readonly name: string;
  readonly shape: readonly number[];
  /** Its type in tfjs; `float32 as uint8` if it is stored in fewer bits. */
  readonly dtype: string;
  readonly bytes: number;
}

/** The largest JSON file: less than a string can hold. */
const MOST_JSON_BYTES = 2 ** 28;

/**
 * Describes a tfjs folder. No weight is read, except the optimizer's number of steps.
 *
 * @param given the folder or its model.json; or the http(s) address of a model.json
 * @throws SAE_FILE for a file that is missing, damaged or of another kind.
 */
export async function inspectFolder(given: string): Promise<FolderInspection> {
  const place = isAddress(given) ? undefined : await modelJsonIn(given);
  const file = place?.file ?? addressName(given);
  const text = await withSource(place?.file ?? given, async (source) => {
    if (source.size <= MOST_JSON_BYTES) return source.read(0, source.size);
    const expected = `a model.json of at most ${MOST_JSON_BYTES} bytes`;
    throw badFile(file, expected, `${source.size}`, 'Check that it is the right file.');
  });
  const { json, groups = [], sha256 } = namingFile(file, () => parseModelJson(text));
  if (place) await weightFiles(place.folder, groups);
  const entries = groups.flatMap(({ weights }) => weights);
  const arrays = entries.map((entry) => ({ entry, bytes: bytesOf(entry) }));
  const own = arrays.filter(({ entry }) => entry.group !== 'optimizer');
  const kept = arrays.filter(({ entry }) => entry.group === 'optimizer');
  const className = optimizerClass(json.trainingConfig);
  const sum = (all: typeof arrays) => all.reduce((total, { bytes }) => total + bytes, 0);
  return {
    file: place ? given : file,
    format: 'folder',
    bytes: text.length + sum(arrays),
    generatedBy: textOf(json.generatedBy),
    convertedBy: textOf(json.convertedBy),
    ...described(json.modelTopology),
    checksum: sha256 ?? null,
    weights: own.map(({ entry: { name, shape, dtype, quantization }, bytes }) => ({
      name,
      shape,
      dtype: quantization ? `${dtype} as ${quantization.dtype}` : dtype,
      bytes,
    })),
    parameters: own.reduce((total, { entry }) => total + util.sizeFromShape(entry.shape), 0),
    optimizer:
      className === null && kept.length === 0
        ? null
        : {
            className,
            steps: await stepsIn(groups, (name) =>
              place ? join(dirname(place.file), name) : beside(given, name),
            ),
            arrays: kept.length,
            bytes: sum(kept),
          },
  };
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

const STORED_BYTES: Readonly<Record<string, number>> = {
  ...{ float32: 4, int32: 4, bool: 1, complex64: 8 },
  ...{ uint8: 1, uint16: 2, float16: 2 },
};

type Entry = WeightGroup['weights'][number];

const bytesOf = ({ shape, dtype, quantization }: Entry): number =>
  util.sizeFromShape([...shape]) * (STORED_BYTES[quantization?.dtype ?? dtype] ?? 0);

/** Returns what the checked topology says about the model. */
function described(topology: unknown) {
  const { model_config: nested } = topology as { model_config?: unknown };
  const model = (nested ?? topology) as { class_name: string; config: unknown };
  const config = isObject(model.config) ? model.config : {};
  const layers = Array.isArray(model.config) ? model.config : config.layers;
  const plain = Object.entries(config).filter(
    ([key, value]) => key !== 'name' && (value === null || typeof value !== 'object'),
  );
  return {
    className: model.class_name,
    name: textOf(config.name),
    options: Object.fromEntries(plain) as FolderInspection['options'],
    layers: Array.isArray(layers) ? layers.length : null,
  };
}

/** Returns the optimizer's name in Keras, if Keras has it too. */
function optimizerClass(training: unknown): string | null {
  const optimizer = isObject(training) ? training.optimizer_config : undefined;
  const className = isObject(optimizer) ? textOf(optimizer.class_name) : null;
  return className && (tfjsEntry(TABLE.optimizers, className)?.[0] ?? className);
}

/** Reads the number of steps, which tfjs stores before everything else of an optimizer. */
async function stepsIn(
  groups: readonly WeightGroup[],
  placeOf: (name: string) => string,
): Promise<number | null> {
  for (const { paths, weights } of groups) {
    const index = weights.findIndex(({ group }) => group === 'optimizer');
    if (index < 0) continue;
    const [path, ...more] = paths;
    const entry = weights[index] as Entry;
    const isNumber = entry.dtype === 'int32' || entry.dtype === 'float32';
    const isPlain = entry.quantization === undefined && util.sizeFromShape([...entry.shape]) === 1;
    if (path === undefined || more.length > 0 || !isNumber || !isPlain) return null;
    const offset = weights.slice(0, index).reduce((sum, one) => sum + bytesOf(one), 0);
    return withSource(placeOf(path), async (source) => {
      const bytes = await source.read(offset, bytesOf(entry));
      return float32From(entry.dtype as 'int32' | 'float32', bytes)[0] ?? null;
    });
  }
  return null;
}

/**
 * Returns the address of a file beside another one, built as in tfjs: keeping what follows a `?`.
 */
function beside(address: string, name: string): string {
  const [, path = '', rest = ''] = /^([^?#]*)(\?[^#]*)?/.exec(address) ?? [];
  return `${path.replace(/[^/]*$/, '')}${name}${rest}`;
}
