import { serialization } from '@tensorflow/tfjs-core';
import type { SAELayerArgs, SparseAutoencoderLayer } from '../layers/sparseAutoencoder';
import type { AnyRules } from '../options';
import type { SAEModelArgs } from './args';
import type { SAEModel } from './saeModel';

type Class<Args, Instance> = {
  new (args: Args): Instance;
  readonly className: string;
};

/** One kind of sparse autoencoder: as a layer for other models, and as a model of its own. */
export interface Architecture {
  readonly layer: Class<SAELayerArgs, SparseAutoencoderLayer>;
  readonly model: Class<SAEModelArgs, SAEModel>;
  /** The options that are its own, which both take beside those of every architecture. */
  readonly optionNames: readonly string[];
}

/** Every architecture there is, by the short name that the command line uses. */
export const ARCHITECTURES: Readonly<Record<string, Architecture>> = {};

/**
 * Makes an architecture known: to tfjs, which loads models by class name, and to all that works
 * on every architecture.
 */
export function registerArchitecture(
  name: string,
  layer: Architecture['layer'],
  model: Architecture['model'],
  rules: AnyRules,
): void {
  const optionNames = Object.keys(rules);
  (ARCHITECTURES as Record<string, Architecture>)[name] = { layer, model, optionNames };
  serialization.registerClass(layer as unknown as RegisteredClass);
  serialization.registerClass(model as unknown as RegisteredClass);
}

type RegisteredClass = serialization.SerializableConstructor<serialization.Serializable>;
