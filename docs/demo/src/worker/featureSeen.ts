import type { SAEModel, SparseCodes } from 'gated-sae-tfjs';
import type { FeatureSeen } from '../protocol';
import { directions } from './directions';
import { noFeature } from './refusals';

/** Images that are shown of a feature. */
const STRONGEST = 12;

/**
 * What a feature does on some images.
 *
 * @param codes of these images
 * @throws SAE_OPTION for a feature that the dictionary does not have.
 */
export async function featureSeen(
  model: SAEModel,
  codes: SparseCodes,
  feature: number,
): Promise<FeatureSeen> {
  if (!Number.isInteger(feature) || feature < 0 || feature >= model.encodingDim) {
    throw noFeature(feature, model.encodingDim);
  }
  const fired = firings(codes, feature).sort((a, b) => b.activation - a.activation);
  const strongest = fired.slice(0, STRONGEST);
  return {
    feature,
    direction: await directions(model, Uint32Array.of(feature)),
    fires: fired.length,
    meanActive: fired.reduce((sum, { activation }) => sum + activation, 0) / (fired.length || 1),
    images: Uint32Array.from(strongest, ({ image }) => image),
    activations: Float32Array.from(strongest, ({ activation }) => activation),
  };
}

/** On which images a feature fires, and how strongly. */
function firings({ indices, values, rowOffsets }: SparseCodes, feature: number) {
  const found: { image: number; activation: number }[] = [];
  for (let image = 0; image + 1 < rowOffsets.length; image++) {
    for (let i = rowOffsets[image] as number; i < (rowOffsets[image + 1] as number); i++) {
      if (indices[i] === feature) found.push({ image, activation: values[i] as number });
    }
  }
  return found;
}
