import { wrongOption } from '../errors';
import { SCALE } from '../layers/normalization';
import { assertDictionary } from '../models/givenModel';
import type { SAEModel } from '../models/saeModel';
import type { EncoderWeights } from './featureReport/report';

/** How the layers' classes come from products to codes; of other classes nobody knows. */
const FORMS: Readonly<Record<string, EncoderWeights['form']>> = {
  GatedSAELayer: 'gated',
  ReluSAELayer: 'relu',
  TopKSAELayer: 'topk',
  BatchTopKSAELayer: 'threshold',
  MatryoshkaSAELayer: 'threshold',
  JumpReLUSAELayer: 'threshold',
};

/** What each of them reads. */
const VECTORS: Readonly<Record<EncoderWeights['form'], readonly string[]>> = {
  gated: ['b_gate', 'r_mag', 'b_mag'],
  relu: ['b_enc'],
  topk: ['b_enc'],
  threshold: ['b_enc', 'threshold'],
};

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
  const form = FORMS[layer.getClassName()];
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
  for (const name of VECTORS[form]) vectors[name] = await read(name);
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
