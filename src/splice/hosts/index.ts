import type { LayersModel } from '@tensorflow/tfjs-layers';
import { disposedModel, wrongOption } from '../../errors';
import type { Host } from '../host';
import { GraphModelHost, type GraphModelLike } from './graphModel';
import { LayersModelHost } from './layersModel';

/** A model whose hidden tensors can be read and edited. */
export type HostModel = LayersModel | GraphModelLike | Host;

/** One host per model, since a host remembers what it has built. */
const known = new WeakMap<object, Host>();

/**
 * Returns a model of any kind as a host.
 *
 * @throws SAE_OPTION for anything else, SAE_STATE for a disposed model.
 */
export function hostOf(where: string, model: HostModel): Host {
  const given = (model ?? {}) as Partial<LayersModel & GraphModelLike & Host> & {
    readonly _refCount?: number;
  };
  if (typeof given.capture === 'function') return model as Host;
  const host = known.get(given);
  if (host && given._refCount !== 0) return host;
  let made: Host | undefined;
  if (Array.isArray(given.layers)) {
    if (given._refCount === 0) throw disposedModel(where);
    made = new LayersModelHost(model as LayersModel);
  } else if (typeof given.executeAsync === 'function') {
    made = new GraphModelHost(model as GraphModelLike);
  }
  if (made === undefined) {
    const expected = 'a tf.LayersModel, a tf.GraphModel, or what hookedModel or onnxModel makes';
    const advice = 'Await what loads it; put a function into hookedModel.';
    throw wrongOption(`${where}.model`, expected, model, advice);
  }
  known.set(given, made);
  return made;
}
