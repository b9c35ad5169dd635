import * as tf from '@tensorflow/tfjs-core';
import { LayersModel } from '@tensorflow/tfjs-layers';
import { wrongFileWeights, wrongOption } from '../errors';
import type { TrainingConfig } from './args';

const ADVICE_ON_PLACE =
  "Of addresses give indexeddb://…, downloads://… and the like; file://… where 'gated-sae-tfjs/node' is imported.";

/** Where a model is to be saved to. */
export type Place = tf.io.IOHandler & { save: NonNullable<tf.io.IOHandler['save']> };

/**
 * What saves to a place.
 *
 * @param where the method, for the error
 * @throws SAE_OPTION for no such place.
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

/** What a model hands to a place: the optimizer's state is in a buffer of its own. */
export type Artifacts = tf.io.ModelArtifacts & { weightData: ArrayBuffer[] };

/** A model that is saved. */
export interface SavedModel {
  readonly optimizer: tf.Optimizer;
  assertNotDisposed(cause?: unknown): void;
}

/**
 * What tfjs hands to a place to save to. The optimizer's state stands behind the weights: joining their
 * buffers takes as long as reading them.
 *
 * @param save tfjs's own `save`
 * @param trainingConfig how the model is trained; undefined where that is not to be saved
 * @throws SAE_STATE where the model is disposed meanwhile.
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
    // The weights as they are at the call.
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
    // Weights that went under it fail as tfjs has it, each backend in words of its own.
    model.assertNotDisposed(error);
    throw error;
  }
}

async function readTraining(model: SavedModel, trainingConfig: () => tf.io.TrainingConfig) {
  const state = await model.optimizer.getWeights();
  model.assertNotDisposed(); // with the model an optimizer's state would be gone
  return { config: trainingConfig(), ...(await tf.io.encodeWeights(state, 'optimizer')) };
}

/** The metrics that tfjs finds under a shorter name only, when it loads them. */
const METRIC_NAMES: Readonly<Record<string, string>> = {
  mean_absolute_error: 'mae',
  mean_squared_error: 'mse',
  mean_absolute_percentage_error: 'mape',
  cosine_proximity: 'cosine',
};

/** A training configuration whose metrics tfjs finds again. */
export function withFoundMetrics(config: TrainingConfig): TrainingConfig {
  const short = (name: unknown) => METRIC_NAMES[String(name)] ?? name;
  const metrics = Array.isArray(config.metrics) ? config.metrics.map(short) : config.metrics;
  return { ...config, metrics } as TrainingConfig;
}

/** A weight's own name: `W_dec` of `sae/W_dec`. */
const bare = (name: string) => name.slice(name.lastIndexOf('/') + 1);

/**
 * The weights of a file by their own names and by those of this model, whatever the layer was called that
 * had them.
 *
 * @typeParam T what a weight is given as
 * @param where whose they are to be, for the error
 * @param ownNames the names of this model's weights
 * @param strict whether all weights must be there, and no others
 * @throws SAE_FILE where they are not.
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
