import * as tf from '@tensorflow/tfjs-core';
import { joined } from '../../bytes';
import {
  badContent,
  badModelJson,
  namingFile,
  THE_FILE,
  wrongArrayShape,
  wrongOption,
} from '../../errors';
import { bytesFrom } from '../bytes/values';
import { hdf5Chunks } from '../hdf5/write';
import { zipChunks } from '../zip/write';
import { CARRIED, MEMBERS } from './archive';
import { type Blueprint, blueprint } from './blueprint';
import { isDictionary, type Json, type JsonObject } from './layerTable';
import { type Leaving, leavingOut } from './leftOut';
import { withLostOptions } from './lostOptions';
import { maskedOutput } from './masks';
import { OPTIMIZER, trainedWeights } from './optimizerState';
import { pythonJson } from './pythonJson';
import { withPlaces } from './sharedLayers';
import { type StoredTensor, StoredTensors } from './storedTensors';
import { checkNames, type KerasDtype, kerasConfig } from './toKeras';
import { kerasTraining, maskedLoss, type OnUnsupported, type OptimizerLayout } from './training';

/** Options of writing an archive. */
export interface SaveOptions extends Leaving {
  /** The type that Keras will compute in. */
  readonly dtype: KerasDtype;
}

/** The largest values that do not become infinity. */
const LARGEST: Readonly<Record<KerasDtype, number>> = {
  float16: 65504,
  bfloat16: 3.3895e38,
  float32: Number.POSITIVE_INFINITY,
  float64: Number.POSITIVE_INFINITY,
};
/** The oldest Keras version with this file format. */
const KERAS_VERSION = '3.3.0';

type Dataset = Parameters<typeof hdf5Chunks>[0][number];

/** A model in Keras's form: the configuration, and the arrays. */
interface KerasModel {
  readonly config: JsonObject;
  readonly datasets: readonly Dataset[];
  readonly groups: readonly string[];
}

/**
 * Returns a `.keras` archive of a model, in pieces; float32 values are not copied.
 *
 * @param file how errors refer to it
 * @throws SAE_UNSUPPORTED for what has no counterpart in Keras, SAE_FILE for an inconsistent model.
 */
export async function encodeArtifacts(
  file: string,
  artifacts: tf.io.ModelArtifacts,
  options: SaveOptions,
): Promise<Uint8Array[]> {
  const { config, datasets, groups } = await kerasModel(file, artifacts, options);
  const text = (json: Json) => [new TextEncoder().encode(pythonJson(json))];
  return zipChunks([
    {
      name: MEMBERS.metadata,
      chunks: text({ keras_version: KERAS_VERSION, ...carriedBy(artifacts) }),
    },
    { name: MEMBERS.config, chunks: text(config) },
    { name: MEMBERS.weights, chunks: hdf5Chunks(datasets, groups) },
  ]);
}

/** Returns the model's user-defined metadata, which Keras ignores. */
const carriedBy = ({ userDefinedMetadata: said }: tf.io.ModelArtifacts): JsonObject =>
  said && Object.keys(said).length > 0 ? { [CARRIED]: said as JsonObject } : {};

/**
 * Returns a `.weights.h5` file of a model, in pieces. @throws the same as {@link encodeArtifacts}
 */
export async function encodeWeightsFile(
  file: string,
  artifacts: tf.io.ModelArtifacts,
  options: SaveOptions,
): Promise<Uint8Array[]> {
  const { datasets, groups } = await kerasModel(file, artifacts, options);
  return hdf5Chunks(datasets, groups);
}

function kerasModel(
  file: string,
  artifacts: tf.io.ModelArtifacts,
  options: SaveOptions,
): Promise<KerasModel> {
  return namingFile(file, () => carried(artifacts, options, leavingOut(file, options)));
}

async function carried(
  artifacts: tf.io.ModelArtifacts,
  options: SaveOptions,
  onUnsupported: OnUnsupported,
): Promise<KerasModel> {
  const tensors = new StoredTensors(artifacts);
  const saved = withPlaces(topologyOf(artifacts), (layer) => tensors.isTwice(layer));
  const topology = withLostOptions(saved, artifacts.weightSpecs ?? []);
  checkNames(topology);
  const plan = await blueprint(topology);
  try {
    const config = kerasConfig(topology, plan.model, options.dtype);
    const isMasked = maskedOutput(config);
    const training = isTrained(artifacts, options)
      ? onUnsupported('optimizer', () => {
          if (isMasked) throw maskedLoss();
          const isOurs = isDictionary(String(topology['class_name']));
          const training = artifacts.trainingConfig as unknown as Json;
          return kerasTraining(training, isOurs, onUnsupported);
        })
      : undefined;
    const datasets = [
      ...plan.weights.map(({ path, name, shape, isInteger }) => {
        const tensor = checked(name, shape, tensors.weight(name));
        return isInteger
          ? integerDataset(path, tensor)
          : dataset(name, path, tensor, options.dtype);
      }),
      ...(training ? optimizerDatasets(plan, tensors, training.optimizer, options) : []),
    ];
    return {
      config: { ...config, ...(training ? { compile_config: training.config } : {}) },
      datasets,
      groups: [...plan.groups, ...(training ? [OPTIMIZER] : [])],
    };
  } finally {
    plan.dispose();
  }
}

