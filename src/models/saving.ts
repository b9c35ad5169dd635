import * as tf from '@tensorflow/tfjs-core';
import { LayersModel } from '@tensorflow/tfjs-layers';
import { wrongFileWeights, wrongOption } from '../errors';
import type { TrainingConfig } from './args';

const ADVICE_ON_PLACE =
  "Of addresses give indexeddb://…, downloads://… and the like; file://… where 'gated-sae-tfjs/node' is imported.";

/** A handler that a model can be saved to. */
export type Place = tf.io.IOHandler & { save: NonNullable<tf.io.IOHandler['save']> };

/**
 * Returns the handler of a destination.
 *
 * @param where the method, for the error
 * @throws SAE_OPTION for an unknown destination.
 */
export function placeOf(where: string, handlerOrURL: tf.io.IOHandler | string): Place {
  const found = typeof handlerOrURL === 'string' && tf.io.getSaveHandlers(handlerOrURL);
  const [handler] = found || [handlerOrURL as tf.io.IOHandler];
  if (typeof handler?.save === 'function' && !(handler instanceof LayersModel)) {
    return handler as Place;
  }
  const expected = 'kerasArchive(path), fileSystem(path) or an address that tfjs saves to';
  throw wrongOption(where, expected, handlerOrURL, ADVICE_ON_PLACE);
}

/** What a model passes to a handler: the optimizer's state is in a buffer of its own. */
export type Artifacts = tf.io.ModelArtifacts & { weightData: ArrayBuffer[] };

/** A model that is saved. */
export interface SavedModel {
  readonly optimizer: tf.Optimizer;
  assertNotDisposed(cause?: unknown): void;
}

/**
 * Returns what tfjs passes to a save handler. The optimizer's state follows the weights in its own
 * buffer: joining the buffers would take as long as reading them.
 *
 * @param save tfjs's own `save`
 * @param trainingConfig how the model is trained; undefined if that should not be saved
 * @throws SAE_STATE if the model is disposed meanwhile.
 */
export async function artifactsOf(
  model: SavedModel,
  save: (handler: tf.io.IOHandler) => Promise<unknown>,
  trainingConfig: (() => tf.io.TrainingConfig) | undefined,
): Promise<Artifacts> {
  let read: tf.io.ModelArtifacts = {};
  const handler = tf.io.withSaveHandler(async (artifacts) => {
    read = artifacts;
    return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
  });
  model.assertNotDisposed();
  try {
    // The weights at the time of the call.
    const saved = save(handler);
    const training = trainingConfig && readTraining(model, trainingConfig);
    const [state] = await Promise.all([training, saved]);
    const weightData = [read.weightData ?? []].flat();
    if (!state) return { ...read, weightData };
    return {
      ...{ ...read, trainingConfig: state.config },
      weightSpecs: [...(read.weightSpecs ?? []), ...state.specs],
      weightData: [...weightData, state.data],
    };
  } catch (error) {
    // Weights disposed meanwhile fail in tfjs, with a different message on each backend.
    model.assertNotDisposed(error);
    throw error;
  }
}

async function readTraining(model: SavedModel, trainingConfig: () => tf.io.TrainingConfig) {
  const state = await model.optimizer.getWeights();
  model.assertNotDisposed(); // an optimizer's state would be gone with the model
  return { config: trainingConfig(), ...(await tf.io.encodeWeights(state, 'optimizer')) };
}

/** Metrics that tfjs finds only under a shorter name when it loads them. */
const METRIC_NAMES: Readonly<Record<string, string>> = {
  mean_absolute_error: 'mae',
  mean_squared_error: 'mse',
  mean_absolute_percentage_error: 'mape',
  cosine_proximity: 'cosine',
};

/** Returns a training configuration whose metrics tfjs finds again. */
export function withFoundMetrics(config: TrainingConfig): TrainingConfig {
  const short = (name: unknown) => METRIC_NAMES[String(name)] ?? name;
  const metrics = Array.isArray(config.metrics) ? config.metrics.map(short) : config.metrics;
  return { ...config, metrics } as TrainingConfig;
}

/** Returns a weight's own name: `W_dec` for `sae/W_dec`. */
const bare = (name: string) => name.slice(name.lastIndexOf('/') + 1);

/**
 * Returns the weights of a file by their own names and by those of this model, regardless of the
 * name of the layer that they were saved from.
 *
 * @typeParam T the form in which a weight is given
 * @param where whose weights they should become, for the error
 * @param ownNames the names of this model's weights
 * @param strict whether every weight must be given, and no others
 * @throws SAE_FILE if they do not match.
 */
export function ownWeights<T>(
  where: string,
  ownNames: readonly string[],
  weights: Readonly<Record<string, T>>,
  strict: boolean,
): { readonly name: string; readonly ownName: string; readonly tensor: T }[] {
  const own = new Map(ownNames.map((name) => [bare(name), name]));
  const given = Object.entries(weights ?? {}).map(
    ([name, tensor]) => [bare(name), tensor] as const,
  );
  const names = new Set(given.map(([name]) => name));
  const same = names.size === given.length && given.every(([name]) => own.has(name));
  if (strict && !(same && names.size === own.size)) {
    throw wrongFileWeights(where, [...own.keys()], [...names]);
  }
  return given.flatMap(([name, tensor]) => {
    const ownName = own.get(name);
    return ownName === undefined ? [] : [{ name, ownName, tensor }];
  });
}
