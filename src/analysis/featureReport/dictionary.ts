import { modelNotFinite } from '../../errors';
import { metadataOf } from '../../models/metadata';
import type { SAEModel } from '../../models/saeModel';
import { decoderSharpness } from '../decoderSharpness';
import type { FeatureReport } from './report';

/** The form of a dictionary's page on Neuronpedia: its model's name and its own. */
const PAGE = /^[\w.-]+\/[\w.-]+$/;

/** What a report says about a model, whatever the data. */
export interface Dictionary {
  readonly model: FeatureReport['model'];
  /** `[features, outputDim]`, flat. */
  readonly wDec: Float32Array;
  /** Weights in one of its rows. */
  readonly outputDim: number;
  /** The kurtosis of each feature. */
  readonly kurtosis: Float64Array;
}

/** @throws SAE_NOT_FINITE for decoder rows that are not finite. */
export async function dictionaryOf(where: string, model: SAEModel): Promise<Dictionary> {
  const { name, inputDim, outputDim, encodingDim: features } = model;
  const wDec = await model.sae.wDec.read().data<'float32'>();
  const odd = wDec.find((weight) => !Number.isFinite(weight));
  if (odd !== undefined) throw modelNotFinite(where, 'finite weights', `${odd} in W_dec`);
  const { perFeature: kurtosis } = await decoderSharpness(model);
  const className = model.getClassName();
  const widths = model.isTranscoder ? { inputDim, outputDim } : { inputDim };
  const { neuronpediaId = '' } = metadataOf(model);
  const known = { ...widths, ...(PAGE.test(neuronpediaId) && { neuronpediaId }) };
  return { model: { name, className, ...known, features }, wDec, outputDim, kurtosis };
}
