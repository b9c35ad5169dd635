import { wrongOption } from '../errors';
import type { EncoderForm } from '../layers/contract';
import { SCALE } from '../layers/normalization';
import type { SparseAutoencoderLayer } from '../layers/sparseAutoencoder';
import { assertDictionary } from '../models/givenModel';
import type { SAEModel } from '../models/saeModel';
import type { EncoderWeights } from './featureReport/report';

/**
 * What codes of rows take, as plain numbers: the encoder's matrix and vectors, and what rows go through before
 * it. {@link featureDashboard} puts it into a page, which then tells which features fire on an input.
 *
 * @param model the dictionary, of one of the library's own architectures
 * @returns arrays of their own, in float32: nothing of it is to be disposed.
 * @throws SAE_OPTION for an architecture of somebody's own, whose equations nobody else knows
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { encoderWeights, featureDashboard, featureReport, ReluSAE } from 'gated-sae-tfjs';
 * const sae = new ReluSAE({ inputDim: 16, encodingDim: 64 });
 * const report = await featureReport(sae, tf.randomUniform([100, 16]), { imageShape: [4, 4] });
 * const dictionary = await encoderWeights(sae);
 * const html = await featureDashboard(report, { dictionary });
 * console.log(html.length); // the page has a field to try inputs in
 * ```
 */
export async function encoderWeights(model: SAEModel): Promise<EncoderWeights> {
  assertDictionary('encoderWeights', model);
  const { sae: layer, inputDim, encodingDim: features } = model;
  const form = formOf(layer);
  if (form === undefined) {
    const known = 'a dictionary of an architecture of the library';
    throw wrongOption(
      'encoderWeights',
      known,
      layer.getClassName(),
      'Encode with the model itself.',
    );
  }
  const read = async (name: string) => Float32Array.from(await layer.read(name).data<'float32'>());
  const vectors: Record<string, Float32Array> = {};
  const names = [...Object.keys(layer.encoder.vectors), ...Object.keys(layer.state)];
  for (const name of names) vectors[name] = await read(name);
  const { normalize } = layer;
  const [scale = 0] = normalize === 'mean-norm' ? await read(SCALE) : [];
  return {
    form,
    inputDim,
    features,
    matrix: await read(layer.encoder.matrix),
    ...(layer.centred && { centre: await read('b_dec') }),
    vectors,
    normalize,
    // Of 0 it has not been learnt: rows are left as they come.
    ...(normalize === 'mean-norm' && { scale: scale > 0 ? scale : 1 }),
    ...(form === 'topk' && { k: (layer.getConfig() as { k: number }).k }),
  };
}

/** What a layer's own class says of its codes: one that extends it may compute them otherwise. */
function formOf(layer: SparseAutoencoderLayer): EncoderForm | undefined {
  const own = layer.constructor as { readonly encoderForm?: EncoderForm };
  return Object.hasOwn(own, 'encoderForm') ? own.encoderForm : undefined;
}