function topologyOf({ modelTopology }: tf.io.ModelArtifacts): JsonObject {
  if (modelTopology == null || modelTopology instanceof ArrayBuffer) {
    throw badModelJson('modelTopology', 'that of a layers model', modelTopology);
  }
  const json = modelTopology as JsonObject;
  return (json['model_config'] as JsonObject | undefined) ?? json;
}

/** Returns whether to include the optimizer. @throws SAE_OPTION if it is required and missing */
function isTrained(
  { trainingConfig }: tf.io.ModelArtifacts,
  { includeOptimizer }: SaveOptions,
): boolean {
  if (trainingConfig != null) return includeOptimizer !== false;
  if (!includeOptimizer) return false;
  const expected = 'a compiled model, saved by model.save(…, { includeOptimizer: true })';
  const advice = 'Compile the model first, or leave includeOptimizer out.';
  const received = 'a model without its optimizer';
  throw wrongOption(`${THE_FILE}: includeOptimizer`, expected, received, advice);
}

function checked(
  name: string,
  shape: readonly number[],
  tensor: StoredTensor | undefined,
): StoredTensor {
  if (tensor === undefined) {
    const advice = 'Save the whole model, not its topology alone.';
    throw badContent(`the weight ${name}`, 'none', advice);
  }
  if (!tf.util.arraysEqual([...tensor.shape], [...shape]))
    throw wrongArrayShape(name, shape, tensor.shape);
  return tensor;
}

function dataset(
  name: string,
  path: string,
  { shape, data }: StoredTensor,
  dtype: KerasDtype,
): Dataset {
  // Only what has to be changed is copied from its pieces.
  if (dtype === 'float32') return { path, shape, dtype, data: data() };
  const values = new Float32Array(joined(data()).buffer);
  const most = LARGEST[dtype];
  const large = values.find((value) => Number.isFinite(value) && Math.abs(value) > most);
  if (large !== undefined) {
    const expected = `another than ${dtype}, which ends at ${most}, for ${name}`;
    throw wrongOption(`${THE_FILE}: dtype`, expected, large, 'Save it as float32 or bfloat16.');
  }
  return { path, shape, dtype, data: [bytesFrom(dtype, values)] };
}

function integerDataset(path: string, { shape, data }: StoredTensor): Dataset {
  const values = new Float32Array(joined(data()).buffer);
  const integers = BigInt64Array.from(values, (value) => BigInt(Math.round(value)));
  return { path, shape, dtype: 'int64', data: [new Uint8Array(integers.buffer)] };
}

/**
 * Returns the optimizer's variables in Keras's layout: steps, a fixed rate, then those of each
 * weight.
 */
function optimizerDatasets(
  plan: Blueprint,
  tensors: StoredTensors,
  { rate, runs }: OptimizerLayout,
  { dtype }: SaveOptions,
): Dataset[] {
  const steps = BigInt64Array.of(BigInt(tensors.steps()));
  const kept = tensors.slots(
    trainedWeights(plan, 'tfjs').map(({ name }) => name),
    runs,
  );
  const variables: Omit<Dataset, 'path'>[] = [
    { shape: [], dtype: 'int64', data: [new Uint8Array(steps.buffer)] },
  ];
  if (rate !== undefined) {
    const data = [new Uint8Array(Float32Array.of(rate).buffer)];
    variables.push({ shape: [], dtype: 'float32', data });
  }
  for (const slots of runs) {
    for (const { name, shape } of trainedWeights(plan, 'keras')) {
      for (const slot of slots) {
        const key = `${name}/${slot}`;
        // Before the first step nothing is stored here, nor a first moment without momentum; Keras
        // stores both.
        const tensor = kept.get(key) ?? zeros(shape);
        const { data } = dataset(key, '', checked(key, shape, tensor), dtype);
        variables.push({ shape, dtype, data });
      }
    }
  }
  return variables.map((variable, i) => ({ path: `${OPTIMIZER}/${i}`, ...variable }));
}

const zeros = (shape: readonly number[]): StoredTensor => ({
  shape,
  data: () => [new Uint8Array(4 * tf.util.sizeFromShape([...shape]))],
});
